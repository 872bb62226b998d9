"""An evaluation as one page that opens offline, printed from the content of its ``metrics.json``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sekkei.core.files import write_text
from sekkei.report.html import linked
from sekkei.report.plots import Axis, ticks
from sekkei.report.words import plain, unit_words

_TEMPLATES = Path(__file__).parent / "templates"
_WIDTH, _HEIGHT, _MARGIN = 360.0, 130.0, 10.0
_TITLES = {
    "nearest": "Similarity to the nearest reference molecule",
    "logp": "logP",
    "mw": "Molecular weight [Da]",
    "qed": "QED",
    "sa": "Synthetic accessibility",
    "density": "Density [g/cm³]",
    "elements": "Number of elements",
    "volume_per_atom": "Volume per atom [Å³]",
    "electronegativity_difference": "Difference of electronegativity",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_evaluation(result: Mapping[str, Any], path: Path) -> None:
    """Write the page; the same result always gives the same bytes.

    Args:
        result: what ``evaluate`` of either domain gives.
        path: the HTML file, replaced in one step.

    Raises:
        UserError: the file cannot be written.
    """
    write_text(path, render(result).encode("utf-8", "xmlcharrefreplace").decode("utf-8"))


def render(result: Mapping[str, Any]) -> str:
    """The page as text; everything that comes from outside is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"linked": linked, "figure": figure_words, "unit": unit_words}
    page: str = environment.get_template("evaluation.html.j2").render(
        result=result,
        noun=result["domain"].removesuffix("s"),
        groups=_groups(result),
        charts=[(_TITLES.get(name, name), chart(parts)) for name, parts in result["histograms"].items()],
        style=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of this package
        policy=_POLICY,
    )
    return page


def figure_words(value: float | None) -> str:
    """A figure with four significant digits; – where it is missing."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace("-", "−")
    return (f"{value:.4g}" if abs(value) >= 1e-4 else f"{value:.1e}" if value else "0").replace("-", "−")


def chart(parts: Mapping[str, Sequence[float]]) -> Markup:
    """A histogram of shares: bars for the generated set, a line for the reference where there is one."""
    edges, generated = parts["edges"], parts["generated"]
    reference = parts.get("reference", [])
    tallest = max([*generated, *reference, 1e-12])
    across = Axis(edges[0], edges[-1], _MARGIN, _WIDTH - 2 * _MARGIN)
    up = Axis(0.0, tallest, _HEIGHT, 12 - _HEIGHT)
    bars = Markup("").join(
        Markup('<rect x="{:g}" y="{:g}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>').format(
            across.at(left), up.at(share), max(across.at(right) - across.at(left) - 0.6, 0.5), _HEIGHT - up.at(share),
            f"{plain(left)} to {plain(right)}: {share:.1%}",
        )
        for left, right, share in zip(edges, edges[1:], generated, strict=False)
        if share
    )  # fmt: skip
    steps = "".join(
        f"V{up.at(share):g}H{across.at(right):g}" for right, share in zip(edges[1:], reference, strict=False)
    )
    line = Markup('<path class="best" d="M{:g} {:g}{}V{:g}"/>').format(_MARGIN, _HEIGHT, steps, _HEIGHT)
    marks = Markup("").join(
        Markup('<path class="tick" d="M{0:g} {1:g}v4"/><text class="num" x="{0:g}" y="{2:g}">{3}</text>').format(
            across.at(value), _HEIGHT, _HEIGHT + 16, plain(value)
        )
        for value in ticks(edges[0], edges[-1])
    )
    axis = Markup('<path class="axis" d="M{:g} {:g}h{:g}"/>').format(_MARGIN, _HEIGHT, _WIDTH - 2 * _MARGIN)
    return Markup(
        '<svg class="chart" viewBox="0 0 {:g} {:g}" role="img" aria-label="Histogram">'
        '<g class="listed">{}</g>{}{}{}</svg>'
    ).format(_WIDTH, _HEIGHT + 22, bars, line, axis, marks)


def _groups(result: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The figures by the group of their definition, in the order they come."""
    out: dict[str, list[dict[str, Any]]] = {}
    for figure in result["figures"]:
        definition = result["definitions"][figure["name"].partition("/")[0]]
        beside = [figures.get(figure["name"]) for figures in result["baselines"].values()]
        out.setdefault(definition["group"], []).append({**figure, "definition": definition, "beside": beside})
    return out
