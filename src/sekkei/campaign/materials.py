"""Materials in a campaign: what is drawn, the steps a composition goes through, and how the list is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from sekkei.campaign.cells import number, numbers, yes
from sekkei.campaign.choose import Kin, Ranked
from sekkei.campaign.doubt import end_headings, ends, outside, strange, unsure_among
from sekkei.campaign.funnel import Funnel, Step
from sekkei.campaign.judge import Judge
from sekkei.campaign.known import already_known, known_materials
from sekkei.campaign.material_checks import (
    Compositions,
    described,
    hazardous,
    known_already,
    limits_of,
    missing,
    unbalanced,
    unkept,
    unstable,
)
from sekkei.campaign.material_words import in_words, open_wishes, to_know
from sekkei.campaign.mixture import Mixture, beaten, origin, shares_of
from sekkei.campaign.network import network
from sekkei.campaign.plan import Plan
from sekkei.campaign.side import Words
from sekkei.campaign.source import Source
from sekkei.campaign.spec import MaterialCampaign
from sekkei.campaign.steer import steered
from sekkei.campaign.steps import scored
from sekkei.core.files import write_text
from sekkei.core.protocols import Evaluator
from sekkei.core.targets import Goal, Target
from sekkei.core.types import Draw, Measure, Problem
from sekkei.data.folder import VARIABLE, find
from sekkei.data.parents import parents
from sekkei.data.summary import mp_ids
from sekkei.generate.substitute import Substitution
from sekkei.materials.balance import NONE
from sekkei.materials.charges import charges
from sekkei.materials.constraints import Constraints
from sekkei.materials.domain import COMPOSITIONS
from sekkei.materials.evaluators import EVALUATORS
from sekkei.materials.formula import Composition
from sekkei.materials.novelty import NOVELTY, fingerprints, novelty_evaluator
from sekkei.materials.stability import PHASES, PREDICTED_HULL, HullEvaluator, read_phases
from sekkei.materials.validity import among_the_real
from sekkei.predict import evaluators as predictors
from sekkei.rank.diverse import Similarity, tanimoto
from sekkei.report.content import Report, Row

DOMAIN = COMPOSITIONS
WORDS = Words(
    "Materials by design", "compositions", "formula", "candidates.txt", ("pymatgen", "smact", "torch", "numpy"),
    (PREDICTED_HULL.name, "confidence"),
)  # fmt: skip
CONFIDENCE = Measure(
    "confidence", title="chance that all targets are met", low=0.0, high=1.0,
    source="from the 90 % intervals of the predicted values, twice as wide outside a predictor's domain; their errors "
    "are taken as independent of each other",
)  # fmt: skip
DEEP = 0.1
"""Energy below the hull [eV/atom] at which a prediction says more about itself than about the material."""

EVIDENCE = ("icsd_likeness", "cost", "hhi_production", "abundance", "hazard", "recycling")
"""What is said of every listed composition where it can be, beside the hull and the novelty class."""

_CRITERIA: dict[str, Goal] = {
    "e_above_hull": "min",
    "icsd_likeness": "max",
    "cost": "min",
    "hhi_production": "min",
    "hazard": "min",
}
_ENERGY = "formation_energy"
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def read(structure: Any) -> Composition | Problem:
    """A composition from its formula, or one that is given as it is."""
    if isinstance(structure, Composition):
        return structure
    if isinstance(structure, str):
        return COMPOSITIONS.parse(structure)
    return Problem("type", f"{structure!r:.60} is neither a formula nor a composition")


def load(spec: MaterialCampaign) -> Source:
    """The generators that the campaign names, each bound to its constraints."""
    wanted = constraints(spec)
    made: dict[str, Callable[[], Source]] = {
        "model": lambda: network(spec, wanted),
        "substitution": lambda: Substitution(parents(), wanted),
    }
    return Mixture(tuple(make() for name, make in made.items() if name in spec.generators))  # the model answers first


def drawing(plan: Plan, model: Source, funnel: Funnel[Any]) -> Callable[[int, int], list[Draw]]:
    """(first, count) -> attempts ``first`` to ``first + count - 1``, each aimed at the targets the generators know."""
    return steered(plan, model, funnel)


@cache
def evaluators() -> Mapping[str, Evaluator[Any]]:
    """Every built-in evaluator by name: tables of the elements, predictors, hull and novelty."""
    predicted = {one.name: one for one in predictors("materials")}
    found: dict[str, Evaluator[Any]] = {**EVALUATORS, **predicted, NOVELTY.name: novelty_evaluator(known_materials())}
    if energy := predicted.get(_ENERGY):
        path = find(PHASES)
        advice = f"{PHASES} is in no data folder: put it under a folder named in {VARIABLE}"
        phases = read_phases(path) if path else None
        hull = HullEvaluator(lambda items: energy(items)[0], energy.version, phases, advice)
        found[hull.name] = hull
    return found


def targetable() -> Mapping[str, Measure]:
    """Everything that is computed or predicted from the composition."""
    found = [measure for one in evaluators().values() for measure in one.measures]
    return {measure.name: measure for measure in found if measure.name != NOVELTY.name}


def constraints(spec: MaterialCampaign) -> Constraints:
    """The hard constraints, with the profile of charge balance.

    Raises:
        UserError: one of them cannot be read, or two contradict each other.
    """
    wanted, limits = spec.constraints, spec.limits
    found = Constraints(
        wanted.elements, wanted.exclude, wanted.contains, wanted.system or "", wanted.formula_pattern or "",
        wanted.min_elements, wanted.max_elements, wanted.max_atoms, limits.profile, limits.mixed_valence,
    )  # fmt: skip
    found.check()
    return found


def evidence(_: Plan) -> list[Measure]:
    """Stability, likeness to known compounds, price, supply, hazard, recycling and novelty."""
    known = evaluators()
    names = [name for name in (PREDICTED_HULL.name, *EVIDENCE, NOVELTY.name) if name in known]
    return [measure for name in names for measure in known[name].measures]


def criteria(plan: Plan) -> list[Target]:
    """What every experimenter wishes: stable, likely to exist, cheap, safely supplied, harmless."""
    known = {name: one.measures[0] for name, one in evaluators().items()}
    return open_wishes(_CRITERIA, known, plan.targets)


def steps(plan: Plan, model: Source, judge: Judge) -> list[Step[Any]]:
    """The funnel after ``valid`` and ``new``: what the formula says comes before what must be predicted.

    Args:
        plan: targets, constraints, limits.
        model: whose training data counts as known.
        judge: evaluates and remembers.
    """
    limits = limits_of(plan)
    known = {**evaluators(), NOVELTY.name: novelty_evaluator(known_materials(model))}
    tables = [target for target in plan.computed if target.name in EVALUATORS]
    learned = [target for target in plan.computed if target.name not in {*EVALUATORS, PREDICTED_HULL.name}]
    loose = replace(cast("Constraints", plan.constraints), profile=NONE)
    found: list[Step[Any]] = [Step("constraints", "Does it keep the constraints?", unkept(loose))]
    if limits.profile != NONE:
        found.append(Step("balanced", "Do its charges balance?", unbalanced(limits)))
    if limits.hazard == "reject":
        found.append(Step("harmless", "Is it free of hazardous elements?", hazardous(known["hazard"], judge)))
    if tables:
        found.append(Step("affordable", "Does it meet the targets that tables tell?", missing(tables, known, judge)))
    if learned:
        found.append(Step("targets", "Is it predicted to meet the targets?", missing(learned, known, judge)))
    if PREDICTED_HULL.name in known:
        found.append(Step("stable", "Is it predicted to hold against known phases?", unstable(plan, known, judge)))
    if limits.novel:
        found.append(Step("novel", "Is it unknown so far?", known_already(known[NOVELTY.name], judge), apart=True))
    if plan.extras:
        found.append(Step("scored", "What do your own evaluators say?", scored(plan, judge, plan.extras)))
    return [
        *found,
        Step("described", "What else speaks for it and against it?", described(plan.measures, known, judge)),
    ]


def limits_in_words(plan: Plan) -> list[str]:
    """The constraints and limits every listed composition keeps; beside a profile, how many real materials pass it."""
    limits = limits_of(plan)
    words = [*plan.constraints.words(), *among_the_real(limits.profile)]
    if limits.hazard == "reject":
        words.append("no toxic, radioactive or controlled element")
    words.append(f"at most {limits.max_e_above_hull:g} eV/atom above the hull, as predicted, where phases are known")
    return [*words, "known compounds are listed apart"] if limits.novel else words


def alike(candidates: Compositions) -> Similarity:
    """Tanimoto similarity of the elements and the formula type."""
    return tanimoto(fingerprints([candidate.item for candidate in candidates]))


def kin(candidates: Compositions, model: Source) -> list[Kin]:
    """Whether a composition is known, and the compound it is an ion substitution of."""
    known = known_materials(model)
    found = [known.classify(candidate.item) for candidate in candidates]
    return [Kin(novelty.kind != "known", novelty.of, math.nan) for novelty in found]


def similarity(_: Source) -> list[Measure]:
    """None: how near two compositions are has no agreed number; the novelty class says what there is to say."""
    return []


def table(ranked: Sequence[Ranked], plan: Plan, model: Source) -> tuple[list[str], list[list[str]]]:
    """The list as texts: heading and rows, without anything that differs between two equal runs."""
    targets = [target.measure for target in plan.targets]
    others = [measure for measure in plan.measures if measure.name not in {t.name for t in targets}]
    unsure = unsure_among([*targets, *others], ranked)
    header = [
        "rank", "formula", *(m.heading for m in targets), "satisfied", "score", CONFIDENCE.name,
        *(m.heading for m in others), "novelty_class", "substitution_of", "charges", "decomposes_into", "hazards",
        *end_headings(unsure), "outside_domain", "front", "generator", "model_hash", "seed", "index",
    ]  # fmt: skip
    rows = [
        [
            str(rank), one.candidate.text, *numbers(one, targets), yes(one.satisfied), number(one.score),
            number(one.confidence), *numbers(one, others), one.candidate.notes.get(NOVELTY.name, ""), one.nearest,
            charges(one.candidate.item)[1], one.candidate.notes.get(PREDICTED_HULL.name, ""),
            one.candidate.notes.get("hazard", ""),
            *ends(one, unsure),
            ", ".join(outside(one.candidate)), str(one.front or ""), origin(model, one.candidate.index), model.hash,
            str(plan.spec.seed), str(one.candidate.index),
        ]
        for rank, one in enumerate(ranked, start=1)
    ]  # fmt: skip
    return header, rows


def write_structures(path: Path, ranked: Sequence[Ranked], _header: list[str], _rows: list[list[str]]) -> list[str]:
    """Write the formulas, one a line with its rank, as ``sekkei score materials`` reads them."""
    write_text(path, "".join(f"{one.candidate.text} {rank}\n" for rank, one in enumerate(ranked, start=1)))
    return [path.name]


def cautions(_: Plan, ranked: Sequence[Ranked]) -> list[str]:
    """What is missing or not to be trusted."""
    words = []
    if ranked and all(math.isnan(one.candidate.values.get(PREDICTED_HULL.name, math.nan)) for one in ranked):
        reason = next((one.candidate.notes.get(PREDICTED_HULL.name, "") for one in ranked), "")
        words.append(f"Stability was not judged: {reason or 'no predictor of the formation energy is at hand'}.")
    deep = sum(one.candidate.values.get(PREDICTED_HULL.name, 0.0) < -DEEP for one in ranked)
    if deep:
        words.append(
            f"{deep} listed compositions are predicted more than {DEEP:g} eV/atom below all known phases, which "
            "speaks for gaps in the table of phases or an error of the predictor rather than for stability."
        )
    return [*strange(ranked, "compositions"), *words, *to_know(ranked, "compositions")]


def complete(report: Report, plan: Plan, model: Source, funnel: Funnel[Any], ranked: Sequence[Ranked]) -> Report:
    """The report with confidence, the shares of the generators, and the known compounds that meet the targets."""
    rows = [
        replace(_named(row), values={**row.values, CONFIDENCE.name: one.confidence},
                facts=(("Charges", charges(one.candidate.item)[1]),))
        for row, one in zip(report.rows, ranked, strict=True)
    ]  # fmt: skip
    shares = shares_of(model, funnel, ranked)
    return replace(
        report, measures=[CONFIDENCE, *report.measures], rows=rows, near_misses=[*map(_named, report.near_misses)],
        known=_with_ids(already_known(plan, model, funnel, evaluators())), shares=shares,
        warnings=[*report.warnings, *beaten(shares)],
        sources={CONFIDENCE.name: CONFIDENCE.source, **report.sources},
    )  # fmt: skip


def _with_ids(rows: Sequence[Row]) -> list[Row]:
    """Known compounds by formula, and by the Materials Project's id where it was fetched."""
    ids = mp_ids() if rows else {}
    named = [(_named(row), ids.get(row.text)) for row in rows]
    return [replace(row, title=f"{row.title} ({name})") if name else row for row, name in named]


def _named(row: Row) -> Row:
    """A row with its formula as printed, and the novelty class in words."""
    return replace(in_words(row), title=row.text.translate(_SUBSCRIPTS))
