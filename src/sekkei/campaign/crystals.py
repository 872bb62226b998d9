"""Crystals in a campaign: what is drawn, the steps a crystal goes through, and how the list is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

from sekkei.campaign import material_checks as checks
from sekkei.campaign import materials
from sekkei.campaign.choose import Kin, Ranked
from sekkei.campaign.crystal_checks import (
    DENSITY,
    LOWEST,
    Crystals,
    Lost,
    asked_again,
    astray,
    known_already,
    probed,
    relaxed_of,
    settled,
    the_same,
    unbalanced,
    unkept,
    unrelaxed,
    unsound,
    unstable,
)
from sekkei.campaign.crystal_choice import beyond_budget, likeness, unstable_as_it_is
from sekkei.campaign.crystal_list import crystal_rows, crystal_table, write_all
from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.crystal_words import cautions_of_crystals, limits_of_crystals
from sekkei.campaign.funnel import Funnel, Step
from sekkei.campaign.judge import Judge
from sekkei.campaign.known import known_crystals
from sekkei.campaign.material_words import in_words, open_wishes
from sekkei.campaign.mixture import Mixture, shares_of
from sekkei.campaign.plan import Plan
from sekkei.campaign.reference import reference_hull
from sekkei.campaign.side import Words
from sekkei.campaign.source import Source
from sekkei.campaign.steer import steered
from sekkei.campaign.steps import scored
from sekkei.core.protocols import Evaluator, Predictor
from sekkei.core.targets import Goal, Target
from sekkei.core.types import Draw, Measure, Problem
from sekkei.data.structures import known_structures
from sekkei.generate.crystals import AIMED, USUAL
from sekkei.generate.crystals import load as load_model
from sekkei.generate.exchange import Substitution
from sekkei.generate.sample import usual
from sekkei.materials.balance import NONE
from sekkei.materials.crystal import Crystal
from sekkei.materials.domain import LINES
from sekkei.materials.evaluators import CRYSTAL_EVALUATORS, EVALUATORS
from sekkei.materials.novelty import NOVELTY, KnownMaterials
from sekkei.materials.prototypes import prototypes_with
from sekkei.materials.wishes import CrystalWishes
from sekkei.predict import evaluators as predictors
from sekkei.predict.crystals import (
    RELAXATION,
    RELAXED_HULL,
    SECOND,
    EnergyEvaluator,
    OfComposition,
    RelaxationEvaluator,
    SecondEvaluator,
)
from sekkei.predict.potentials import potential
from sekkei.predict.probes import PROBES, ProbeEvaluator
from sekkei.predict.relaxation import Limits
from sekkei.rank.diverse import Similarity, tanimoto
from sekkei.report.content import Report

DOMAIN = LINES
WORDS = Words(
    "Crystals by design", "crystals", "line", "candidates.extxyz", ("pymatgen", "spglib", "chgnet", "torch", "numpy"),
    (RELAXED_HULL.name, "confidence"),
)  # fmt: skip
FORMATION = "formation_energy"
"""Predictor that stands in for a hull where there is none."""

EVIDENCE = ("icsd_likeness", "cost", "hhi_production", "hazard")
UNSURE = frozenset({"rmsd", "volume_ratio", DENSITY.name, "rattle_drop"})
"""Measures whose error no source tells."""

_STEPS = ("energy", "converged", "rmsd", "group_after", "volume_ratio", "site_moment")
_CRITERIA: dict[str, Goal] = {RELAXED_HULL.name: "min", "icsd_likeness": "max", "cost": "min", "hazard": "min"}


def read(structure: Any) -> Crystal | Problem:
    """A crystal from its line or CIF, or one that is given as it is."""
    if isinstance(structure, Crystal):
        return structure
    if isinstance(structure, str):
        return LINES.parse(structure)
    return Problem("type", f"{structure!r:.60} is neither a text nor a crystal")


def load(spec: CrystalCampaign) -> Source:
    """The generators that the campaign names, each bound to its constraints.

    Raises:
        UserError: a model, a potential or the file of prototypes is not there.
    """
    for name in filter(None, (spec.potential, spec.second_judge)):
        potential(name)  # one that is not installed is told before anything is drawn or written
    judged = potential(spec.potential).elements
    reference_hull(spec)  # and so is one that cannot be read
    masks = constraints(spec).masks  # the rest is asked of what is drawn
    settings = spec.sampling.over(usual(bool(spec.targets), under_targets=AIMED, free=USUAL))

    def exchange(*, evenly: bool) -> Substitution:
        required = masks.required
        allowed = frozenset(masks.constraints.allowed) & (judged | set(required))
        parents, told = prototypes_with(Path(spec.prototypes) if spec.prototypes else None)
        return Substitution(parents, allowed, evenly, required, masks.groups, cautions=tuple(told))

    made: dict[str, Callable[[], Source]] = {
        "model": lambda: replace(load_model(spec.model), wishes=masks, settings=settings),
        "exchange": lambda: exchange(evenly=False),
        "random": lambda: exchange(evenly=True),
    }
    parts = tuple(make() for name, make in made.items() if name in spec.generators)
    return Mixture(parts, known_crystals(parts))


def drawing(plan: Plan, model: Source, funnel: Funnel[Any]) -> Callable[[int, int], list[Draw]]:
    """(first, count) -> attempts ``first`` to ``first + count - 1``, each aimed at the targets the generators know."""
    return steered(plan, model, funnel)


@cache
def evaluators() -> Mapping[str, Evaluator[Any]]:
    """Every built-in evaluator by name: of crystals, and of their compositions."""
    of_compositions = {**EVALUATORS, **{one.name: one for one in predictors("materials")}}
    return {**CRYSTAL_EVALUATORS, **{name: OfComposition(one) for name, one in of_compositions.items()}}


def targetable() -> Mapping[str, Measure]:
    """Everything that is computed or predicted from crystal or composition, and the energy above hull."""
    found = [measure for one in evaluators().values() for measure in one.measures]
    return {measure.name: measure for measure in (*found, RELAXED_HULL)}


def constraints(spec: CrystalCampaign) -> CrystalWishes:
    """The hard constraints, with the profile of charge balance.

    Raises:
        UserError: one of them cannot be read, or two contradict each other.
    """
    return CrystalWishes(materials.constraints(cast("Any", spec)), groups=spec.constraints.spacegroups)


def evidence(plan: Plan) -> list[Measure]:
    """Stability, relaxation, density, second judge, likeness to known compounds, price, supply, hazard and novelty."""
    known = evaluators()
    second = SECOND if cast("CrystalCampaign", plan.spec).second_judge else ()
    told = [measure for measure in RELAXATION if measure.name in (RELAXED_HULL.name, *_STEPS)]
    spoken = [known[name].measures[0] for name in EVIDENCE if name in known]
    return [*told, LOWEST, DENSITY, *PROBES, *second, *spoken, NOVELTY]


def criteria(plan: Plan) -> list[Target]:
    """What every experimenter wishes: stable, likely to exist, cheap, harmless."""
    return open_wishes(_CRITERIA, targetable(), plan.targets)


def steps(plan: Plan, model: Source, judge: Judge) -> list[Step[Any]]:
    """The funnel after ``valid`` and ``new``: from what the line says to what has to be relaxed.

    Args:
        plan: targets, constraints, limits, budget.
        model: whose training data counts as known.
        judge: evaluates and remembers.
    """
    kept = known_structures(cast("KnownMaterials", model.known))
    novel = partial(known_already, kept, reject=checks.limits_of(plan).novel)
    others = [measure for measure in plan.measures if measure.name not in CRYSTAL_EVALUATORS]  # of the cell as drawn
    described = Step("described", "What else speaks for it?", checks.described(others, evaluators(), judge))
    return [*_as_drawn(plan, novel, judge), *_as_relaxed(plan, novel, judge), described]


def _as_drawn(plan: Plan, novel: Callable[..., Lost], judge: Judge) -> list[Step[Any]]:
    """What is asked of crystals as they were drawn, the last of it who is relaxed."""
    spec, limits, known = cast("CrystalCampaign", plan.spec), checks.limits_of(plan), evaluators()
    wishes = cast("CrystalWishes", plan.constraints)
    cheap = [target for target in plan.computed if target.name != RELAXED_HULL.name]
    found: list[Step[Any]] = [
        Step("constraints", "Does it keep the constraints?", unkept(wishes)),
        Step("sound", "Are its atoms apart?", unsound),
    ]
    if limits.profile != NONE:
        found.append(Step("balanced", "Do its charges balance?", unbalanced(wishes)))
    if limits.hazard == "reject":
        found.append(Step("harmless", "Is it free of hazardous elements?", checks.hazardous(known["hazard"], judge)))
    found.append(Step("novel", "Is it unknown so far?", novel(), apart=True))
    if cheap:
        found.append(Step("targets", "Is it predicted to meet the targets?", checks.missing(cheap, known, judge)))
    learned = [OfComposition(extra) for extra in plan.extras if _of_compositions(extra)]
    if learned:
        found.append(Step("predicted", "What do trained predictors say?", scored(plan, judge, learned)))
    energy = EnergyEvaluator(spec.potential, reference_hull(spec))
    energies = unstable_as_it_is(plan, energy, known[FORMATION], judge)
    return [
        *found,
        Step("energy", "Is its energy low as it is?", energies),
        Step("promising", "Is it among the best that the budget can relax?", beyond_budget(plan)),
    ]


def _as_relaxed(plan: Plan, novel: Callable[..., Lost], judge: Judge) -> list[Step[Any]]:
    """The relaxation, and what is asked of crystals afterwards."""
    spec = cast("CrystalCampaign", plan.spec)
    allowed = Limits(spec.budget.fmax, spec.budget.steps, spec.budget.seconds)
    relaxation = RelaxationEvaluator(spec.potential, allowed, reference_hull(spec))
    probes = ProbeEvaluator(spec.potential, seed=spec.seed)
    found: list[Step[Any]] = [
        Step("relaxed", "Does it relax?", unrelaxed(relaxation, plan, judge)),
        Step("astray", "Does it still keep what was asked?", astray(plan)),
        Step("different", "Is it still different from the others?", the_same),
        Step("still_novel", "Is it still unknown as it relaxed?", novel(relaxed=True), apart=True),
        Step("stable", "Does it hold against known phases?", unstable(plan)),
        Step("probed", "How stiff are the stablest, and do they hold when shaken?", probed(plan, probes, judge)),
    ]
    if spec.second_judge:
        again = asked_again(SecondEvaluator(spec.second_judge), judge)
        found.append(Step("second", f"What does {spec.second_judge} say of them?", again))
    if own := [extra for extra in plan.extras if not _of_compositions(extra)]:
        asked = scored(plan, judge, own)
        found.append(Step("scored", "What do your own evaluators say?", lambda relaxed: asked(settled(relaxed))))
    return found


def _of_compositions(extra: Evaluator[Any]) -> bool:
    """Whether it is a predictor that judges a crystal by its composition."""
    return isinstance(extra, Predictor) and extra.domain == DOMAIN.name


def limits_in_words(plan: Plan) -> list[str]:
    """The constraints and limits every listed crystal keeps."""
    return limits_of_crystals(plan)


def alike(candidates: Crystals) -> Similarity:
    """Tanimoto similarity of elements, formula type and space group."""
    return tanimoto(likeness(candidates))


def kin(candidates: Crystals, model: Source) -> list[Kin]:
    """Whether a crystal is known as it relaxed, and the compound it is a substitution of."""
    known = known_structures(cast("KnownMaterials", model.known))
    found = known.classify([relaxed_of(candidate) for candidate in candidates])
    return [Kin(novelty.surely_new, novelty.of, math.nan) for novelty in found]


def similarity(_: Source) -> list[Measure]:
    """None: the novelty class says what there is to say."""
    return []


def table(ranked: Sequence[Ranked], plan: Plan, model: Source) -> tuple[list[str], list[list[str]]]:
    """The list as texts: heading and rows, without anything that differs between two equal runs."""
    return crystal_table(ranked, plan, model)


def write_structures(path: Path, ranked: Sequence[Ranked], header: list[str], rows: list[list[str]]) -> list[str]:
    """Write the relaxed crystals: extended XYZ, CIF, POSCAR, powder patterns, and a page to turn them."""
    return write_all(path, ranked, header, rows)


def cautions(plan: Plan, ranked: Sequence[Ranked]) -> list[str]:
    """What is missing or not to be trusted."""
    return cautions_of_crystals(plan, ranked)


def complete(report: Report, plan: Plan, model: Source, funnel: Funnel[Any], ranked: Sequence[Ranked]) -> Report:
    """The report with confidence, relaxed pictures and the shares of the generators."""
    rows = crystal_rows(report.rows, ranked, reference_hull(cast("CrystalCampaign", plan.spec)))
    confidence = materials.CONFIDENCE
    return replace(
        report, measures=[confidence, *report.measures], rows=rows, shares=shares_of(model, funnel, ranked),
        near_misses=[*map(in_words, report.near_misses)],
        sources={confidence.name: confidence.source, **report.sources}, unsure=UNSURE,
    )  # fmt: skip
