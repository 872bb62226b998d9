"""Choose the list from what was kept: good, unlike each other, best first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sekkei.campaign.judge import OUTSIDE, Candidate
from sekkei.campaign.plan import Plan, spans
from sekkei.campaign.source import Source
from sekkei.core.targets import Target
from sekkei.core.types import Floats
from sekkei.rank.confidence import chances, expected
from sekkei.rank.diverse import pick
from sekkei.rank.pareto import conflicting, fronts, losses
from sekkei.rank.scale import Span

WIDER = 2.0
"""How many times as wide intervals count outside the domain: there most shipped predictors err more, up to three times
as much, on held-out objects (``mae_outside`` and ``mae_inside`` in their cards)."""


@dataclass(frozen=True)
class Kin:
    """What is already known near a structure.

    Attributes:
        novel: the structure itself is not known.
        nearest: its nearest known relative, empty where none is named.
        similarity: how near that is, 0 to 1, NaN where nearness is not measured.
    """

    novel: bool
    nearest: str
    similarity: float


@dataclass(frozen=True)
class Ranked:
    """A candidate with its place among the others.

    Attributes:
        candidate: the structure.
        satisfied: its values meet every target, computed anew from the values that are listed.
        score: desirability, 0 to 1, averaged over the intervals of uncertain values.
        front: Pareto front among those listed; 0 where no two wishes can conflict.
        novel: see :class:`Kin`.
        nearest: see :class:`Kin`.
        similarity: see :class:`Kin`.
        confidence: chance that all targets are met, 0 to 1, by the intervals of the values, which count
            :data:`WIDER` outside a predictor's domain.
    """

    candidate: Candidate[Any]
    satisfied: bool
    score: float
    front: int
    novel: bool
    nearest: str
    similarity: float
    confidence: float


def choose(plan: Plan, kept: Sequence[Candidate[Any]], model: Source) -> list[Ranked]:
    """The list: at most n of those kept, by descending score; equal scores in the order drawn."""
    values = _values(plan.targets, kept)
    scores = _scores(plan, kept, values, spans(plan.targets, model, values))
    chosen = list(range(len(kept)))
    if len(kept) > plan.spec.n:
        chosen = pick(scores, plan.spec.n, plan.side.alike(kept))
    chosen.sort(key=lambda row: (-scores[row], kept[row].index))
    return _ranked(plan, [kept[row] for row in chosen], scores[chosen], model)


def appraise(plan: Plan, candidates: Sequence[Candidate[Any]], kept: Sequence[Candidate[Any]], model: Source) -> Floats:
    """Scores of structures that were not kept, on the scale of those that were. (n,)."""
    usual = spans(plan.targets, model, _values(plan.targets, kept))
    return _scores(plan, candidates, _values(plan.targets, candidates), usual)


def _scores(plan: Plan, candidates: Sequence[Candidate[Any]], values: Floats, usual: Sequence[Span | None]) -> Floats:
    """By the intervals as they are and, outside a domain, as wide as they may be: the lower counts. (n,)."""
    both = [expected(plan.targets, values, _intervals(plan.targets, candidates, wide), usual) for wide in (False, True)]
    return np.minimum(*both)


def _ranked(plan: Plan, chosen: Sequence[Candidate[Any]], scores: Floats, model: Source) -> list[Ranked]:
    values = _values(plan.targets, chosen)
    met = [all(t.satisfied(row[[j]])[0] for j, t in enumerate(plan.targets)) for row in values]
    ranks = _fronts(plan, chosen, scores)
    kin = plan.side.kin(chosen, model)
    narrow, wide = (chances(plan.targets, values, _intervals(plan.targets, chosen, far)) for far in (False, True))
    sure = np.minimum(narrow, wide)
    return [
        Ranked(candidate, ok, float(score), front, near.novel, near.nearest, near.similarity, float(part))
        for candidate, ok, score, front, near, part in zip(chosen, met, scores, ranks, kin, sure, strict=True)
    ]


def _fronts(plan: Plan, chosen: Sequence[Candidate[Any]], scores: Floats) -> list[int]:
    """Fronts over the targets or, where everybody has further wishes, over the score and those."""
    criteria = plan.side.criteria(plan)
    if not chosen or not (criteria or conflicting(plan.targets)):
        return [0] * len(chosen)
    if not criteria:
        return list(fronts(losses(plan.targets, _values(plan.targets, chosen))).tolist())
    wanted = [*(target for target in plan.targets if target.goal in ("min", "max")), *criteria]
    worse = losses(wanted, _values(wanted, chosen))
    return list(fronts(np.column_stack([1.0 - scores, worse])).tolist())


def _values(targets: Sequence[Target], candidates: Sequence[Candidate[Any]]) -> Floats:
    rows = [[candidate.values.get(target.name, np.nan) for target in targets] for candidate in candidates]
    return np.array(rows, dtype=np.float64).reshape(len(candidates), len(targets))


def _intervals(targets: Sequence[Target], candidates: Sequence[Candidate[Any]], wide: bool) -> Floats:
    """(n, t, 2): ends of 90 % intervals, NaN without one; wider, where asked, outside a predictor's domain."""
    rows = [[_interval(candidate, target.name, wide) for target in targets] for candidate in candidates]
    return np.array(rows, dtype=np.float64).reshape(len(candidates), len(targets), 2)


def _interval(candidate: Candidate[Any], name: str, wide: bool) -> tuple[float, float]:
    low, high = candidate.intervals.get(name, (math.nan, math.nan))
    if not (wide and candidate.notes.get(name, "").startswith(OUTSIDE)):
        return low, high
    value = candidate.values[name]
    if low > value or high < value:  # classes that cannot be ruled out; here neither can
        return 0.0, 1.0
    return value - WIDER * (value - low), value + WIDER * (high - value)
