"""How the end of a campaign is printed."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from sekkei.cli.output import number, print_table, say

if TYPE_CHECKING:
    from sekkei.campaign.outcome import Outcome
    from sekkei.report.content import Row


def show(outcome: Outcome) -> None:
    """Print the list, what each generator gave, and what to be warned of."""
    report = outcome.report
    names = [target.name for target in report.targets]
    names += [name for name in report.shown if name not in names]
    headings = {measure.name: measure.heading for measure in report.measures}
    print_table(
        ("rank", report.text, *(headings[name] for name in names), "score"),
        [(str(r.rank), r.text, *(_cell(r, name) for name in names), number(r.score)) for r in report.rows],
        f"{len(report.rows)} of {report.asked} {report.many}, from {outcome.generated:,} attempts",
    )
    for share in report.shares:
        typer.echo(f"{share.name}: {share.listed} listed, {share.kept} accepted of {share.attempts:,} attempts")
    if report.known:
        typer.echo(f"already known, check these first: {', '.join(row.text for row in report.known)}")
    for warning in report.warnings:
        if warning != outcome.partial:
            say(f"warning: {warning}")
    typer.echo(f"report: {outcome.folder / 'report.html'}")
    typer.echo(f"table:  {outcome.folder / 'candidates.csv'}")


def _cell(row: Row, name: str) -> str:
    """A value, with its 90 % interval where it has one."""
    value = number(row.values.get(name, float("nan")))
    low, high = row.intervals.get(name, (float("nan"), float("nan")))
    return value if math.isnan(low) or math.isnan(high) else f"{value} ({number(low)} to {number(high)})"


def plain(outcome: Outcome) -> dict[str, Any]:
    """The same as plain data for ``--json``."""
    report = outcome.report
    return {
        "folder": str(outcome.folder),
        "asked": report.asked,
        "found": len(report.rows),
        "generated": outcome.generated,
        "partial": outcome.partial,
        "targets": [target.text for target in report.targets],
        "units": {measure.name: measure.unit for measure in report.measures},
        "candidates": [_candidate(row, report.text) for row in report.rows],
        "near_misses": [{**_candidate(row, report.text), "why": row.why} for row in report.near_misses],
        **({"known": [_candidate(row, report.text) for row in report.known]} if report.known else {}),
        **({"generators": [asdict(share) for share in report.shares]} if report.shares else {}),
        "funnel": [
            {"step": s.name, "entered": s.entered, "kept": s.kept, "reasons": dict(s.reasons)} for s in report.steps
        ],
        "warnings": list(report.warnings),
        "provenance": dict(report.provenance),
    }


def _candidate(row: Row, text: str) -> dict[str, Any]:
    return {
        "rank": row.rank,
        "key": row.key,
        text: row.text,
        "values": dict(row.values),
        **({"intervals": dict(row.intervals)} if row.intervals else {}),
        "satisfied": row.satisfied,
        "score": row.score,
        "front": row.front,
        "notes": dict(row.notes),
    }
