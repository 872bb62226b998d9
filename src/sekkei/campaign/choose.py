"""Choose the list from what was kept: good, unlike each other, best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sekkei.campaign.judge import Candidate
from sekkei.campaign.plan import Plan, spans
from sekkei.campaign.source import Source
from sekkei.core.types import Floats
from sekkei.molecules.novelty import Neighbours, fingerprints
from sekkei.rank.diverse import pick, tanimoto
from sekkei.rank.pareto import conflicting, fronts, losses
from sekkei.rank.scale import overall


@dataclass(frozen=True)
class Ranked:
    """A candidate with its place among the others.

    Attributes:
        candidate: the structure.
        satisfied: its values meet every target, computed anew from the values that are listed.
        score: desirability, 0 to 1.
        front: Pareto front among those listed; 0 where no two wishes can conflict.
        novel: absent from the training data.
        nearest: the most similar structure of the model's reference sample.
        similarity: Tanimoto similarity to it.
    """

    candidate: Candidate[Any]
    satisfied: bool
    score: float
    front: int
    novel: bool
    nearest: str
    similarity: float


def choose(plan: Plan, kept: Sequence[Candidate[Any]], model: Source) -> list[Ranked]:
    """The list: at most n of those kept, by descending score; equal scores in the order drawn."""
    values = _values(plan, kept)
    scores = overall(plan.targets, values, spans(plan.targets, model, values))
    chosen = list(range(len(kept)))
    if len(kept) > plan.spec.n:
        prints = fingerprints([candidate.item for candidate in kept])
        chosen = pick(scores, plan.spec.n, tanimoto(prints))
    chosen.sort(key=lambda row: (-scores[row], kept[row].index))
    return _ranked(plan, [kept[row] for row in chosen], scores[chosen], model)


def appraise(plan: Plan, candidates: Sequence[Candidate[Any]], kept: Sequence[Candidate[Any]], model: Source) -> Floats:
    """Scores of structures that were not kept, on the scale of those that were. (n,)."""
    return overall(plan.targets, _values(plan, candidates), spans(plan.targets, model, _values(plan, kept)))


def _ranked(plan: Plan, chosen: Sequence[Candidate[Any]], scores: Floats, model: Source) -> list[Ranked]:
    values = _values(plan, chosen)
    met = [all(t.satisfied(row[[j]])[0] for j, t in enumerate(plan.targets)) for row in values]
    ranks = [0] * len(chosen)
    if conflicting(plan.targets) and chosen:
        ranks = fronts(losses(plan.targets, values)).tolist()
    similarity, nearest = Neighbours(model.reference.smiles).nearest([candidate.item for candidate in chosen])
    return [
        Ranked(candidate, ok, float(score), front, candidate.text not in model.known, near, float(like))
        for candidate, ok, score, front, near, like in zip(chosen, met, scores, ranks, nearest, similarity, strict=True)
    ]


def _values(plan: Plan, candidates: Sequence[Candidate[Any]]) -> Floats:
    rows = [[candidate.values.get(target.name, np.nan) for target in plan.targets] for candidate in candidates]
    return np.array(rows, dtype=np.float64).reshape(len(candidates), len(plan.targets))
