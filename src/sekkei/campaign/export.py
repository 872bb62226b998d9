"""Write the result: a table, a structure file, the campaign itself and a report."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Sequence
from pathlib import Path

from sekkei.campaign.choose import Ranked
from sekkei.campaign.outcome import Outcome
from sekkei.campaign.plan import Plan
from sekkei.campaign.source import Source
from sekkei.core.files import write_text
from sekkei.core.types import Measure
from sekkei.molecules.files import write_sdf
from sekkei.report.html import write_report

TABLE, STRUCTURES, CAMPAIGN, REPORT = "candidates.csv", "candidates.sdf", "campaign.toml", "report.html"


def export(outcome: Outcome, plan: Plan, model: Source) -> list[tuple[str, str]]:
    """Write all files of a finished campaign, each in one step.

    Returns:
        Name and SHA-256 sum of each file.

    Raises:
        UserError: a file cannot be written.
    """
    folder = outcome.folder
    header, rows = table(outcome.ranked, plan, model)
    write_text(folder / TABLE, _csv(header, rows))
    fields = [dict(zip(header, row, strict=True)) for row in rows]
    mols = [one.candidate.item for one in outcome.ranked]
    write_sdf(folder / STRUCTURES, mols, [row[1] for row in rows], fields)
    write_campaign(plan, folder)
    write_report(outcome.report, folder / REPORT)
    names = (TABLE, STRUCTURES, CAMPAIGN, REPORT)
    return [(name, hashlib.sha256((folder / name).read_bytes()).hexdigest()) for name in names]


def write_campaign(plan: Plan, folder: Path) -> None:
    """Write the resolved campaign, which runs again as it is."""
    write_text(folder / CAMPAIGN, plan.spec.toml())


def table(ranked: Sequence[Ranked], plan: Plan, model: Source) -> tuple[list[str], list[list[str]]]:
    """The list as texts: heading and rows, without anything that differs between two equal runs."""
    targets = [target.measure for target in plan.targets]
    others = [m for m in plan.measures if m.name not in {t.name for t in targets} | {"sa", "alerts", "strain"}]
    strain = [m for m in plan.measures if m.name == "strain"]
    easy = [m for m in plan.measures if m.name == "sa" and m not in targets]
    header = [
        "rank", "key", "smiles", *(m.heading for m in targets), "satisfied", "score", *(m.heading for m in others),
        *(m.heading for m in easy), "novel", "nearest_in_sample", "similarity", "alerts", *(m.heading for m in strain),
        "front", "model_hash", "seed", "index",
    ]  # fmt: skip
    rows = [
        [
            str(rank), one.candidate.key, one.candidate.text, *_numbers(one, targets), _yes(one.satisfied),
            _number(one.score), *_numbers(one, others), *_numbers(one, easy), _yes(one.novel), one.nearest,
            _number(one.similarity), one.candidate.notes.get("alerts", ""), *_numbers(one, strain),
            str(one.front or ""), model.hash, str(plan.spec.seed), str(one.candidate.index),
        ]
        for rank, one in enumerate(ranked, start=1)
    ]  # fmt: skip
    return header, rows


def _numbers(one: Ranked, measures: Sequence[Measure]) -> list[str]:
    return [_number(one.candidate.values[measure.name]) for measure in measures]


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def _number(value: float) -> str:
    # Six digits say more than any of these numbers holds, and hide the last bits in which machines differ.
    return "" if math.isnan(value) else f"{value:.6g}"


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
