"""Molecules in a campaign: what is drawn, the steps a molecule goes through, and how the list is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from sekkei.campaign.cells import number, numbers, yes
from sekkei.campaign.choose import Kin, Ranked
from sekkei.campaign.doubt import end_headings, ends, outside, strange, unsure_among
from sekkei.campaign.funnel import Funnel, Step
from sekkei.campaign.judge import CHUNK, Candidate, Judge
from sekkei.campaign.plan import Plan
from sekkei.campaign.side import Words
from sekkei.campaign.source import Network, Source
from sekkei.campaign.spec import Limits, MoleculeCampaign
from sekkei.campaign.steps import above, missed, scored
from sekkei.core.protocols import Evaluator, Predictor
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Measure, Problem
from sekkei.molecules.constraints import Constraints
from sekkei.molecules.domain import MOLECULES, as_mol
from sekkei.molecules.evaluators import EVALUATORS
from sekkei.molecules.files import write_sdf
from sekkei.molecules.novelty import Neighbours, fingerprints
from sekkei.molecules.properties import PROPERTIES
from sekkei.rank.diverse import Similarity, tanimoto
from sekkei.report.content import Report

Molecules = Sequence[Candidate[Any]]

DOMAIN = MOLECULES
WORDS = Words(
    "Molecules by design", "molecules", "smiles", "candidates.sdf", ("rdkit", "torch", "numpy"), ("sa", "similarity")
)
SIMILARITY = Measure(
    "similarity",
    title="similarity to the nearest training molecule sampled",
    low=0.0,
    high=1.0,
    source="Tanimoto, Morgan fingerprints of radius 2 with 2048 bits",
)


def read(structure: Any) -> Any:
    """A molecule from its SMILES, or one of RDKit's as it is."""
    return as_mol(structure)


def load(spec: MoleculeCampaign) -> Source:
    """The model that the campaign names."""
    # Reading a network takes seconds, which a caller who brings a model need not wait for.
    from sekkei.generate.model import load as load_model  # noqa: PLC0415

    return load_model(spec.model)


def drawing(plan: Plan, model: Source, _: Funnel[Any]) -> Callable[[int, int], list[Draw]]:
    """(first, count) -> attempts ``first`` to ``first + count - 1``, each aimed at the targets the model knows."""
    from sekkei.generate.sample import PLAIN  # noqa: PLC0415 - as above

    aimed = [target for target in plan.targets if target.name in model.properties]
    seed = plan.spec.seed
    network = cast("Network", model)
    usual = getattr(model, "in_campaigns", PLAIN) if aimed else PLAIN  # a model of one's own need not have it
    settings = plan.spec.sampling.over(usual)

    def draw(first: int, count: int) -> list[Draw]:
        conditions = model.conditions(aimed, count, seed, first)
        return network.draw(conditions, seed, first, settings)

    return draw


def evaluators() -> Mapping[str, Evaluator[Any]]:
    """Every built-in evaluator by name."""
    return EVALUATORS


def targetable() -> Mapping[str, Measure]:
    """The properties that follow from the structure alone."""
    return {name: entry.measure for name, entry in PROPERTIES.items()}


def constraints(spec: MoleculeCampaign) -> Constraints:
    """The hard constraints.

    Raises:
        UserError: one of them cannot be read.
    """
    wanted = spec.constraints
    least = wanted.min_similarity or 0.0
    found = Constraints(wanted.require, wanted.forbid, wanted.elements, wanted.similar_to, least)
    found.check()
    return found


def evidence(_: Plan) -> list[Measure]:
    """How hard it is to make, what looks unwelcome, and its strain."""
    return [measure for name in ("sa", "alerts", "strain") for measure in EVALUATORS[name].measures]


def criteria(_: Plan) -> list[Target]:
    """None: of a molecule only what was asked for is weighed."""
    return []


def steps(plan: Plan, model: Source, judge: Judge) -> list[Step[Any]]:
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
    if _limits(plan).novel:
        steps.append(Step("novel", "Is it absent from the training data?", _novel(model)))
    predictors = [extra for extra in plan.extras if isinstance(extra, Predictor)]
    others = [extra for extra in plan.extras if not isinstance(extra, Predictor)]
    if predictors:
        steps.append(Step("predicted", "What do trained predictors say?", scored(plan, judge, predictors)))
    steps.append(Step("relaxed", "Does it embed in 3-D without strain?", _relaxed(plan, judge)))
    if others:
        steps.append(Step("scored", "What do your own evaluators say?", scored(plan, judge, others)))
    return steps


def limits_in_words(plan: Plan) -> list[str]:
    """The constraints and limits every listed molecule keeps, for a reader."""
    limits = _limits(plan)
    words = [*plan.constraints.words(), f"SA score at most {limits.max_sa:g}"]
    if limits.alerts == "reject":
        words.append("no PAINS or Brenk alert")
    words += ["no known-unstable group", f"strain at most {limits.max_strain:g} kcal/mol per heavy atom"]
    return [*words, "not in the training data"] if limits.novel else words


def _limits(plan: Plan) -> Limits:
    return cast("Limits", plan.spec.limits)


def _constraints(plan: Plan) -> Callable[[Molecules], list[str]]:
    return lambda candidates: [plan.constraints.broken(candidate.item) for candidate in candidates]


def _computed_targets(plan: Plan, judge: Judge) -> Callable[[Molecules], list[str]]:
    def lost(candidates: Molecules) -> list[str]:
        for target in plan.computed:
            judge.evaluate(EVALUATORS[target.name], candidates)
        return missed(plan.computed, candidates)

    return lost


def _synthesizable(plan: Plan, judge: Judge) -> Callable[[Molecules], list[str]]:
    limit, reject = _limits(plan).max_sa, _limits(plan).alerts == "reject"

    def alert(candidate: Candidate[Any], problem: Problem | None) -> str:
        if problem:
            return f"alerts: {problem.kind}"
        return _first(candidate, "alerts") if reject and candidate.values["alerts"] > 0 else ""

    def lost(candidates: Molecules) -> list[str]:
        hard = judge.evaluate(EVALUATORS["sa"], candidates)
        reasons = [above(c, p, "sa", limit, "SA score") for c, p in zip(candidates, hard, strict=True)]
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
    limit = _limits(plan).max_strain

    def lost(candidates: Molecules) -> list[str]:
        problems = judge.evaluate(EVALUATORS["strain"], candidates, CHUNK, parallel=True)
        return [above(c, p, "strain", limit, "strain") for c, p in zip(candidates, problems, strict=True)]

    return lost


def _first(candidate: Candidate[Any], name: str) -> str:
    return candidate.notes.get(name, name).split("; ")[0]


def alike(candidates: Molecules) -> Similarity:
    """Tanimoto similarity of Morgan fingerprints."""
    return tanimoto(fingerprints([candidate.item for candidate in candidates]))


def kin(candidates: Molecules, model: Source) -> list[Kin]:
    """Whether a molecule is in the training data, and the most similar of a sample of them."""
    similarity, nearest = Neighbours(model.reference.texts).nearest([candidate.item for candidate in candidates])
    return [
        Kin(candidate.text not in model.known, near, float(like))
        for candidate, near, like in zip(candidates, nearest, similarity, strict=True)
    ]


def similarity(model: Source) -> list[Measure]:
    """Tanimoto similarity to the nearest of the sample."""
    size = len(model.reference.texts)
    words = f"; the nearest among a random sample of {size} training molecules, not among all of them"
    return [replace(SIMILARITY, source=SIMILARITY.source + words)]


def table(ranked: Sequence[Ranked], plan: Plan, model: Source) -> tuple[list[str], list[list[str]]]:
    """The list as texts: heading and rows, without anything that differs between two equal runs."""
    targets = [target.measure for target in plan.targets]
    others = [m for m in plan.measures if m.name not in {t.name for t in targets} | {"sa", "alerts", "strain"}]
    strain = [m for m in plan.measures if m.name == "strain"]
    easy = [m for m in plan.measures if m.name == "sa" and m not in targets]
    unsure = unsure_among([*targets, *others], ranked)
    header = [
        "rank", "key", "smiles", *(m.heading for m in targets), "satisfied", "score", *(m.heading for m in others),
        *(m.heading for m in easy), "novel", "nearest_in_sample", "similarity", "alerts", *(m.heading for m in strain),
        *end_headings(unsure), *(["outside_domain"] if unsure else []), "front", "model_hash", "seed", "index",
    ]  # fmt: skip
    rows = [
        [
            str(rank), one.candidate.key, one.candidate.text, *numbers(one, targets), yes(one.satisfied),
            number(one.score), *numbers(one, others), *numbers(one, easy), yes(one.novel), one.nearest,
            number(one.similarity), one.candidate.notes.get("alerts", ""), *numbers(one, strain),
            *ends(one, unsure), *([", ".join(outside(one.candidate))] if unsure else []),
            str(one.front or ""), model.hash, str(plan.spec.seed), str(one.candidate.index),
        ]
        for rank, one in enumerate(ranked, start=1)
    ]  # fmt: skip
    return header, rows


def write_structures(path: Path, ranked: Sequence[Ranked], header: list[str], rows: list[list[str]]) -> list[str]:
    """Write an SDF file whose properties are the columns of the table."""
    fields = [dict(zip(header, row, strict=True)) for row in rows]
    write_sdf(path, [one.candidate.item for one in ranked], [row[1] for row in rows], fields)
    return [path.name]


def cautions(_: Plan, ranked: Sequence[Ranked]) -> list[str]:
    """How many listed molecules carry alerts, are unlike what a predictor has seen, or are known."""
    flagged = sum(one.candidate.values.get("alerts", 0.0) > 0 for one in ranked)
    words = [f"{flagged} listed molecules carry structural alerts; see their notes."] if flagged else []
    words += strange(ranked, "molecules")
    known = sum(not one.novel for one in ranked)
    return [*words, f"{known} listed molecules are in the training data."] if known else words


def complete(report: Report, plan: Plan, model: Source, funnel: Funnel[Any], ranked: Sequence[Ranked]) -> Report:  # noqa: ARG001
    """The report as it is."""
    return report
