"""Compositions and crystals as SVG text, light enough for a page of hundreds."""

from __future__ import annotations

from itertools import product

import numpy as np
from ase.data import covalent_radii
from ase.data.colors import jmol_colors
from pymatgen.core.periodic_table import Element

from sekkei.core.types import Floats
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import NUMBERS, SYMBOLS, Composition

_LANTHANUM, _ACTINIUM = range(57, 72), range(89, 104)
_VIEW = np.array([[0.94, -0.34, 0.0], [0.11, 0.30, 0.95], [0.32, 0.89, -0.32]])
"""Rows: to the right, upwards, towards the back; a slight turn, so that no two axes coincide."""

_MOST_DRAWN = 400
_EDGES = [(a, b) for a, b in product(range(8), repeat=2) if a < b and (a ^ b).bit_count() == 1]


def composition_svg(item: Composition, width: int = 240, height: int = 180) -> str:
    """Draw a composition: a small periodic table with its elements in colour, above a bar of the atomic shares.

    Args:
        item: the composition.
        width: width of the drawing [pixels], above 0.
        height: height of the drawing [pixels], above 0.

    Returns:
        One ``<svg>`` element with a transparent background; the same composition always gives the same text.
    """
    present = dict(item.amounts)
    cells = "".join(_tile(symbol, symbol in present) for symbol in SYMBOLS)
    bar, left = [], 0.0
    for symbol, amount in item.amounts:
        share = 18.0 * amount / item.atoms
        label = _label(symbol, left + share / 2, 12.2) if share > 1.2 else ""
        bar.append(f'<rect x="{left:.2f}" y="11" width="{share:.2f}" height="1.8" fill="{_colour(symbol)}"/>{label}')
        left += share
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}px" height="{height}px" viewBox="-0.4 -0.4 18.8 13.6" '
        f'font-family="sans-serif" text-anchor="middle"><title>{item.formula}</title>{cells}{"".join(bar)}</svg>'
    )


def cell_svg(item: Crystal, width: int = 240, height: int = 180) -> str:
    """Draw the unit cell of a crystal, far atoms first; of more than 400 atoms only the first are drawn.

    Args:
        item: the crystal; atoms are drawn inside the cell.
        width: width of the drawing [pixels], above 0.
        height: height of the drawing [pixels], above 0.

    Returns:
        One ``<svg>`` element with a transparent background; the same crystal always gives the same text.
    """
    corners = _project(np.array(list(product((0.0, 1.0), repeat=3))) @ item.lattice)
    atoms = _project(item.positions[:_MOST_DRAWN] % 1.0 @ item.lattice)
    radii = 0.45 * covalent_radii[item.numbers[:_MOST_DRAWN]]
    low, high = corners[:, :2].min(axis=0) - 1.0, corners[:, :2].max(axis=0) + 1.0
    span = high - low
    lines = "".join(
        f'<path d="M{corners[a][0]:.2f} {corners[a][1]:.2f}L{corners[b][0]:.2f} {corners[b][1]:.2f}"/>'
        for a, b in _EDGES
    )
    order = np.argsort(-atoms[:, 2], kind="stable")
    circles = "".join(_circle(atoms[row], radii[row], SYMBOLS[item.numbers[row] - 1]) for row in order)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}px" height="{height}px" '
        f'viewBox="{low[0]:.2f} {low[1]:.2f} {span[0]:.2f} {span[1]:.2f}"><title>{item.composition.formula}</title>'
        f'<g stroke="#888" stroke-width="{span.max() / 250:.3f}" fill="none">{lines}</g>'
        f'<g stroke="#333" stroke-width="{span.max() / 400:.3f}">{circles}</g></svg>'
    )


def _project(points: Floats) -> Floats:
    """(n, 3) Cartesian points -> (n, 3): right, down (as SVG counts) and depth."""
    turned = points @ _VIEW.T
    turned[:, 1] *= -1.0
    return np.asarray(turned, dtype=np.float64)


def _circle(point: Floats, radius: float, symbol: str) -> str:
    return f'<circle cx="{point[0]:.2f}" cy="{point[1]:.2f}" r="{radius:.2f}" fill="{_colour(symbol)}"/>'


def _tile(symbol: str, present: bool) -> str:
    column, row = _place(symbol)
    fill = _colour(symbol) if present else "#e8e8e8"
    label = _label(symbol, column + 0.45, row + 0.65) if present else ""
    return f'<rect x="{column}" y="{row}" width=".9" height=".9" fill="{fill}"/>{label}'


def _place(symbol: str) -> tuple[int, float]:
    """Column and row of an element, the lanthanoids and actinoids below."""
    number, element = NUMBERS[symbol], Element(symbol)
    for row, series in ((7.5, _LANTHANUM), (8.5, _ACTINIUM)):
        if number in series:
            return number - series.start + 2, row
    return element.group - 1, element.row - 1


def _label(symbol: str, x: float, y: float) -> str:
    ink = "#fff" if float(jmol_colors[_row(symbol)] @ (0.299, 0.587, 0.114)) < 0.55 else "#111"
    return f'<text x="{x:.2f}" y="{y:.2f}" font-size=".6" fill="{ink}">{symbol}</text>'


def _colour(symbol: str) -> str:
    red, green, blue = (round(255 * part) for part in jmol_colors[_row(symbol)])
    return f"#{red:02x}{green:02x}{blue:02x}"


def _row(symbol: str) -> int:
    """Row of the colour table, which ends before the heaviest elements."""
    return min(NUMBERS[symbol], len(jmol_colors) - 1)
