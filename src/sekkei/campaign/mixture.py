"""Several generators as one source: they take turns, so that each attempt tells by its number who made it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sekkei.campaign.choose import Ranked
from sekkei.campaign.funnel import Funnel
from sekkei.campaign.network import Network
from sekkei.campaign.source import Known, Sample, Source
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats
from sekkei.report.content import Share


@dataclass(frozen=True)
class Mixture:
    """Attempt i is attempt i // k of generator i % k, for k generators.

    Attributes:
        parts: the generators; the first answers for the training data.
        told: what counts as known; what the first knows where None.
    """

    parts: tuple[Source, ...]
    told: Known | None = None

    @property
    def name(self) -> str:
        """The names of all."""
        return " and ".join(part.name for part in self.parts)

    @property
    def hash(self) -> str:
        """Changes with any of them."""
        if len(self.parts) == 1:
            return self.parts[0].hash
        return hashlib.sha256(" ".join(part.hash for part in self.parts).encode()).hexdigest()[:12]

    @property
    def properties(self) -> tuple[str, ...]:
        """What any of them can be conditioned on, those of the first in front."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.properties))

    @property
    def training(self) -> Mapping[str, object]:
        """What the first was made from."""
        return self.parts[0].training

    @property
    def reference(self) -> Sample:
        """The sample of the first."""
        return self.parts[0].reference

    @property
    def known(self) -> Known:
        """What it was told, else what the first knows."""
        return self.parts[0].known if self.told is None else self.told

    def eased(self, repeated: float) -> Mixture:
        """The same, with less guidance where a share of the attempts repeats what had been drawn before."""
        return replace(self, parts=tuple(p.eased(repeated) if isinstance(p, Network) else p for p in self.parts))

    def origin(self, index: int) -> str:
        """Name of the generator that made an attempt."""
        return self.parts[index % len(self.parts)].name

    def check_coverage(self, targets: Sequence[Target], extrapolate: bool = False) -> list[str]:
        """Refuse targets outside what any of them has seen, or give a warning for each."""
        warnings = [
            warning
            for part in self.parts
            for warning in part.check_coverage([t for t in targets if t.name in part.properties], extrapolate)
        ]
        return list(dict.fromkeys(warnings))

    def conditions(self, targets: Sequence[Target], n: int, seed: int, first: int = 0) -> Floats:
        """Each generator's conditions of its own attempts, NaN for what it cannot be conditioned on."""
        out = np.full((n, len(self.properties)), np.nan)
        for place, part in enumerate(self.parts):
            rows = self._rows(place, n, first)
            aimed = [target for target in targets if target.name in part.properties]
            if len(rows):
                columns = [self.properties.index(name) for name in part.properties]
                out[np.ix_(rows, columns)] = part.conditions(aimed, len(rows), seed, self._own(rows, first))
        return out

    def draw(self, conditions: Floats, seed: int, first: int = 0) -> list[Draw]:
        """One attempt per row of conditions, each by the generator whose turn it is."""
        texts = [""] * len(conditions)
        for place, part in enumerate(self.parts):
            rows = self._rows(place, len(conditions), first)
            if len(rows):
                columns = [self.properties.index(name) for name in part.properties]
                drawn = part.draw(conditions[np.ix_(rows, columns)], seed, self._own(rows, first))
                for row, one in zip(rows, drawn, strict=True):
                    texts[row] = one.text
        return [Draw(first + row, text) for row, text in enumerate(texts)]

    def _rows(self, place: int, n: int, first: int) -> list[int]:
        return [row for row in range(n) if (first + row) % len(self.parts) == place]

    def _own(self, rows: Sequence[int], first: int) -> int:
        return (first + rows[0]) // len(self.parts)


def origin(model: Source, index: int) -> str:
    """Name of the generator that made an attempt."""
    return model.origin(index) if isinstance(model, Mixture) else model.name


def shares_of(model: Source, funnel: Funnel[Any], ranked: Sequence[Ranked]) -> list[Share]:
    """What each generator contributed."""
    if not isinstance(model, Mixture):
        return []
    drawn = Counter(model.origin(index) for index in range(funnel.generated))
    kept = Counter(model.origin(candidate.index) for candidate in funnel.kept)
    listed = Counter(model.origin(one.candidate.index) for one in ranked)
    return [Share(part.name, drawn[part.name], kept[part.name], listed[part.name]) for part in model.parts]


def beaten(shares: Sequence[Share]) -> list[str]:
    """A trained model that gives less than ion substitution has to say so."""
    if len(shares) < 2 or shares[0].kept >= shares[-1].kept:
        return []
    model, rival = shares[0], shares[-1]
    return [f"The trained {model.name} gave {model.kept} accepted compositions, {rival.name} gave {rival.kept}."]
