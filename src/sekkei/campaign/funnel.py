"""From attempts to candidates worth listing: a row of steps, the cheap before the dear, each counting what it loses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from sekkei.campaign.judge import Candidate
from sekkei.campaign.store import Fate
from sekkei.core.protocols import Domain
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats, Problem
from sekkei.report.content import FunnelStep

T = TypeVar("T")

NEAR_MISSES = 12
"""How many of the nearest misses are remembered."""

_VALID = ("valid", "Is it a possible structure?")
_NEW = ("new", "Is it new in this run?")


@dataclass(frozen=True)
class Step(Generic[T]):
    """One question put to every structure that came so far.

    Attributes:
        name: short name.
        title: the question.
        lost: for each candidate why it is lost, empty where it passes.
        apart: what is lost here is good in all other ways and is kept apart.
    """

    name: str
    title: str
    lost: Callable[[Sequence[Candidate[T]]], list[str]]
    apart: bool = False


@dataclass(frozen=True)
class Miss(Generic[T]):
    """A structure that was judged and not kept.

    Attributes:
        candidate: the structure.
        distance: sum over the targets of how far it lies outside [tolerances].
        depth: number of the step it was lost at; deeper means it passed more.
        why: the reason.
    """

    candidate: Candidate[T]
    distance: float
    depth: int
    why: str

    @property
    def order(self) -> tuple[float, int, int]:
        """Sort key: the nearest, then the deepest, then the first drawn."""
        return self.distance, -self.depth, self.candidate.index


@dataclass
class _Count:
    entered: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


class Funnel(Generic[T]):
    """The funnel of one run.

    Attributes:
        kept: what passed every step, in the order drawn.
        misses: the nearest misses, best first.
        apart: what steps that say so have kept apart, in the order drawn.
        generated: attempts seen.
    """

    def __init__(self, domain: Domain[T], steps: Sequence[Step[T]], targets: Sequence[Target]) -> None:
        """Start empty.

        Args:
            domain: reads the attempts.
            steps: asked in this order of everything readable and new.
            targets: the wishes, which near misses are measured by.
        """
        self.kept: list[Candidate[T]] = []
        self.misses: list[Miss[T]] = []
        self.apart: list[Candidate[T]] = []
        self.generated = 0
        self._domain, self._steps, self._targets = domain, steps, targets
        self._seen: set[str] = set()
        self._titles = dict([_VALID, _NEW, *((step.name, step.title) for step in steps)])
        self._counts = {name: _Count() for name in self._titles}
        self._judged: dict[str, list[float]] = {target.name: [] for target in targets}

    def sift(self, draws: Sequence[Draw]) -> list[Fate]:
        """Put one round of attempts through all steps.

        Returns:
            Where each structure that is readable and new ended.
        """
        self.generated += len(draws)
        entered = remaining = self._read(draws)
        fates: dict[str, Fate] = {c.key: Fate(c.key, c.text, c.index) for c in entered}
        misses = list(self.misses)
        for depth, step in enumerate(self._steps):
            reasons = step.lost(remaining)
            self._count(step.name, reasons)
            for candidate, why in zip(remaining, reasons, strict=True):
                if why and step.apart:
                    self.apart.append(candidate)
                if why:
                    fates[candidate.key] = Fate(candidate.key, candidate.text, candidate.index, step.name, why)
                    misses += [] if step.apart else self._miss(candidate, depth, why)
            remaining = [c for c, why in zip(remaining, reasons, strict=True) if not why]
        self.kept += remaining
        self.misses = sorted(misses, key=lambda miss: miss.order)[:NEAR_MISSES]
        for name, values in self._judged.items():
            values += [c.values[name] for c in entered if name in c.values]
        return list(fates.values())

    def steps(self) -> list[FunnelStep]:
        """What each step let through and lost, most frequent reason first."""
        return [
            FunnelStep(name, self._titles[name], count.entered, count.entered - count.reasons.total(), _sorted(count))
            for name, count in self._counts.items()
        ]

    def judged(self) -> dict[str, Floats]:
        """For each targeted property the values of every structure it was computed for."""
        return {name: np.array(values) for name, values in self._judged.items()}

    def _read(self, draws: Sequence[Draw]) -> list[Candidate[T]]:
        items = [(draw, self._domain.parse(draw.text)) for draw in draws]
        self._count("valid", [item.kind if isinstance(item, Problem) else "" for _, item in items])
        candidates, repeats = [], []
        for draw, item in items:
            if isinstance(item, Problem):
                continue
            key = self._domain.key(item)
            repeats.append("drawn before" if key in self._seen else "")
            if key not in self._seen:
                self._seen.add(key)
                candidates.append(Candidate(draw.index, key, self._domain.text(item), item))
        self._count("new", repeats)
        return candidates

    def _count(self, name: str, reasons: Sequence[str]) -> None:
        self._counts[name].entered += len(reasons)
        self._counts[name].reasons.update(why for why in reasons if why)

    def _miss(self, candidate: Candidate[T], depth: int, why: str) -> list[Miss[T]]:
        known = [target for target in self._targets if target.name in candidate.values]
        distance = sum(float(t.miss(np.array([candidate.values[t.name]]))[0]) for t in known)
        return [Miss(candidate, distance, depth, why)] if known and np.isfinite(distance) else []


def _sorted(count: _Count) -> dict[str, int]:
    return dict(sorted(count.reasons.items(), key=lambda pair: (-pair[1], pair[0])))
