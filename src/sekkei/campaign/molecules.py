"""The steps a molecule goes through, from cheap to dear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sekkei.campaign.funnel import Step
from sekkei.campaign.judge import CHUNK, Candidate, Judge
from sekkei.campaign.plan import Plan
from sekkei.campaign.source import Source
from sekkei.core.protocols import Evaluator, Predictor
from sekkei.core.targets import Target
from sekkei.core.types import Problem
from sekkei.molecules.evaluators import EVALUATORS

Molecules = Sequence[Candidate[Any]]


def molecule_steps(plan: Plan, model: Source, judge: Judge) -> list[Step[Any]]:
    """The funnel after ``valid`` and ``new``: what can be looked up comes before what must be simulated.

    Args:
        plan: targets, constraints, limits.
        model: whose training data counts as known.
        judge: evaluates and remembers.
    """
    steps: list[Step[Any]] = []
    if plan.constraints.words():
        steps.append(Step("constraints", "Does it keep the constraints?", _constraints(plan)))
    if plan.computed:
        steps.append(Step("targets", "Does it meet the targets?", _computed_targets(plan, judge)))
    steps.append(Step("synthesizable", "Can it be made, without alerts?", _synthesizable(plan, judge)))
    steps.append(Step("stable", "Is it free of unstable groups?", _stable(judge)))
    if plan.spec.limits.novel:
        steps.append(Step("novel", "Is it absent from the training data?", _novel(model)))
    predictors = [extra for extra in plan.extras if isinstance(extra, Predictor)]
    others = [extra for extra in plan.extras if not isinstance(extra, Predictor)]
    if predictors:
        steps.append(Step("predicted", "What do trained predictors say?", _scored(plan, judge, predictors)))
    steps.append(Step("relaxed", "Does it embed in 3-D without strain?", _relaxed(plan, judge)))
    if others:
        steps.append(Step("scored", "What do your own evaluators say?", _scored(plan, judge, others)))
    return steps


def limits_in_words(plan: Plan) -> list[str]:
    """The constraints and limits every listed molecule keeps, for a reader."""
    limits = plan.spec.limits
    words = [*plan.constraints.words(), f"SA score at most {limits.max_sa:g}"]
    if limits.alerts == "reject":
        words.append("no PAINS or Brenk alert")
    words += ["no known-unstable group", f"strain at most {limits.max_strain:g} kcal/mol per heavy atom"]
    return [*words, "not in the training data"] if limits.novel else words


def _constraints(plan: Plan) -> Callable[[Molecules], list[str]]:
    return lambda candidates: [plan.constraints.broken(candidate.item) for candidate in candidates]


def _computed_targets(plan: Plan, judge: Judge) -> Callable[[Molecules], list[str]]:
    def lost(candidates: Molecules) -> list[str]:
        for target in plan.computed:
            judge.evaluate(EVALUATORS[target.name], candidates)
        return missed(plan.computed, candidates)

    return lost


def _synthesizable(plan: Plan, judge: Judge) -> Callable[[Molecules], list[str]]:
    limit, reject = plan.spec.limits.max_sa, plan.spec.limits.alerts == "reject"

    def alert(candidate: Candidate[Any], problem: Problem | None) -> str:
        if problem:
            return f"alerts: {problem.kind}"
        return _first(candidate, "alerts") if reject and candidate.values["alerts"] > 0 else ""

    def lost(candidates: Molecules) -> list[str]:
        hard = judge.evaluate(EVALUATORS["sa"], candidates)
        reasons = [_above(c, p, "sa", limit, "SA score") for c, p in zip(candidates, hard, strict=True)]
        makeable = [c for c, why in zip(candidates, reasons, strict=True) if not why]
        alerts = judge.evaluate(EVALUATORS["alerts"], makeable)
        found = {c.key: alert(c, p) for c, p in zip(makeable, alerts, strict=True)}
        return [why or found[c.key] for c, why in zip(candidates, reasons, strict=True)]

    return lost


def _stable(judge: Judge) -> Callable[[Molecules], list[str]]:
    def why(candidate: Candidate[Any], problem: Problem | None) -> str:
        if problem:
            return f"unstable groups: {problem.kind}"
        return _first(candidate, "unstable_groups") if candidate.values["unstable_groups"] > 0 else ""

    def lost(candidates: Molecules) -> list[str]:
        problems = judge.evaluate(EVALUATORS["unstable_groups"], candidates)
        return [why(c, p) for c, p in zip(candidates, problems, strict=True)]

    return lost


def _novel(model: Source) -> Callable[[Molecules], list[str]]:
    return lambda candidates: ["in the training data" if c.text in model.known else "" for c in candidates]


def _relaxed(plan: Plan, judge: Judge) -> Callable[[Molecules], list[str]]:
    limit = plan.spec.limits.max_strain

    def lost(candidates: Molecules) -> list[str]:
        problems = judge.evaluate(EVALUATORS["strain"], candidates, CHUNK, parallel=True)
        return [_above(c, p, "strain", limit, "strain") for c, p in zip(candidates, problems, strict=True)]

    return lost


def _scored(plan: Plan, judge: Judge, extras: Sequence[Evaluator[Any]]) -> Callable[[Molecules], list[str]]:
    measured = {measure.name for extra in extras for measure in extra.measures}
    targets = [target for target in plan.judged if target.name in measured]
    targeted = {target.name for target in targets}

    def lost(candidates: Molecules) -> list[str]:
        reasons = [""] * len(candidates)
        for extra in extras:
            problems = judge.evaluate(extra, candidates, CHUNK)
            if targeted & {measure.name for measure in extra.measures}:
                failed = [f"{extra.name}: {problem.kind}" if problem else "" for problem in problems]
                reasons = [why or fail for why, fail in zip(reasons, failed, strict=True)]
        return [why or miss for why, miss in zip(reasons, missed(targets, candidates), strict=True)]

    return lost


def missed(targets: Sequence[Target], candidates: Molecules) -> list[str]:
    """For each candidate the target it misses by most tolerances, empty where it meets all."""
    if not targets or not candidates:
        return [""] * len(candidates)
    values = np.array([[candidate.values[target.name] for target in targets] for candidate in candidates])
    far = np.stack([target.miss(values[:, j]) for j, target in enumerate(targets)], axis=1)
    # Missing or outside is a distance above 0, so the worst column decides alone.
    return [f"missed {targets[int(row.argmax())].label}" if row.max() > 0 else "" for row in far]


def _above(candidate: Candidate[Any], problem: Problem | None, name: str, limit: float, words: str) -> str:
    if problem:
        return f"{words}: {problem.kind}"
    return f"{words} above {limit:g}" if candidate.values[name] > limit else ""


def _first(candidate: Candidate[Any], name: str) -> str:
    return candidate.notes.get(name, name).split("; ")[0]
