"""How far generated crystals move when they are relaxed, from pairs that the user brings."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sekkei.core.errors import UserError
from sekkei.core.types import Floats
from sekkei.materials.crystal import Crystal
from sekkei.materials.structures import MatchSettings, displacement
from sekkei.metrics.figures import Figure, mean_of, share
from sekkei.metrics.materials.samples import Item, Samples, read_samples
from sekkei.metrics.parallel import in_chunks

_CHUNK = 50


@dataclass(frozen=True)
class Relaxed:
    """What n attempts became: the relaxed crystals, None where there is none, and the displacements [Angstrom].

    A displacement is NaN where the two do not match; ``pairs`` attempts have a partner at all.
    """

    words: str
    items: Sequence[Item | None]
    displacements: Floats
    pairs: int

    def figures(self) -> list[Figure]:
        """Share of pairs that match, and the mean displacement of those."""
        moved = self.displacements[np.isfinite(self.displacements)]
        return [share("match_relaxed", len(moved), self.pairs), mean_of("RMSD", moved)]


def read_relaxed(path: Path, samples: Samples, settings: MatchSettings, pool: Executor | None = None) -> Relaxed:
    """Displacements between samples and their relaxed partners, row by row.

    Args:
        path: relaxed crystals, in the order of the samples.
        samples: the crystals as generated.
        settings: tolerances of the match.
        pool: processes that share the work.

    Raises:
        UserError: one side holds no crystals, or they are not equally many.
    """
    partners = read_samples(path)
    if samples.level != "crystal" or partners.level != "crystal":
        raise UserError("needs crystals on both sides", "--relaxed", "compositions do not relax")
    if len(partners) != len(samples):
        raise UserError(
            f"holds {len(partners)} crystals for {len(samples)} samples", str(path), "give one per sample, in order"
        )
    pairs = list(zip(samples.items, partners.items, strict=True))
    parts = in_chunks(partial(_moved, settings=settings), pairs, pool, _CHUNK)
    whole = sum(one is not None and other is not None for one, other in pairs)
    return Relaxed(f"{partners.name}: {whole:,} pairs", partners.items, np.concatenate(parts), whole)


def _moved(pairs: Sequence[tuple[Item | None, Item | None]], settings: MatchSettings) -> Floats:
    out = np.full(len(pairs), np.nan)
    for row, (one, other) in enumerate(pairs):
        if isinstance(one, Crystal) and isinstance(other, Crystal):
            found = displacement(one, other, settings)
            out[row] = np.nan if found is None else found
    return out
