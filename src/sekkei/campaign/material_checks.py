"""The questions that are put to a composition on its way through the funnel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sekkei.campaign.judge import CHUNK, Candidate, Judge
from sekkei.campaign.plan import Plan
from sekkei.campaign.spec import MaterialLimits
from sekkei.campaign.steps import above, missed
from sekkei.core.protocols import Evaluator
from sekkei.core.targets import Target
from sekkei.core.types import Measure, Problem
from sekkei.materials.balance import balance_named, passes
from sekkei.materials.codecs.composition import in_order
from sekkei.materials.constraints import Constraints
from sekkei.materials.formula import Composition
from sekkei.materials.novelty import NOVELTY
from sekkei.materials.stability import PREDICTED_HULL
from sekkei.materials.validity import judge as verdict_of

Compositions = Sequence[Candidate[Composition]]
Lost = Callable[[Compositions], list[str]]
Evaluators = Mapping[str, Evaluator[Any]]


def limits_of(plan: Plan) -> MaterialLimits:
    """The limits of a campaign for materials."""
    return cast("MaterialLimits", plan.spec.limits)


def unkept(constraints: Constraints) -> Lost:
    """Which constraint a composition breaks."""
    return lambda candidates: [constraints.broken(candidate.item) for candidate in candidates]


def unbalanced(limits: MaterialLimits) -> Lost:
    """Why a composition fails the profile: the rule that decided."""
    rules = balance_named(limits.profile)

    def why(item: Composition) -> str:
        if rules is None:
            return ""
        verdict = verdict_of(item, rules)
        if isinstance(verdict, Problem):
            return verdict.kind
        if verdict.valid or (limits.mixed_valence and passes(in_order(item), rules, mixed=True)):
            return ""
        return verdict.rule.replace("_", " ")

    return lambda candidates: [why(candidate.item) for candidate in candidates]


def hazardous(evaluator: Evaluator[Any], judge: Judge) -> Lost:
    """Which hazardous element a composition holds."""

    def lost(candidates: Compositions) -> list[str]:
        judge.evaluate(evaluator, candidates)
        return [c.notes.get(evaluator.name, "").split("; ")[0] for c in candidates]

    return lost


def missing(targets: Sequence[Target], known: Evaluators, judge: Judge) -> Lost:
    """Which target a composition misses by most tolerances."""

    def lost(candidates: Compositions) -> list[str]:
        for target in targets:
            judge.evaluate(known[target.name], candidates)
        return missed(targets, candidates)

    return lost


def unstable(plan: Plan, known: Evaluators, judge: Judge) -> Lost:
    """How far above the hull is too far; where no phases are known nothing is lost, unless the hull is a target."""
    limit = limits_of(plan).max_e_above_hull
    wanted = [target for target in plan.targets if target.name == PREDICTED_HULL.name]

    def lost(candidates: Compositions) -> list[str]:
        problems = judge.evaluate(known[PREDICTED_HULL.name], candidates, CHUNK)
        far = [
            "" if problem else above(candidate, None, PREDICTED_HULL.name, limit, "energy above hull")
            for candidate, problem in zip(candidates, problems, strict=True)
        ]
        return [why or miss for why, miss in zip(far, missed(wanted, candidates), strict=True)]

    return lost


def known_already(evaluator: Evaluator[Any], judge: Judge) -> Lost:
    """Whether the formula is known."""

    def lost(candidates: Compositions) -> list[str]:
        judge.evaluate(evaluator, candidates)
        return ["known compound" if c.values[NOVELTY.name] == 0 else "" for c in candidates]

    return lost


def described(measures: Sequence[Measure], known: Evaluators, judge: Judge) -> Lost:
    """Evaluate what the list says beside the targets; nothing is lost."""
    names = [measure.name for measure in measures if measure.name in known]

    def lost(candidates: Compositions) -> list[str]:
        for name in names:
            judge.evaluate(known[name], candidates, CHUNK if name == PREDICTED_HULL.name else None)
        return [""] * len(candidates)

    return lost
