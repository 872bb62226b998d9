"""Write the result: a table, a structure file, the campaign itself and a report."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

from sekkei.campaign.outcome import Outcome
from sekkei.campaign.plan import Plan
from sekkei.campaign.source import Source
from sekkei.core.files import write_text
from sekkei.report.html import write_report

TABLE, CAMPAIGN, REPORT = "candidates.csv", "campaign.toml", "report.html"


def export(outcome: Outcome, plan: Plan, model: Source) -> list[tuple[str, str]]:
    """Write all files of a finished campaign, each in one step.

    Returns:
        Name and SHA-256 sum of each file.

    Raises:
        UserError: a file cannot be written.
    """
    folder = outcome.folder
    structures = plan.side.WORDS.structures
    header, rows = plan.side.table(outcome.ranked, plan, model)
    write_text(folder / TABLE, _csv(header, rows))
    written = plan.side.write_structures(folder / structures, outcome.ranked, header, rows)
    write_campaign(plan, folder)
    write_report(outcome.report, folder / REPORT)
    names = (TABLE, *written, CAMPAIGN, REPORT)
    return [(name, hashlib.sha256((folder / name).read_bytes()).hexdigest()) for name in names]


def write_campaign(plan: Plan, folder: Path) -> None:
    """Write the resolved campaign, which runs again as it is."""
    write_text(folder / CAMPAIGN, plan.spec.toml())


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
