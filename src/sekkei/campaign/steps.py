"""Questions of the funnel that are the same for every domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sekkei.campaign.judge import CHUNK, Candidate, Judge
from sekkei.campaign.plan import Plan
from sekkei.core.protocols import Evaluator
from sekkei.core.targets import Target
from sekkei.core.types import Problem

Candidates = Sequence[Candidate[Any]]


def scored(plan: Plan, judge: Judge, extras: Sequence[Evaluator[Any]]) -> Callable[[Candidates], list[str]]:
    """What predictors or the user's evaluators say, and whether the targets they measure are met."""
    measured = {measure.name for extra in extras for measure in extra.measures}
    targets = [target for target in plan.judged if target.name in measured]
    targeted = {target.name for target in targets}

    def lost(candidates: Candidates) -> list[str]:
        reasons = [""] * len(candidates)
        for extra in extras:
            problems = judge.evaluate(extra, candidates, CHUNK)
            if targeted & {measure.name for measure in extra.measures}:
                failed = [f"{extra.name}: {problem.kind}" if problem else "" for problem in problems]
                reasons = [why or fail for why, fail in zip(reasons, failed, strict=True)]
        return [why or miss for why, miss in zip(reasons, missed(targets, candidates), strict=True)]

    return lost


def missed(targets: Sequence[Target], candidates: Candidates) -> list[str]:
    """For each candidate the target it misses by most tolerances, empty where it meets all."""
    if not targets or not candidates:
        return [""] * len(candidates)
    values = np.array([[candidate.values[target.name] for target in targets] for candidate in candidates])
    far = np.stack([target.miss(values[:, j]) for j, target in enumerate(targets)], axis=1)
    # Missing or outside is a distance above 0, so the worst column decides alone.
    return [f"missed {targets[int(row.argmax())].label}" if row.max() > 0 else "" for row in far]


def above(candidate: Candidate[Any], problem: Problem | None, name: str, limit: float, words: str) -> str:
    """Why a candidate is lost that must not exceed a limit, empty where it does not."""
    if problem:
        return f"{words}: {problem.kind}"
    return f"{words} above {limit:g}" if candidate.values[name] > limit else ""
