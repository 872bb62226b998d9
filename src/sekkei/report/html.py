"""The report as one self-contained HTML file: no network, no fonts, no libraries, light enough to mail.

All text is escaped by the template engine. Drawings are embedded as images, in which a browser runs no script,
and a content security policy forbids loading anything and running any script but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from sekkei.core.files import write_text
from sekkei.core.targets import Target
from sekkei.core.types import Measure
from sekkei.report import plots, words
from sekkei.report.content import Report, Row
from sekkei.report.scenes import listed, scenes_json, scripts

_TEMPLATES = Path(__file__).parent / "templates"
_CARDS_BUDGET = 1_500_000
_CARD_WEIGHT = 2_500
_PICTURE_LIMIT = 100_000
_MOST_DIGITS = 6
_MOST_TRADE_OFFS = 6
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:)\]]|\b10\.\d{4,9}/[^\s<>\"']+[^\s<>\"'.,;:)\]]")


@dataclass(frozen=True)
class Cell:
    """One value as printed.

    Attributes:
        name: name of the measure.
        title: its words.
        unit: its unit in print.
        text: the number.
        mark: ``met``, ``missed``, ``small`` or ``large`` (as small or large as possible), empty without a target.
        note: what explains the value.
        sort: the bare number to sort by, empty where missing.
        interval: ends of its 90 % interval as printed, empty where it has none.
    """

    name: str
    title: str
    unit: str
    text: str
    mark: str
    note: str
    sort: str
    interval: str = ""


@dataclass(frozen=True)
class Candidate:
    """A row of the report made ready to print.

    Attributes:
        row: where it comes from.
        picture: data URI of its drawing; empty where there is none.
        score: its score as printed.
        figures: captions and data URIs of the drawings that go with it.
        cells: a cell per measure, in the order of the columns.
    """

    row: Row
    picture: str
    score: str
    cells: Sequence[Cell]
    figures: Sequence[tuple[str, str]] = ()

    @property
    def wanted(self) -> list[Cell]:
        """Cells of targeted measures."""
        return [cell for cell in self.cells if cell.mark]

    @property
    def evidence(self) -> list[Cell]:
        """Cells of the other measures."""
        return [cell for cell in self.cells if not cell.mark]

    @property
    def notes(self) -> list[Cell]:
        """Cells that come with an explanation."""
        return [cell for cell in self.cells if cell.note]


def write_report(report: Report, path: Path) -> None:
    """Write the page; the same report always gives the same bytes.

    Args:
        report: what to print.
        path: the HTML file, replaced in one step.

    Raises:
        UserError: the file cannot be written.
    """
    # A lone surrogate, which a byte-level model can emit, has no UTF-8 form.
    write_text(path, render(report).encode("utf-8", "xmlcharrefreplace").decode("utf-8"))


def render(report: Report) -> str:
    """The page as text."""
    columns = _columns(report)
    digits = _digits(report, columns)
    pictures = _pictures([*report.near_misses, *report.rows])
    known = [_candidate(row, report, columns, digits, pictures) for row in report.known]
    near = [_candidate(row, report, columns, digits, pictures) for row in report.near_misses]
    rows = [_candidate(row, report, columns, digits, pictures) for row in report.rows]
    turns, scenes = listed(report.rows)
    script = scripts("report.js", *(("stage.js", "viewer.js") if turns else ()))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page: str = _environment().get_template("report.html.j2").render(
        report=report,
        columns=columns,
        rows=rows,
        cards=[candidate for candidate in rows if id(candidate.row) in pictures],
        near=near,
        known=known,
        shown={measure.name for measure in columns if any(measure.name in row.values for row in report.known)},
        uncertain=any(row.intervals for row in report.rows),
        charts=[(target, _distribution(target, report)) for target in report.targets],
        trade_offs=trade_offs(report),
        fronts=any(row.front for row in report.rows),
        goals={target.name: target for target in report.targets},
        style=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of this package
        turns=turns,
        scenes=scenes_json(scenes),
        script=script,
        policy=f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
    )  # fmt: skip
    return page


def trade_offs(report: Report) -> list[tuple[Target, Target, Markup]]:
    """A chart per pair of wishes that pull against each other; none where no Pareto front was asked for.

    The wishes are the ``min:`` and ``max:`` targets and the report's criteria, completed by the one-sided targets where
    there are fewer than two.
    """
    if not any(row.front for row in report.rows):
        return []
    wishes = [target for target in report.targets if target.goal in ("min", "max")]
    wishes += [target for target in report.criteria if _varies(target, report.rows)]
    if len(wishes) < 2:
        wishes += [target for target in report.targets if target.goal in ("at_least", "at_most")]
    pairs = itertools.islice(itertools.combinations(wishes, 2), _MOST_TRADE_OFFS)
    charts = ((x, y, plots.trade_off(x, y, _points(report.rows, x, y))) for x, y in pairs)
    return [(x, y, chart) for x, y, chart in charts if chart]


def _varies(target: Target, rows: Sequence[Row]) -> bool:
    """Whether a chart of these values shows more than a few columns of points."""
    return len({row.values.get(target.name) for row in rows}) > 3


def linked(text: str) -> Markup:
    """Escaped text whose web addresses and DOIs can be followed."""
    parts, end = [], 0
    for match in _LINK.finditer(text):
        address = match[0] if match[0].startswith("http") else f"https://doi.org/{match[0]}"
        link = Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(address, match[0])
        parts += [escape(text[end : match.start()]), link]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def sortable(value: float) -> str:
    """A number as the page's script reads it; empty where it is missing."""
    if math.isnan(value):
        return ""
    return f"{value:.8g}" if math.isfinite(value) else f"{'-' if value < 0 else ''}Infinity"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "goal": words.goal_words,
        "linked": linked,
        "reasons": words.reason_words,
        "sortable": sortable,
        "unit": words.unit_words,
    }
    environment.globals |= {"bar": plots.bar, "complete": words.is_complete, "verdict": words.verdict}
    return environment


def _columns(report: Report) -> list[Measure]:
    """Targeted measures first, in the order of the targets, then the others in theirs."""
    wanted = [target.measure for target in report.targets]
    names = {measure.name for measure in wanted}
    return wanted + [measure for measure in report.measures if measure.name not in names]


def _digits(report: Report, columns: Sequence[Measure]) -> dict[str, int]:
    rows = [*report.rows, *report.near_misses, *report.known]
    return {measure.name: words.decimals(row.values.get(measure.name, math.nan) for row in rows) for measure in columns}


def _pictures(rows: Sequence[Row]) -> dict[int, str]:
    """Data URI by the row's identity, for as many of the first rows as fit on cards before the page is too heavy."""
    found: dict[int, str] = {}
    spent = 0
    for row in rows:
        picture = _data_uri(row.picture)
        spent += len(picture) + _CARD_WEIGHT + 4 * sum(len(drawn) for _, drawn in row.figures) // 3
        if spent > _CARDS_BUDGET:
            break
        found[id(row)] = picture
    return found


def _data_uri(picture: str) -> str:
    start = picture.find("<svg")
    if start < 0 or len(picture) > _PICTURE_LIMIT:
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(picture[start:].encode("utf-8", "replace")).decode()


def _candidate(
    row: Row, report: Report, columns: Sequence[Measure], digits: Mapping[str, int], pictures: Mapping[int, str]
) -> Candidate:
    goals = {target.name: target for target in report.targets}
    cells = [
        _cell(row, measure, goals.get(measure.name), digits[measure.name], unsure=measure.name in report.unsure)
        for measure in columns
    ]
    figures = [(caption, _data_uri(drawn)) for caption, drawn in row.figures]
    return Candidate(row, pictures.get(id(row), ""), words.number(row.score, 2), cells, figures)


def _cell(row: Row, measure: Measure, target: Target | None, digits: int, *, unsure: bool = False) -> Cell:
    value = float(row.values.get(measure.name, math.nan))
    mark = _mark(target, value)
    text = words.number(value, digits)
    # A value just outside must not be printed as if it were inside.
    while mark == "missed" and target and math.isfinite(value) and digits < _MOST_DIGITS:
        if not target.satisfied(np.array([round(value, digits)]))[0]:
            break
        digits += 1
        text = words.number(value, digits)
    note = row.notes.get(measure.name, "")
    title, unit = measure.title or measure.name, words.unit_words(measure.unit)
    ends = row.intervals.get(measure.name)
    unknown = "no interval known" if unsure and math.isfinite(value) else ""
    interval = f"{words.number(ends[0], digits)} to {words.number(ends[1], digits)}" if ends else unknown
    if (measure.low, measure.high) == (0.0, 1.0):
        interval = ""  # of a probability the interval only says which classes are left
    text = row.words.get(measure.name, text)
    return Cell(measure.name, title, unit, text, mark, note, sortable(value), interval)


def _mark(target: Target | None, value: float) -> str:
    if target is None:
        return ""
    if not target.satisfied(np.array([value]))[0]:
        return "missed"
    return {"min": "small", "max": "large"}.get(target.goal, "met")


def _distribution(target: Target, report: Report) -> Markup:
    listed = np.array([row.values.get(target.name, math.nan) for row in report.rows], dtype=np.float64)
    none = np.empty(0)
    return plots.distribution(
        target,
        [
            ("listed", "Listed", listed),
            ("judged", "Judged", np.asarray(report.judged.get(target.name, none), dtype=np.float64)),
            ("training", "Training sample", np.asarray(report.reference.get(target.name, none), dtype=np.float64)),
        ],
    )


def _points(rows: Sequence[Row], x: Target, y: Target) -> list[plots.Point]:
    return [
        plots.Point(row.rank, row.values.get(x.name, math.nan), row.values.get(y.name, math.nan), row.front)
        for row in rows
    ]
