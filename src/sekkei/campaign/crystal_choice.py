"""Which crystals are worth a relaxation: low in energy as they are, and unlike each other."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np

from sekkei.campaign.crystal_checks import Crystals, Lost, apart
from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.judge import Judge
from sekkei.campaign.material_checks import limits_of
from sekkei.campaign.plan import Plan
from sekkei.core.protocols import Evaluator
from sekkei.core.types import Floats
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import Crystal
from sekkei.materials.novelty import fingerprints
from sekkei.materials.structures import groups
from sekkei.predict.crystals import UNRELAXED, UNRELAXED_HULL
from sekkei.rank.diverse import pick, tanimoto

_GENEROUS = 0.3  # eV/atom by which relaxation may still bring an energy down
_SCALE = 0.2  # eV/atom of energy that outweigh as much as one of score


def unstable_as_it_is(plan: Plan, energies: Evaluator[Any], formation: Evaluator[Any], judge: Judge) -> Lost:
    """No energy, or one so far above the hull that relaxation cannot mend it.

    Where there is no hull the predicted formation energy is asked for, which then tells the promising ones.
    """
    limit = limits_of(plan).max_e_above_hull + _GENEROUS

    def lost(candidates: Crystals) -> list[str]:
        problems = judge.evaluate(energies, candidates, 8, parallel=apart(judge))
        reasons = []
        for candidate, problem in zip(candidates, problems, strict=True):
            if math.isnan(candidate.values[UNRELAXED.name]):
                reasons.append(f"no energy: {problem.kind}" if problem else "no energy")
            else:
                far = candidate.values[UNRELAXED_HULL.name] > limit
                reasons.append(f"unrelaxed energy above hull above {limit:g}" if far else "")
        judge.evaluate(formation, [c for c in candidates if math.isnan(c.values[UNRELAXED_HULL.name])])
        return reasons

    return lost


def beyond_budget(plan: Plan) -> Lost:
    """All but the most promising, unlike each other, for which there is budget to relax them.

    One that is the same structure as a better one leaves its place to the next: in another cell or with coordinates
    a little apart it has a text and a key of its own, but it would relax to the same.
    """
    budget = cast("CrystalCampaign", plan.spec).budget.relax
    taken: list[Crystal] = []

    def lost(candidates: Crystals) -> list[str]:
        reasons = ["less promising than those relaxed"] * len(candidates)
        worth, bits = promise(candidates), likeness(candidates)
        left = np.argsort(-worth, kind="stable")
        while True:
            # best first, so that of two that are the same the better one stays
            chosen = left[sorted(pick(worth[left], budget - len(taken), tanimoto(bits[left])))].tolist()
            firsts = groups([*taken, *(candidates[row].item for row in chosen)])
            twins = [row for place, row in enumerate(chosen, len(taken)) if firsts[place] != place]
            if not twins:
                break
            for row in twins:
                reasons[row] = "the same as a more promising one"
            left = left[~np.isin(left, twins)]
        taken.extend(candidates[row].item for row in chosen)
        for row in chosen:
            reasons[row] = ""
        return reasons

    return lost


def promise(candidates: Crystals) -> Floats:
    """How much each is worth relaxing: low above the hull, or where there is no hull predicted to form, 0 to 1.

    Of crystals of one formula those above its lowest lose as much as they lie above it.
    """
    values = [candidate.values for candidate in candidates]
    above = np.array([one.get(UNRELAXED_HULL.name, math.nan) for one in values])
    energies = np.array([one[UNRELAXED.name] for one in values])
    predicted = np.array([one.get("formation_energy", math.nan) for one in values])
    formulas = [candidate.item.composition.formula for candidate in candidates]
    lowest: dict[str, float] = {}
    for formula, energy in zip(formulas, energies, strict=True):
        lowest[formula] = min(float(energy), lowest.get(formula, math.inf))
    over = energies - np.array([lowest[formula] for formula in formulas])
    guess = np.where(np.isfinite(predicted), predicted, 0.0) + over
    height = np.where(np.isfinite(above), above, guess)
    return np.asarray(1.0 / (1.0 + np.exp(np.clip(height / _SCALE, -50.0, 50.0))))


def likeness(candidates: Crystals) -> np.ndarray:
    """Bits of elements, formula type and space group."""
    prints = fingerprints([candidate.item.composition for candidate in candidates])
    marks = np.zeros((len(candidates), 4), dtype=np.uint64)
    for row, candidate in enumerate(candidates):
        group = getattr(read_symmetric(candidate.text), "group", 0)
        marks[row, group // 64] |= np.uint64(1) << np.uint64(group % 64)
    return np.concatenate([prints, marks], axis=1)
