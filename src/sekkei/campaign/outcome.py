"""What a campaign ends with, and how it is told."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sekkei.campaign.choose import Ranked, appraise
from sekkei.campaign.funnel import Funnel, Miss
from sekkei.campaign.plan import Plan
from sekkei.campaign.source import Source
from sekkei.core.plugins import is_plugin
from sekkei.core.types import Floats
from sekkei.report.content import FunnelStep, Report, Row
from sekkei.version import __version__

SIMILARITY = "similarity"
"""Name of the measure of how near the nearest known structure is."""


@dataclass(frozen=True)
class Outcome:
    """The end of a campaign.

    Attributes:
        folder: where the files are.
        ranked: the list, best first.
        report: the same and everything around it, as the report prints it.
        generated: attempts made.
        partial: why there are fewer than asked for; empty where all were found.
    """

    folder: Path
    ranked: Sequence[Ranked]
    report: Report
    generated: int
    partial: str


def conclude(plan: Plan, model: Source, funnel: Funnel[Any], ranked: Sequence[Ranked], folder: Path) -> Outcome:
    """Put the result in words and numbers."""
    partial = _shortfall(plan, funnel, len(ranked))
    report = Report(
        title=plan.side.WORDS.title,
        asked=plan.spec.n,
        targets=plan.targets,
        measures=[*plan.measures, *plan.side.similarity(model)],
        rows=[_row(plan, rank, one) for rank, one in enumerate(ranked, start=1)],
        near_misses=_near(plan, model, funnel) if partial else [],
        steps=[*funnel.steps(), _listing(funnel, len(ranked))],
        judged=funnel.judged(),
        reference=_reference(plan, model),
        constraints=plan.side.limits_in_words(plan),
        provenance=_provenance(plan, model, funnel.generated),
        warnings=[text for text in (partial, *plan.warnings, model.known.warning(), *_cautions(plan, ranked)) if text],
        sources={m.name: m.source for m in [*plan.measures, *plan.side.similarity(model)] if m.source},
    )
    words = plan.side.WORDS
    report = replace(report, many=words.many, text=words.text, shown=words.shown, criteria=plan.side.criteria(plan))
    report = plan.side.complete(report, plan, model, funnel, ranked)
    return Outcome(folder, ranked, report, funnel.generated, partial)


def _row(plan: Plan, rank: int, one: Ranked) -> Row:
    candidate = one.candidate
    near = "" if math.isnan(one.similarity) else one.nearest
    return Row(
        rank=rank,
        key=candidate.key,
        text=candidate.text,
        picture=plan.side.DOMAIN.picture(candidate.item),
        values=candidate.values if math.isnan(one.similarity) else {**candidate.values, SIMILARITY: one.similarity},
        satisfied=one.satisfied,
        score=one.score,
        front=one.front,
        intervals=candidate.intervals,
        notes={**candidate.notes, **({SIMILARITY: near} if near else {})},
    )


def _near(plan: Plan, model: Source, funnel: Funnel[Any]) -> list[Row]:
    scores = appraise(plan, [miss.candidate for miss in funnel.misses], funnel.kept, model)
    return [_near_row(plan, miss, float(score)) for miss, score in zip(funnel.misses, scores, strict=True)]


def _near_row(plan: Plan, miss: Miss[Any], score: float) -> Row:
    candidate = miss.candidate
    known = {name: value for name, value in candidate.values.items() if not math.isnan(value)}
    met = all(target.name in known for target in plan.targets) and miss.distance == 0
    return Row(
        rank=0,
        key=candidate.key,
        text=candidate.text,
        picture=plan.side.DOMAIN.picture(candidate.item),
        values=known,
        satisfied=met,
        score=score,
        notes=candidate.notes,
        why=miss.why,
        intervals=candidate.intervals,
    )


def _shortfall(plan: Plan, funnel: Funnel[Any], found: int) -> str:
    if found >= plan.spec.n:
        return ""
    spent = f"Only {found} of {plan.spec.n} were found in {funnel.generated} attempts, which is the whole budget"
    worst = max(funnel.steps(), key=lambda step: step.entered - step.kept)
    lost = worst.entered - worst.kept
    if not lost:
        return f"{spent}."
    why, count = next(iter(worst.reasons.items()))
    return f"{spent}; most were lost at '{worst.name}' ({lost}, of these {count}: {why})."


def _listing(funnel: Funnel[Any], listed: int) -> FunnelStep:
    spare = len(funnel.kept) - listed
    reasons = {"too like better ones, or lower in score": spare} if spare else {}
    return FunnelStep("listed", "Is it among the best, and unlike them?", len(funnel.kept), listed, reasons)


def _reference(plan: Plan, model: Source) -> dict[str, Floats]:
    names = [target.name for target in plan.targets if target.name in model.properties]
    return {name: model.reference.properties[:, model.properties.index(name)] for name in names}


def _provenance(plan: Plan, model: Source, generated: int) -> Mapping[str, str]:
    data = model.training.get("data", "")
    return {
        "model": model.name,
        "model hash": model.hash,
        **({"training data": data} if isinstance(data, str) and data else {}),
        "seed": str(plan.spec.seed),
        "attempts": f"{generated} of at most {plan.spec.budget.max_generated}",
        "Sekkei": __version__,
        **{name: _version(name) for name in plan.side.WORDS.libraries},
        "Python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "repeat with": "campaign.toml, in this folder",
    }


def _cautions(plan: Plan, ranked: Sequence[Ranked]) -> list[str]:
    words = plan.side.cautions(plan, ranked)
    if any(map(is_plugin, plan.spec.evaluators)):
        words.append("The user's own evaluators are part of this result; their code is not in this folder.")
    return words


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
