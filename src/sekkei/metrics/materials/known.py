"""Materials that a set is held against: the reference, and the training materials that novelty is counted against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import Composition
from sekkei.materials.novelty import KINDS, KnownMaterials
from sekkei.materials.structures import MatchSettings, first_matches
from sekkei.metrics.materials.look import Look, look
from sekkei.metrics.materials.samples import Item, Level, composition_of, read_samples

_CHUNK = 50


@dataclass(frozen=True)
class Known:
    """Known materials.

    Attributes:
        words: what they are, for a reader.
        level: whether they are crystals or compositions.
        items: m of them, all readable.
        look: what they are.
        values: (m,) numbers by the column of the file that holds them.
    """

    words: str
    level: Level
    items: list[Item]
    look: Look
    values: dict[str, NDArray[np.float64]]

    @cached_property
    def formulas(self) -> frozenset[str]:
        """Their reduced formulas."""
        return frozenset(self.look.formulas)

    @cached_property
    def prototypes(self) -> frozenset[tuple[str, int]]:
        """Their formula types with space groups."""
        pairs = zip(self.items, self.look.groups, strict=True)
        return frozenset((composition_of(item).anonymous, int(group)) for item, group in pairs)

    @cached_property
    def classes(self) -> KnownMaterials:
        """The set that classifies novelty."""
        pairs = zip(self.items, self.look.groups.tolist(), strict=True)
        return KnownMaterials.build((composition_of(item), group or None) for item, group in pairs)

    @cached_property
    def _by_formula(self) -> dict[str, list[Crystal]]:
        out: dict[str, list[Crystal]] = defaultdict(list)
        for item in self.items:
            if isinstance(item, Crystal):
                out[item.composition.formula].append(item)
        return out

    def matches(
        self, items: Sequence[Crystal], settings: MatchSettings, pool: Executor | None = None
    ) -> NDArray[np.bool_]:
        """Which of n crystals match one of these by StructureMatcher."""
        jobs = []
        for start in range(0, len(items), _CHUNK):
            part = list(items[start : start + _CHUNK])
            wanted = {item.composition.formula for item in part}
            jobs.append((part, {name: self._by_formula[name] for name in wanted & self._by_formula.keys()}, settings))
        done = list((pool.map if pool else map)(first_matches, *zip(*jobs, strict=True))) if jobs else []
        return np.array([place is not None for part in done for place in part], dtype=np.bool_)

    def draw(self, n: int, seed: int, replace: bool = False) -> NDArray[np.int64]:
        """Rows of n of them at random, fewer without replacement where there are fewer."""
        size = n if replace else min(n, len(self.items))
        return np.random.default_rng(seed).choice(len(self.items), size=size, replace=replace)


def read_known(path: Path, pool: Executor | None = None, column: str | None = None) -> Known:
    """Known materials of a file or folder; rows that cannot be read are left out and counted in the words.

    Raises:
        UserError: it is missing or unreadable, or holds fewer than two materials.
    """
    samples = read_samples(path, column)
    rows = [row for row, item in enumerate(samples.items) if item is not None]
    items = [item for item in samples.items if item is not None]
    if len(items) < 2:
        raise UserError(f"has {len(items)} readable materials", str(path), "give at least two")
    lost = f" of {len(samples):,} rows" if len(items) < len(samples) else ""
    beside = sum(samples.passed_over)
    unread = f"; {beside:,} subfolders and other files are not read" if beside else ""
    words = f"{samples.name}: {len(items):,} {samples.level}s{lost}{unread}"
    values = {name: column[rows] for name, column in samples.values.items()}
    return Known(words, samples.level, items, look(items, pool), values)


def classify(known: KnownMaterials, items: Sequence[Composition], groups: Sequence[int]) -> dict[str, int]:
    """How many of n materials are in each class of novelty; a space group of 0 is unknown."""
    found = [known.classify(item, group or None).kind for item, group in zip(items, groups, strict=True)]
    return {kind: found.count(kind) for kind in KINDS}
