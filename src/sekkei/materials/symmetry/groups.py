"""The 230 space groups in spglib's standard settings: operations, Wyckoff positions, free cell parameters.

The positions lie in ``positions.json``; ``benchmarks/crystals/wyckoff_table.py`` derives them from the operations.
"""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import spglib
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Floats

_GENERIC = np.array([0.1387, 0.2213, 0.3171])  # no special position has such coordinates
_TERM = re.compile(r"([+-]?)(\d*)([xyz])|([+-]?\d+)(?:/(\d+))?")
_PRIMITIVE = {
    "P": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "A": [[1, 0, 0], [0, 1 / 2, -1 / 2], [0, 1 / 2, 1 / 2]],
    "C": [[1 / 2, 1 / 2, 0], [-1 / 2, 1 / 2, 0], [0, 0, 1]],
    "I": [[-1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [1 / 2, 1 / 2, -1 / 2]],
    "F": [[0, 1 / 2, 1 / 2], [1 / 2, 0, 1 / 2], [1 / 2, 1 / 2, 0]],
    "R": [[2 / 3, 1 / 3, 1 / 3], [-1 / 3, 1 / 3, 1 / 3], [-1 / 3, -2 / 3, 1 / 3]],
}
"""Rows: the vectors of a primitive cell in those of the conventional one, by the centring letter."""

_FREE_CELL = {
    2: ("a", "b", "c", "alpha", "beta", "gamma"),
    15: ("a", "b", "c", "beta"),
    74: ("a", "b", "c"),
    142: ("a", "c"),
    194: ("a", "c"),
    230: ("a",),
}
"""Free cell parameters of each crystal system, by its last space group; trigonal groups have hexagonal axes."""

LENGTHS = ("a", "b", "c")
"""The free cell parameters that are lengths; the others are angles."""


@dataclass(frozen=True, eq=False)
class Position:
    """One Wyckoff position.

    Attributes:
        letter: its letter in International Tables A.
        multiplicity: its points in the conventional cell.
        text: coordinates of a representative point, such as ``x,x,0``.
        axes: (free, 3) change of the point with each free coordinate.
        offset: (3,) the point where all free coordinates are 0.
        places: the coordinate, 0 to 2, that is each free one itself.
        images: operations of the group that carry the representative to each atom of the primitive cell.
    """

    letter: str
    multiplicity: int
    text: str
    axes: Floats = field(repr=False)
    offset: Floats = field(repr=False)
    places: tuple[int, ...]
    images: tuple[int, ...] = field(repr=False)

    @property
    def free(self) -> int:
        """Number of free coordinates."""
        return len(self.places)

    @property
    def atoms(self) -> int:
        """Its points in the primitive cell."""
        return len(self.images)


@dataclass(frozen=True, eq=False)
class SpaceGroup:
    """One space group in its standard setting.

    Attributes:
        number: 1 to 230.
        symbol: international symbol, such as ``Fm-3m``.
        rotations: (n, 3, 3) of the conventional cell, centring included.
        shifts: (n, 3) translations that go with them.
        primitive: (3, 3) vectors of a primitive cell in those of the conventional one, as rows.
        positions: its Wyckoff positions by letter.
    """

    number: int
    symbol: str
    rotations: NDArray[np.int64] = field(repr=False)
    shifts: Floats = field(repr=False)
    primitive: Floats = field(repr=False)
    positions: dict[str, Position] = field(repr=False)

    @property
    def free_cell(self) -> tuple[str, ...]:
        """Names of the free cell parameters, such as ``a``, ``c``."""
        return next(names for last, names in _FREE_CELL.items() if self.number <= last)

    @property
    def centring(self) -> int:
        """Lattice points in the conventional cell: 1, 2, 3 or 4."""
        return round(1 / float(abs(np.linalg.det(self.primitive))))

    def images(self, point: Floats) -> Floats:
        """(n, 3) images of a point (3,) under every operation, not brought into the cell."""
        return np.asarray(self.rotations @ point + self.shifts, dtype=np.float64)

    def lattice(self, values: tuple[float, ...]) -> Floats | None:
        """Vectors of the conventional cell.

        Args:
            values: the free cell parameters [Angstrom, deg] in the order of :attr:`free_cell`.

        Returns:
            (3, 3) rows, a along x and b in the xy plane, or None where no cell has these angles.
        """
        given = dict(zip(self.free_cell, values, strict=True))
        a = given["a"]
        b, c = given.get("b", a), given.get("c", a)
        hexagonal = 143 <= self.number <= 194
        degrees = [given.get(name, 90.0) for name in ("alpha", "beta")] + [
            given.get("gamma", 120.0 if hexagonal else 90.0)
        ]
        # exact where the angle is fixed: a cosine of 1e-17 would break the symmetry
        cosines = [{90.0: 0.0, 120.0: -0.5}.get(angle, float(np.cos(np.deg2rad(angle)))) for angle in degrees]
        x, sine = cosines[1], (1.0 - cosines[2] ** 2) ** 0.5
        y = (cosines[0] - x * cosines[2]) / sine
        if (height := 1.0 - x * x - y * y) <= 0:
            return None
        return np.array([[a, 0, 0], [b * cosines[2], b * sine, 0], [c * x, c * y, c * height**0.5]])


@cache
def space_group(number: int) -> SpaceGroup:
    """A space group by number.

    Raises:
        UserError: there is none of that number.
    """
    if not 1 <= number <= 230:
        raise UserError(f"there is no space group {number}", "space group", "1 to 230")
    entry = _table()[str(number)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib is about to raise instead of giving None
        found = spglib.get_symmetry_from_database(entry["hall"])
        kind = spglib.get_spacegroup_type(entry["hall"])
    if found is None or kind is None:
        raise RuntimeError(f"spglib does not know its own space group {number}")
    rotations = np.asarray(found["rotations"], dtype=np.int64)
    # the database holds multiples of 1/24 with twelve digits
    shifts = np.rint(np.asarray(found["translations"]) * 24) / 24
    symbol = str(kind.international_short)
    primitive = np.array(_PRIMITIVE[symbol[0]], dtype=np.float64)
    positions = {
        letter: _position(letter, count, text, rotations, shifts, primitive)
        for letter, count, text in entry["positions"]
    }
    return SpaceGroup(number, symbol, rotations, shifts, primitive, positions)


@cache
def _table() -> dict[str, Any]:
    text = files("sekkei.materials.symmetry").joinpath("positions.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _position(
    letter: str, count: int, text: str, rotations: NDArray[np.int64], shifts: Floats, primitive: Floats
) -> Position:
    factors, offset = np.zeros((3, 3)), np.zeros(3)
    for place, coordinate in enumerate(text.split(",")):
        for sign, factor, name, above, below in _TERM.findall(coordinate):
            if name:
                factors["xyz".index(name), place] = float(f"{sign}{factor or 1}")
            else:
                offset[place] = float(Fraction(int(above), int(below or 1)))
    places = tuple(row for row in range(3) if factors[row].any())
    axes = factors[list(places)]
    point = offset + _GENERIC[: len(places)] @ axes
    at = (rotations @ point + shifts) @ np.linalg.inv(primitive)
    _, first = np.unique(np.round(at % 1.0, 6) % 1.0, axis=0, return_index=True)
    return Position(letter, count, text, axes, offset, places, tuple(int(row) for row in np.sort(first)))
