"""Charts of one crystal as small SVG images: its powder pattern, and its place on the hull of its chemical system.

They are embedded as images, where the styles of the page do not reach, so colours stand in the drawings themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from sekkei.report.plots import Axis, ticks
from sekkei.report.words import plain

_INK, _QUIET, _LINE, _DOT, _CANDIDATE = "#1d2733", "#5b6673", "#c3cad2", "#8793a1", "#b3261e"
_WIDTH, _HEIGHT = 480, 260
_LABELLED = 6
_RUNG = 46.0
_FAR = 0.2
"""Energy above hull [eV/atom] up to which known phases are shown beside a candidate."""

_ROOT3 = math.sqrt(3.0) / 2.0


@dataclass(frozen=True)
class Spot:
    """A phase in a chart of a chemical system.

    Attributes:
        name: its formula.
        shares: atomic fractions in the order of the elements.
        energy: formation energy [eV/atom].
        above: energy above the hull [eV/atom]; of a candidate below the hull negative.
    """

    name: str
    shares: Sequence[float]
    energy: float
    above: float

    @property
    def stable(self) -> bool:
        """Whether it lies on the hull."""
        return self.above <= 0

    @property
    def elements(self) -> int:
        """How many of the system's elements it holds."""
        return sum(share > 0 for share in self.shares)


_Place = Callable[[Spot], tuple[float, float]]


def powder_svg(peaks: Sequence[tuple[float, float, str]], low: float, high: float) -> str:
    """Sticks of a powder pattern.

    Args:
        peaks: (2 theta [deg], intensity of 100, Miller indices) of each; the strongest six are labelled.
        low: first angle of the axis [deg].
        high: last angle.
    """
    across, up = Axis(low, high, 40, _WIDTH - 56), Axis(0.0, 110.0, 220, -196)
    sticks = "".join(
        f'<path d="M{across.at(angle):g} 220V{up.at(intensity):g}" stroke="{_INK}">'
        f"<title>{angle:.2f}° {escape(planes)} {intensity:.0f}</title></path>"
        for angle, intensity, planes in peaks
    )
    names = _apart([(across.at(a), up.at(i) - 4, p) for a, i, p in sorted(peaks, key=lambda one: -one[1])])
    marks = "".join(
        f'<path d="M{across.at(at):g} 220v4" stroke="{_QUIET}"/>{_text(across.at(at), 237, plain(at))}'
        for at in ticks(low, high)
    )
    axis = f'<path d="M40 220H{_WIDTH - 16}" stroke="{_QUIET}"/>'
    title = _text(_WIDTH / 2, 254, "2θ [°], Cu Kα")
    return _framed(_HEIGHT, f"{sticks}{names}{axis}{marks}{title}")


def hull_svg(symbols: Sequence[str], spots: Sequence[Spot], ties: Sequence[tuple[int, int]], candidate: Spot) -> str:
    """A candidate among the phases of its system.

    Of two elements a line of formation energies, of three a triangle, of more a rung for each number of elements.

    Args:
        symbols: the elements of the system.
        spots: the known phases.
        ties: pairs of places in ``spots`` that the hull joins.
        candidate: drawn in red.
    """
    if len(symbols) < 2:
        return ""
    if len(symbols) > 3:
        return _rungs(symbols, spots, candidate)
    return (_line if len(symbols) == 2 else _triangle)(symbols, spots, ties, candidate)


def _line(symbols: Sequence[str], spots: Sequence[Spot], ties: Sequence[tuple[int, int]], candidate: Spot) -> str:
    shown = [one for one in spots if one.stable or one.energy <= max(0.1, candidate.energy)]
    energies = [0.0, candidate.energy, *(one.energy for one in shown)]
    room = 0.1 * (max(energies) - min(energies)) or 0.1
    across, up = Axis(0.0, 1.0, 60, _WIDTH - 84), Axis(min(energies) - room, max(energies) + room, 220, -200)

    def at(one: Spot) -> tuple[float, float]:
        return across.at(one.shares[1]), up.at(one.energy)

    grid = "".join(
        f'<path d="M60 {up.at(value):g}H{_WIDTH - 24}" stroke="{_LINE}" stroke-width="0.5"/>'
        f"{_text(54, up.at(value) + 4, plain(value), 'end')}"
        for value in ticks(up.low, up.high, 6)
    )
    ends = "".join(_text(across.at(share), 240, symbol) for share, symbol in enumerate(symbols))
    title = _text(_WIDTH / 2, 254, f"share of {symbols[1]}; formation energy [eV/atom]")
    return _framed(_HEIGHT, grid + _tied(spots, ties, at) + _dots(shown, candidate, at) + ends + title)


def _triangle(symbols: Sequence[str], spots: Sequence[Spot], ties: Sequence[tuple[int, int]], candidate: Spot) -> str:
    side, left, bottom = 300.0, (_WIDTH - 300.0) / 2, 290.0

    def at(one: Spot) -> tuple[float, float]:
        _, second, third = one.shares
        return round(left + side * (second + third / 2), 1), round(bottom - side * _ROOT3 * third, 1)

    corners = [(left - 8, bottom + 12, "end"), (left + side + 8, bottom + 12, "start"), (_WIDTH / 2, 18.0, "middle")]
    ends = "".join(_text(x, y, symbol, anchor) for (x, y, anchor), symbol in zip(corners, symbols, strict=True))
    stable = [one for one in spots if one.stable]
    title = _text(_WIDTH / 2, 318, f"stable phases of {'-'.join(symbols)}, lines join those that coexist")
    return _framed(326, _tied(spots, ties, at) + _dots(stable, candidate, at) + ends + title)


def _rungs(symbols: Sequence[str], spots: Sequence[Spot], candidate: Spot) -> str:
    """Formation energies, a rung for each number of elements: a hull of four elements has no flat picture."""
    shown = [one for one in spots if one.elements > 1 and one.above <= max(_FAR, candidate.above)]
    hull = candidate.energy - candidate.above
    energies = [0.0, hull, candidate.energy, *(one.energy for one in shown)]
    room = 0.08 * (max(energies) - min(energies)) or 0.1
    across = Axis(min(energies) - room, max(energies) + room, 90, _WIDTH - 114)
    counts = range(2, len(symbols) + 1)
    foot = 20.0 + _RUNG * len(counts)

    def height(count: int) -> float:
        return foot - _RUNG * (count - 1.5)

    def at(one: Spot) -> tuple[float, float]:
        return across.at(one.energy), height(one.elements)

    grid = "".join(
        f'<path d="M{across.at(value):g} 20V{foot:g}" stroke="{_LINE}" stroke-width="0.5"/>'
        f"{_text(across.at(value), foot + 16, plain(value))}"
        for value in ticks(across.low, across.high, 6)
    )
    rungs = "".join(
        f'<path d="M90 {height(count):g}H{_WIDTH - 24}" stroke="{_LINE}"/>'
        f"{_text(82, height(count) + 4, f'{count} elements', 'end')}"
        for count in counts
    )
    x, y = at(candidate)
    above = (
        f'<path d="M{across.at(hull):g} {y - 7:g}v14M{across.at(hull):g} {y:g}H{x:g}" stroke="{_CANDIDATE}">'
        f"<title>{candidate.above:.3f} eV/atom above the hull</title></path>"
    )
    words = f"phases of {'-'.join(symbols)}; formation energy [eV/atom]; the red bar is the hull"
    title = _text(_WIDTH / 2, foot + 32, words)
    return _framed(round(foot + 40), grid + rungs + above + _dots(shown, candidate, at) + title)


def _tied(spots: Sequence[Spot], ties: Sequence[tuple[int, int]], at: _Place) -> str:
    places = [(*at(spots[a]), *at(spots[b])) for a, b in ties]
    path = "".join(f"M{x:g} {y:g}L{u:g} {v:g}" for x, y, u, v in places)
    return f'<path d="{path}" stroke="{_QUIET}" fill="none" stroke-width="0.8"/>' if path else ""


def _dots(spots: Sequence[Spot], candidate: Spot, at: _Place) -> str:
    parts = []
    for one in spots:
        x, y = at(one)
        fill = _INK if one.stable else "#fff"
        words = f"{escape(one.name)} {one.energy:.3f} eV/atom, {one.above:.3f} above the hull"
        parts.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="{fill}" stroke="{_DOT}"><title>{words}</title></circle>'
        )
    x, y = at(candidate)
    parts.append(f'<path d="M{x - 5:g} {y:g}h10M{x:g} {y - 5:g}v10" stroke="{_CANDIDATE}" stroke-width="2.5"/>')
    labels = [(x, y - 8, candidate.name), *((*_above(at(one)), one.name) for one in spots if _compound(one))]
    return "".join(parts) + _apart(labels, len(labels))


def _compound(one: Spot) -> bool:
    return one.stable and max(one.shares) < 1.0


def _above(place: tuple[float, float]) -> tuple[float, float]:
    return place[0], place[1] - 6


def _apart(labels: Sequence[tuple[float, float, str]], most: int = _LABELLED) -> str:
    """Labels in order, those left out that would cover an earlier one."""
    shown: list[tuple[float, float, str]] = []
    for x, y, words in labels:
        width = 3.2 * len(words) + 4
        if len(shown) < most and all(abs(x - u) > width + 3.2 * len(w) or abs(y - v) > 11 for u, v, w in shown):
            shown.append((x, y, words))
    return "".join(_text(x, y, words) for x, y, words in shown)


def _text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{_INK}">{escape(words)}</text>'


def _framed(height: int, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}px" height="{height}px" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="11">{inside}</svg>'
    )
