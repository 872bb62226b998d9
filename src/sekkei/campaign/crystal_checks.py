"""The questions that are put to a crystal on its way through the funnel."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import numpy as np

from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.judge import Candidate, Judge
from sekkei.campaign.material_checks import limits_of
from sekkei.campaign.plan import Plan
from sekkei.campaign.steps import missed
from sekkei.core.protocols import Evaluator
from sekkei.core.types import Measure
from sekkei.materials.balance import NONE
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import Crystal
from sekkei.materials.evaluators import CRYSTAL_EVALUATORS
from sekkei.materials.geometry import DELIVERED, check_geometry
from sekkei.materials.known import KnownStructures
from sekkei.materials.novelty import KINDS, NOVELTY, UNCOMPARED, Novelty
from sekkei.materials.structures import crystal_key, groups
from sekkei.materials.symmetry.sites import SymmetricCrystal
from sekkei.materials.wishes import CrystalWishes
from sekkei.predict.crystals import GEOMETRY, RELAXED_HULL, relaxed_crystal
from sekkei.predict.probes import FALLEN

Crystals = Sequence[Candidate[Crystal]]
Lost = Callable[[Crystals], list[str]]

DENSITY = replace(CRYSTAL_EVALUATORS["density"].measures[0], source="of the relaxed cell")
LOWEST = Measure(
    "lowest_of_formula", title="lowest of the generated polymorphs of its formula", low=0.0, high=1.0,
    source="1 where no crystal of this formula that was relaxed in this run has a lower energy by the potential",
)  # fmt: skip

MOMENT = "magnetic_moment"
"""Target that the potential answers as ``site_moment`` where it tells moments."""


def unkept(wishes: CrystalWishes) -> Lost:
    """Which constraint a crystal breaks, charges aside."""
    constraints = replace(wishes.constraints, profile=NONE)

    def why(candidate: Candidate[Crystal]) -> str:
        apart = read_symmetric(candidate.text)
        if wishes.groups and isinstance(apart, SymmetricCrystal) and apart.group not in wishes.groups:
            return f"has space group {apart.group}"
        return constraints.broken(candidate.item.composition)

    return lambda candidates: [why(candidate) for candidate in candidates]


def unsound(candidates: Crystals) -> list[str]:
    """Atoms too close for their radii, no volume, or a density that no material has."""
    reasons = []
    for candidate in candidates:
        problem = check_geometry(candidate.item, DELIVERED)
        reasons.append(problem.kind if problem else ("close_atoms" if candidate.item.collapsed else ""))
    return [why.replace("_", " ") for why in reasons]


def unbalanced(wishes: CrystalWishes) -> Lost:
    """Whether the charges fail the profile."""
    return lambda candidates: [
        "charges do not balance" if wishes.constraints.unbalanced(candidate.item.composition) else ""
        for candidate in candidates
    ]


def known_already(known: KnownStructures, *, reject: bool, relaxed: bool = False) -> Lost:
    """Note the class of novelty; with ``reject`` a known crystal is lost, and one that may be the known one.

    Asked of the crystal as it was drawn, or with ``relaxed`` of what relaxation left.
    """

    def lost(candidates: Crystals) -> list[str]:
        found = known.classify([relaxed_of(one) if relaxed else one.item for one in candidates])
        for candidate, novelty in zip(candidates, found, strict=True):
            candidate.values[NOVELTY.name] = float(KINDS.index(novelty.kind))
            candidate.notes[NOVELTY.name] = str(novelty)
        return [_why_known(novelty) if reject else "" for novelty in found]

    return lost


def _why_known(novelty: Novelty) -> str:
    if novelty.kind == "known":
        return "known crystal"
    return "" if novelty.surely_new else UNCOMPARED


def unrelaxed(relaxation: Evaluator[Any], plan: Plan, judge: Judge) -> Lost:
    """Why a relaxation broke off; one that ran out of steps goes on, marked.

    What has relaxed gets its density and what else of a cell is a target, and its place among all relaxed crystals of
    its formula, of earlier rounds too.
    """
    told = {DENSITY.name, *(target.name for target in plan.targets)} & CRYSTAL_EVALUATORS.keys()
    polymorphs: dict[str, list[Candidate[Crystal]]] = defaultdict(list)

    def lost(candidates: Crystals) -> list[str]:
        # the largest first, so that no worker is left with a long one when the others are done
        order = sorted(range(len(candidates)), key=lambda row: -len(candidates[row].item))
        ordered = [candidates[row] for row in order]
        problems = judge.evaluate(relaxation, ordered, 1, parallel=apart(judge))
        reasons = [""] * len(candidates)
        for row, candidate, problem in zip(order, ordered, problems, strict=True):
            broken = problem is not None and math.isnan(candidate.values[GEOMETRY.name])
            reasons[row] = f"relaxation: {problem.kind}" if problem and broken else ""
            if not broken:
                polymorphs[candidate.item.composition.formula].append(candidate)
        held = settled([candidate for candidate, why in zip(candidates, reasons, strict=True) if not why])
        for name in sorted(told):
            judge.evaluate(CRYSTAL_EVALUATORS[name], held)
        for several in polymorphs.values():
            tell_lowest(several)
        return reasons

    return lost


def astray(plan: Plan) -> Lost:
    """What relaxation has undone: the space group that was asked for, or a target that the potential measures itself.

    Moments of sites are told by the potential; the composition's predictor has learned the same, and knows less.
    """
    groups_asked = cast("CrystalWishes", plan.constraints).groups
    wished = next((target for target in plan.targets if target.name == MOMENT), None)

    def why(candidate: Candidate[Crystal]) -> str:
        group, moment = candidate.values["group_after"], candidate.values["site_moment"]
        if groups_asked and group not in groups_asked:
            return f"has space group {group:.0f} once relaxed" if group else "has no space group once relaxed"
        if wished is None or math.isnan(moment) or wished.miss(np.array([moment]))[0] == 0:
            return ""
        return f"missed {wished.label} once relaxed"

    return lambda candidates: [why(candidate) for candidate in candidates]


def tell_lowest(polymorphs: Crystals) -> None:
    """Fill in which of the relaxed crystals of one formula is the lowest, and how far above it the others lie."""
    lowest = min(candidate.values["energy"] for candidate in polymorphs)
    for candidate in polymorphs:
        above = candidate.values["energy"] - lowest
        candidate.values[LOWEST.name] = float(above == 0)
        place = f"{above:.3f} eV/atom above the lowest" if above else "the lowest"
        candidate.notes[LOWEST.name] = f"{place} of {len(polymorphs)} relaxed"


def the_same(candidates: Crystals) -> list[str]:
    """What has relaxed to the same structure as one before it."""
    items = [relaxed_of(candidate) for candidate in candidates]
    firsts = groups(items)
    return ["the same as another once relaxed" if first != row else "" for row, first in enumerate(firsts)]


def unstable(plan: Plan) -> Lost:
    """How far above the hull is too far; where there is no hull nothing is lost, unless it is a target.

    Targets for what is computed from a cell, such as the density, are asked once more of what has relaxed.
    """
    limit = limits_of(plan).max_e_above_hull
    wanted = [target for target in plan.targets if target.name in (RELAXED_HULL.name, *CRYSTAL_EVALUATORS)]

    def lost(candidates: Crystals) -> list[str]:
        far = [
            f"energy above hull above {limit:g}" if candidate.values[RELAXED_HULL.name] > limit else ""
            for candidate in candidates
        ]
        return [why or miss for why, miss in zip(far, missed(wanted, candidates), strict=True)]

    return lost


def probed(plan: Plan, probes: Evaluator[Any], judge: Judge) -> Lost:
    """Stiffness and steadiness of the stablest, within the budget; nothing is lost."""
    left = [cast("CrystalCampaign", plan.spec).budget.probe]

    def lost(candidates: Crystals) -> list[str]:
        for candidate in candidates:
            candidate.values.update({measure.name: math.nan for measure in probes.measures})
        order = sorted(candidates, key=_height)[: left[0]]
        left[0] -= len(order)
        judge.evaluate(probes, settled(order), 1, parallel=apart(judge))
        return [""] * len(candidates)

    return lost


def asked_again(second: Evaluator[Any], judge: Judge) -> Lost:
    """What a second potential says of the relaxed crystals; nothing is lost."""

    def lost(candidates: Crystals) -> list[str]:
        judge.evaluate(second, settled(candidates), 1, parallel=apart(judge))
        return [""] * len(candidates)

    return lost


def settled(candidates: Crystals) -> list[Candidate[Crystal]]:
    """The same values and notes, of the crystals as they were relaxed."""
    pairs = [(candidate, relaxed_of(candidate)) for candidate in candidates]
    return [replace(candidate, key=crystal_key(item), item=item) for candidate, item in pairs]


def _height(candidate: Candidate[Crystal]) -> tuple[float, int]:
    """Energy above hull, those without one last in the order drawn."""
    above = candidate.values[RELAXED_HULL.name]
    return (math.inf if math.isnan(above) else above), candidate.index


def lower_of(candidate: Candidate[Crystal]) -> Crystal | None:
    """The lower structure that a crystal fell to when it was shaken; None where it did not or was not."""
    return relaxed_crystal(candidate.notes.get(FALLEN.name, ""))


def relaxed_of(candidate: Candidate[Crystal]) -> Crystal:
    """The relaxed crystal; the proposed one where it was not relaxed."""
    return relaxed_crystal(candidate.notes.get(GEOMETRY.name, "")) or candidate.item


def apart(judge: Judge) -> bool:
    """Whether the workers are other processes: threads of this one would only wait for each other."""
    return not isinstance(judge.workers, ThreadPoolExecutor)
