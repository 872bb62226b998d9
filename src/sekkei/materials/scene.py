"""A crystal as a scene to draw in three dimensions: balls, sticks and the edges of its cell, as plain numbers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from ase.data import covalent_radii
from ase.data.colors import jmol_colors

from sekkei.core.types import Floats, Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.draw import cell_svg
from sekkei.materials.formula import ELECTRONEGATIVITY, SYMBOLS
from sekkei.materials.structures import symmetry

MOST_DRAWN = 600
"""Most balls of a scene; a cell with more is drawn without the images on its faces, then cut off."""

_BOND = 1.15  # times the sum of covalent radii
_NON_METAL = 2.0  # least electronegativity (Pauling), for drawing
_ON_FACE = 0.01  # of a cell edge
_BALL = 0.45  # of the covalent radius


def scene(item: Crystal, name: str = "") -> dict[str, Any]:
    """Everything a page needs to draw and head one crystal.

    Args:
        item: the crystal.
        name: its name, printed above.

    Returns:
        ``name``, ``formula``, ``symmetry``, ``cell`` (words), ``picture`` (SVG, where scripts do not run), ``elements``
        (symbol, colour and radius [Angstrom]), ``atoms`` (element, x, y, z [Angstrom], the cell's centre at 0),
        ``bonds`` (pairs of atoms) and ``corners`` (eight points; edges join those whose numbers differ in one bit).
    """
    positions, kinds = _with_images(item)
    corners = np.array(list(product((0.0, 1.0), repeat=3))) @ item.lattice
    centre = corners.mean(axis=0)
    at = positions @ item.lattice - centre
    numbers = list(dict.fromkeys(int(number) for number in kinds))
    found = symmetry(item)
    return {
        "name": name,
        "formula": item.composition.formula,
        "symmetry": "no space group" if isinstance(found, Problem) else f"{found.symbol} (no. {found.number})",
        "cell": _cell_words(item),
        "picture": cell_svg(item, 460, 380),
        "elements": [[SYMBOLS[n - 1], _colour(n), round(float(_BALL * _radius(n)), 3)] for n in numbers],
        "atoms": [
            [numbers.index(int(kind)), *(round(float(part), 3) for part in point)]
            for kind, point in zip(kinds, at, strict=True)
        ],
        "bonds": _bonds(at, kinds),
        "corners": [[round(float(part), 3) for part in corner] for corner in corners - centre],
    }


def _with_images(item: Crystal) -> tuple[Floats, Floats]:
    """Fractional coordinates in the cell, and again on the opposite face where an atom lies on one."""
    inside = item.positions % 1.0
    inside[inside > 1.0 - _ON_FACE] -= 1.0
    shifts = np.array(list(product((0.0, 1.0), repeat=3)))
    copies = inside[:, None] + shifts[None]
    kept = ((shifts[None] == 0) | (np.abs(inside[:, None]) < _ON_FACE)).all(axis=-1)
    if kept.sum() > MOST_DRAWN:
        return inside[:MOST_DRAWN], item.numbers[:MOST_DRAWN].astype(np.float64)
    return copies[kept], np.repeat(item.numbers, kept.sum(axis=1)).astype(np.float64)


def _bonds(at: Floats, kinds: Floats) -> list[list[int]]:
    radii = np.array([_radius(int(kind)) for kind in kinds])
    distances = np.linalg.norm(at[:, None] - at[None], axis=-1)
    near = (distances < _BOND * (radii[:, None] + radii[None])) & (distances > 0.4)
    metals = np.array([ELECTRONEGATIVITY.get(SYMBOLS[int(kind) - 1], _NON_METAL) < _NON_METAL for kind in kinds])
    if not metals.all():
        near &= ~(metals[:, None] & metals[None])
    return [[int(a), int(b)] for a, b in np.argwhere(np.triu(near, 1))]


def _cell_words(item: Crystal) -> str:
    lengths = np.linalg.norm(item.lattice, axis=1)
    unit = item.lattice / lengths[:, None]
    angles = np.rad2deg(np.arccos(np.clip([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]], -1, 1)))
    edges = ", ".join(f"{name} {value:.3f}" for name, value in zip("abc", lengths, strict=True))
    turns = ", ".join(f"{name} {value:.1f}°" for name, value in zip("αβγ", angles, strict=True))
    return f"{edges} Å; {turns}; {len(item)} atoms, {item.density:.2f} g/cm³"


def _radius(number: int) -> float:
    return float(covalent_radii[number]) if number < len(covalent_radii) else 1.5


def _colour(number: int) -> str:
    red, green, blue = (round(255 * part) for part in jmol_colors[min(number, len(jmol_colors) - 1)])
    return f"#{red:02x}{green:02x}{blue:02x}"
