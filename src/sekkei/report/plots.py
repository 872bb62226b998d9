"""Charts as plain SVG, drawn from numpy alone: a few kilobytes each, sharp in print, readable without scripts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from sekkei.core.targets import Target
from sekkei.core.types import Floats
from sekkei.report.words import counted, goal_words, plain, unit_words

_WIDTH = 360.0
_MARGIN = 10.0
_LANE = 48.0
_BAR_HEIGHT = 28.0
_BINS = 36
_MOST_BINS = 90
_LABELLED_POINTS = 16
_LABEL_WIDTH, _LABEL_HEIGHT = 16.0, 11.0


@dataclass(frozen=True)
class Axis:
    """A linear scale from values to drawing units.

    Attributes:
        low: value at ``start``.
        high: value at ``start + length``.
        start: position of the lower end.
        length: extent; negative where the axis runs upwards on the page.
    """

    low: float
    high: float
    start: float
    length: float

    def at(self, value: float) -> float:
        """Position of a value, held within the axis."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * self.length, 1)


@dataclass(frozen=True)
class Point:
    """One candidate in a trade-off chart: its rank, its two values and its Pareto front."""

    rank: int
    x: float
    y: float
    front: int


def ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers within [low, high], at most ``most`` of them, a step of 1, 2 or 5 times a power of ten apart."""
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next((factor * power for factor in (1, 2, 5) if span / (factor * power) <= most - 1), 10 * power)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def bar(entered: int, kept: int, total: int) -> Markup:
    """A funnel bar: what a step kept (dark) of what entered it (light), out of all that were generated."""
    whole, dark = (100.0 * n / total if total else 0.0 for n in (entered, kept))
    dark = max(dark, 0.5) if kept else 0.0
    return Markup(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{:.2f}" height="10" class="lost"/><rect width="{:.2f}" height="10" class="kept"/></svg>'
    ).format(whole, dark)


def distribution(target: Target, groups: Sequence[tuple[str, str, Floats]]) -> Markup:
    """Where the values of several groups lie, one lane each over a common axis, with the target's window shaded.

    Args:
        target: gives the window and the words.
        groups: (CSS class, name, values [the measure's unit]) per lane; values that are not finite are not drawn.

    Returns:
        An SVG element; each bar is a share of its own lane, scaled to the lane's tallest bar.
    """
    finite = [values[np.isfinite(values)] for _, _, values in groups]
    edges = _edges(target, np.concatenate([*finite, np.empty(0)]))
    axis = Axis(float(edges[0]), float(edges[-1]), _MARGIN, _WIDTH - 2 * _MARGIN)
    floor = _LANE * len(groups) + 6
    lanes = Markup("").join(_lane(target, axis, edges, _LANE * (row + 1), group) for row, group in enumerate(groups))
    label = f"{target.measure.title}: target {goal_words(target)} against " + ", ".join(name for _, name, _ in groups)
    window, bottom = _window(target, axis, floor, _whole(edges)), _bottom(axis, floor, target.measure.unit)
    return Markup('<svg class="chart" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">{}{}{}</svg>').format(
        _WIDTH, floor + 34, label, window, lanes, bottom
    )


def trade_off(x: Target, y: Target, points: Sequence[Point]) -> Markup:
    """Two wishes against each other: every candidate, and the line of the best compromises between the two.

    Args:
        x: target of the horizontal axis.
        y: target of the vertical axis.
        points: the candidates; those without finite values are not drawn.

    Returns:
        An SVG element whose points link to the cards ``#c<rank>``.
    """
    shown = [point for point in points if math.isfinite(point.x) and math.isfinite(point.y)]
    if not shown:
        return Markup("")
    width, height, left, bottom = 520.0, 340.0, 56.0, 300.0
    horizontal = Axis(*_padded([p.x for p in shown]), left, width - left - 16)
    vertical = Axis(*_padded([p.y for p in shown]), bottom, -(bottom - 26))
    label = f"Trade-off between {x.name} and {y.name} of {counted(len(shown), 'candidate', 'candidates')}"
    return Markup('<svg class="chart wide" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">{}{}{}</svg>').format(
        width, height, label, _frame(x, y, horizontal, vertical), _compromises(x, y, shown, horizontal, vertical),
        _dots(x, y, shown, horizontal, vertical),
    )  # fmt: skip


def best_compromises(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points that no other beats on both numbers, smaller being better, from left to right."""
    best, lowest = [], math.inf
    for x, y in sorted(points):
        if y < lowest:
            best.append((x, y))
            lowest = y
    return best


def _edges(target: Target, values: Floats) -> Floats:
    """Bin edges over the bulk of the values and the window, placed so that no bin straddles a bound."""
    bounds = [b for b in (target.low, target.high) if math.isfinite(b) and target.goal not in ("min", "max")]
    bulk = list(np.quantile(values, (0.005, 0.995))) if len(values) else []
    low, high = min([*bulk, *bounds], default=0.0), max([*bulk, *bounds], default=1.0)
    if len(values) and np.all(values == np.round(values)) and high - low < _MOST_BINS:
        return np.arange(math.floor(low) - 0.5, math.ceil(high) + 1.0)
    low, high = _padded([low, high])
    step = (high - low) / _BINS
    window = bounds[-1] - bounds[0] if bounds else 0.0
    if window / step * _MOST_BINS > _BINS:
        step = window / max(1, round(window / step))
    anchor = bounds[0] if bounds else low
    first, last = math.ceil((anchor - low) / step), math.ceil((high - anchor) / step)
    return np.asarray(anchor + step * np.arange(-first, last + 1))


def _padded(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.05 * max(abs(high), 1.0)
    return low - room, high + room


def _window(target: Target, axis: Axis, floor: float, whole: bool) -> Markup:
    if target.goal in ("min", "max"):
        return Markup("")
    # A whole number's bar reaches half a step to either side, and the window has to hold it.
    low, high = (np.ceil(target.low) - 0.5, np.floor(target.high) + 0.5) if whole else (target.low, target.high)
    left, right = axis.at(low), axis.at(high)
    lines = Markup("").join(
        Markup('<path class="bound" d="M{0:g} 4V{1:g}"/>').format(x, floor)
        for x, value in ((left, target.low), (right, target.high))
        if math.isfinite(value)
    )
    return Markup('<rect class="window" x="{:g}" y="4" width="{:g}" height="{:g}"/>{}').format(
        left, max(right - left, 1.0), floor - 4, lines
    )


def _lane(target: Target, axis: Axis, edges: Floats, base: float, group: tuple[str, str, Floats]) -> Markup:
    kind, name, values = group
    finite = values[np.isfinite(values)]
    counts, _ = np.histogram(np.clip(finite, edges[0], edges[-1]), edges)
    tallest = max(int(counts.max()), 1)
    bars = []
    for index in np.flatnonzero(counts):
        left, right = axis.at(edges[index]), axis.at(edges[index + 1])
        tall = max(_BAR_HEIGHT * counts[index] / tallest, 0.6)
        bars.append(
            Markup('<rect x="{:g}" y="{:.1f}" width="{:g}" height="{:.1f}"><title>{}</title></rect>').format(
                left, base - tall, max(round(right - left - 0.6, 1), 0.5), tall, _bin_words(edges, int(index), counts)
            )
        )
    line = Markup('<path class="base" d="M{:g} {:g}h{:g}"/>').format(axis.start, base, axis.length)
    label = Markup('<text x="{:g}" y="{:g}">{}: {}</text>').format(
        axis.start + 3, base - _BAR_HEIGHT - 5, name, _lane_words(target, values, finite)
    )
    return Markup('<g class="{}">{}</g>{}{}').format(kind, Markup("").join(bars), line, label)


def _lane_words(target: Target, values: Floats, finite: Floats) -> str:
    if not len(finite):
        return "no values"
    if target.goal in ("min", "max"):
        return f"{len(values):,}, median {float(np.median(finite)):.3g}".replace("-", "−")
    inside = float(np.mean(target.satisfied(values)))
    percent = 100 * inside
    # A rare hit must not read as none, nor a rare miss as none.
    digits = 0 if percent in (0.0, 100.0) or 1 <= percent <= 99 else 2
    return f"{len(values):,}, {percent:.{digits}f} % inside"


def _bin_words(edges: Floats, index: int, counts: np.ndarray) -> str:
    low, high = (float(f"{edge:.4g}") for edge in edges[index : index + 2])
    where = plain((low + high) / 2) if _whole(edges) else f"{plain(low)} to {plain(high)}"
    beyond = " and below" if index == 0 else " and above" if index == len(counts) - 1 else ""
    return f"{where}{beyond}: {counts[index]:,} of {counts.sum():,}"


def _whole(edges: Floats) -> bool:
    """Whether each bin holds one whole number, in its middle."""
    return bool(edges[1] - edges[0] == 1.0 and edges[0] % 1.0 == 0.5)


def _bottom(axis: Axis, floor: float, unit: str) -> Markup:
    marks = Markup("").join(
        Markup('<path class="tick" d="M{0:g} {1:g}v4"/><text class="num" x="{0:g}" y="{2:g}">{3}</text>').format(
            axis.at(value), floor, floor + 16, plain(value)
        )
        for value in ticks(axis.low, axis.high)
    )
    name = Markup('<text class="num unit" x="{:g}" y="{:g}">{}</text>').format(_WIDTH / 2, floor + 30, unit_words(unit))
    return Markup('<path class="axis" d="M{:g} {:g}h{:g}"/>{}{}').format(axis.start, floor, axis.length, marks, name)


def _frame(x: Target, y: Target, horizontal: Axis, vertical: Axis) -> Markup:
    left, right = horizontal.start, horizontal.start + horizontal.length
    bottom = vertical.start
    columns = Markup("").join(
        Markup('<path class="tick" d="M{0:g} {1:g}v4"/><text class="num" x="{0:g}" y="{2:g}">{3}</text>').format(
            horizontal.at(value), bottom, bottom + 17, plain(value)
        )
        for value in ticks(horizontal.low, horizontal.high)
    )
    rows = Markup("").join(
        Markup('<path class="grid" d="M{:g} {:g}H{:g}"/><text class="end" x="{:g}" y="{:g}">{}</text>').format(
            left, vertical.at(value), right, left - 7, vertical.at(value) + 4, plain(value)
        )
        for value in ticks(vertical.low, vertical.high)
    )
    across = f"{_wish(x)} →" if x.goal in ("max", "at_least") else f"← {_wish(x)}"
    up = f"{'↑' if y.goal in ('max', 'at_least') else '↓'} {_wish(y)}"
    names = Markup('<text class="end name" x="{:g}" y="{:g}">{}</text>').format(right, bottom + 34, across)
    names += Markup('<text class="name" x="4" y="14">{}</text>').format(up)
    return Markup('{}{}<path class="axis" d="M{:g} {:g}H{:g}"/>{}').format(rows, columns, left, bottom, right, names)


def _wish(target: Target) -> str:
    unit = f" [{unit_words(target.measure.unit)}]" if target.measure.unit else ""
    return f"{target.measure.title}{unit}, {goal_words(target)}"


def _compromises(x: Target, y: Target, points: Sequence[Point], horizontal: Axis, vertical: Axis) -> Markup:
    drawn = {(_worse(x, p.x), _worse(y, p.y)): f"{horizontal.at(p.x):g} {vertical.at(p.y):g}" for p in points}
    places = [drawn[one] for one in best_compromises(list(drawn))]
    return Markup('<path class="best" d="M{}"/>').format("L".join(places))


def _worse(target: Target, value: float) -> float:
    """The larger the worse; of what is to be small nothing is better than the lower end."""
    if target.goal in ("max", "at_least"):
        return -value
    return max(value, target.low) if target.goal == "min" else value


def _dots(x: Target, y: Target, points: Sequence[Point], horizontal: Axis, vertical: Axis) -> Markup:
    parts = []
    labelled = _labelled([(p.rank, horizontal.at(p.x), vertical.at(p.y)) for p in points if p.front == 1])
    for p in sorted(points, key=lambda p: (-(p.front or math.inf), p.rank)):
        across, up = horizontal.at(p.x), vertical.at(p.y)
        words = f"Candidate {p.rank}: {x.name} {p.x:.3g}, {y.name} {p.y:.3g}, front {p.front}".replace("-", "−")
        dot = Markup('<circle class="front{}" cx="{:g}" cy="{:g}" r="4.5"><title>{}</title></circle>').format(
            min(p.front, 3), across, up, words
        )
        rank = Markup('<text x="{:g}" y="{:g}">{}</text>').format(across + 6, up - 5, p.rank)
        parts.append(Markup('<a href="#c{}">{}{}</a>').format(p.rank, dot, rank if p.rank in labelled else ""))
    return Markup("").join(parts)


def _labelled(places: Sequence[tuple[int, float, float]]) -> set[int]:
    """Ranks whose number can be printed beside its point without covering the number of a better one."""
    shown: list[tuple[int, float, float]] = []
    for rank, x, y in places:
        if len(shown) < _LABELLED_POINTS and all(
            abs(x - other_x) > _LABEL_WIDTH or abs(y - other_y) > _LABEL_HEIGHT for _, other_x, other_y in shown
        ):
            shown.append((rank, x, y))
    return {rank for rank, _, _ in shown}
