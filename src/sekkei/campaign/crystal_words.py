"""What a report of crystals says of limits, and of what is missing or not to be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

from sekkei.campaign import material_checks as checks
from sekkei.campaign.choose import Ranked
from sekkei.campaign.crystal_list import LOWER
from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.doubt import strange
from sekkei.campaign.material_words import to_know
from sekkei.campaign.materials import DEEP
from sekkei.campaign.plan import Plan
from sekkei.campaign.reference import usual_hull
from sekkei.data.project import WORD
from sekkei.predict.crystals import RELAXED_HULL
from sekkei.predict.potentials import potential
from sekkei.predict.probes import fell
from sekkei.zoo import HULLS

_BIAS = (
    "The hull is of known structures as they were published: relaxed by the potential they lie 0.02 eV/atom lower on "
    "average, half of them about 0.001 or less (50 crystals). It lacks phases, too. Both make crystals look stabler "
    "than they are."
)
"""Measured by ``benchmarks/crystals`` on the hull that ships, of which it is said."""

_BIASED = "chgnet.csv"


def limits_of_crystals(plan: Plan) -> list[str]:
    """The constraints and limits every listed crystal keeps."""
    limits, spec = checks.limits_of(plan), cast("CrystalCampaign", plan.spec)
    words = [*plan.constraints.words(), "distances, volume and density within the rules of LeMat-GenBench"]
    if limits.hazard == "reject":
        words.append("no toxic, radioactive or controlled element")
    words.append(f"at most {limits.max_e_above_hull:g} eV/atom above the hull of {spec.potential}, where there is one")
    words.append(f"at most {spec.budget.relax} relaxations, to {spec.budget.fmax:g} eV/Angstrom")
    known = "known crystals, and those of a known formula whose structure is not at hand, are left out"
    return [*words, known] if limits.novel else words


def cautions_of_crystals(plan: Plan, ranked: Sequence[Ranked]) -> list[str]:
    """What is missing or not to be trusted."""
    name = cast("CrystalCampaign", plan.spec).potential
    error = potential(name).energy_error
    words = [f"Energies are those of {name}, whose mean error is {error * 1000:.0f} meV/atom near minima."]
    if ranked and all(math.isnan(one.candidate.values[RELAXED_HULL.name]) for one in ranked):
        words.append(
            f"Stability was not judged: there is no hull of {name}'s own energies with these elements. Name one with "
            "--hull."
        )
    elif ranked and not cast("CrystalCampaign", plan.spec).hull and usual_hull(name) == HULLS / _BIASED:
        words.append(_BIAS)
    if deep := sum(one.candidate.values[RELAXED_HULL.name] < -DEEP for one in ranked):
        words.append(
            f"{deep} listed crystals lie more than {DEEP:g} eV/atom below all known phases, which speaks for "
            f"gaps in the hull or an error of {name} rather than for stability. Of a formula that is known the known "
            "compound itself may be what the hull lacks."
        )
    if cast("CrystalCampaign", plan.spec).hull == WORD:
        words.append(
            f"The hull is that of the Materials Project, by density functional theory: the errors of {name} do not "
            "cancel against it as they do against its own energies."
        )
    if second := cast("CrystalCampaign", plan.spec).second_judge:
        words.append(
            f"{second} is in an energy frame of its own: its energies compare crystals of one composition only; a "
            f"large second_force or second_pressure says that it does not agree with {name} on the structure."
        )
    if open_ := sum(one.candidate.values["converged"] == 0 for one in ranked):
        words.append(f"{open_} listed crystals were not converged when the steps ran out.")
    if fallen := [place for place, one in enumerate(ranked, start=1) if fell(one.candidate.values)]:
        places = ", ".join(map(str, fallen))
        words.append(
            f"Fell to a lower structure when shaken, so no minima as listed: place {places}. What they fell to lies in "
            f"{LOWER}: relax that anew."
        )
    changed = sum(one.candidate.values["group_after"] != one.candidate.values["group_before"] for one in ranked)
    if changed:
        words.append(f"{changed} listed crystals changed their space group when they relaxed.")
    return [*words, *strange(ranked, "crystals"), *to_know(ranked, "crystals")]
