"""Derive the Wyckoff positions of the 230 space groups from their operations, and write the table that ships.

python -m benchmarks.crystals.wyckoff_table

Settings are spglib's standard ones. Points of a grid of 1/24 of the cell edges are sorted by the affine subspace that
their site-symmetry group leaves fixed; subspaces that an operation carries into each other are one position
(International Tables A, sec. 8.3.2). Letters are spglib's, read off a crystal with an atom on each position.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import spglib
import sympy
from numpy.typing import NDArray

import sekkei.materials.symmetry

TARGET = Path(sekkei.materials.symmetry.__file__).parent / "positions.json"
GRID = 24
CELLS = {
    2: (5.1, 6.3, 7.7, 82.0, 97.0, 103.0), 15: (5.1, 6.3, 7.7, 90.0, 104.0, 90.0),
    74: (5.1, 6.3, 7.7, 90.0, 90.0, 90.0), 142: (5.1, 5.1, 7.7, 90.0, 90.0, 90.0),
    194: (5.1, 5.1, 7.7, 90.0, 90.0, 120.0), 230: (6.3, 6.3, 6.3, 90.0, 90.0, 90.0),
}  # fmt: skip
"""A cell of each crystal system by its last space group: lengths and angles without chance coincidences."""

GENERIC = np.array([0.1387, 0.2213, 0.3171])
FURTHER = [np.array(point) for point in ([0.0631, 0.4417, 0.1713], [0.3919, 0.0731, 0.2437], [0.2713, 0.3331, 0.0571])]
"""Points on no special position; atoms there keep a crystal from having more symmetry than its group."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Subspace:
    """Points offset + free coordinates times axes, in 1/24 and modulo lattice translations.

    Attributes:
        axes: (d) directions of whole numbers, each 1 at its own free coordinate and 0 at the others'.
        offset: three numbers of 1/24, 0 at the free coordinates.
    """

    axes: tuple[tuple[int, int, int], ...]
    offset: tuple[int, ...]

    @property
    def plainness(self) -> tuple[Any, ...]:
        """Small for the representative that tables print first: few terms, few minus signs, x before y before z."""
        flat = [part for axis in self.axes for part in axis]
        first = [axis.index(1) for axis in self.axes]
        shifted = sum(part > 0 for part in self.offset)
        return sum(map(abs, flat)), sum(part < 0 for part in flat), first, shifted, sum(self.offset), self.offset

    def text(self) -> str:
        """As tables print it, such as ``x,x+1/2,0``."""
        return ",".join(self._coordinate(place) for place in range(3))

    def _coordinate(self, place: int) -> str:
        text = ""
        for axis in self.axes:
            name, factor = "xyz"[free_places(self.axes)[self.axes.index(axis)]], axis[place]
            if factor:
                text += (
                    ("-" if factor < 0 else "+" if text else "") + (str(abs(factor)) if abs(factor) > 1 else "") + name
                )
        shift = Fraction(self.offset[place], GRID)
        return f"{text}+{shift}" if text and shift else text or str(shift)


def free_places(axes: tuple[tuple[int, int, int], ...]) -> list[int]:
    """The coordinate that each axis has for itself."""
    for places in combinations(range(3), len(axes)):
        if all(axis[place] == (row == column) for row, axis in enumerate(axes) for column, place in enumerate(places)):
            return list(places)
    raise ValueError(axes)


def main() -> None:
    halls: dict[int, int] = {}
    for hall in range(1, 531):
        halls.setdefault(int(spglib.get_spacegroup_type(hall).number), hall)
    table = {str(number): positions(number, halls[number]) for number in range(1, 231)}
    rows = (f'"{number}": {json.dumps({"hall": halls[int(number)], "positions": p})}' for number, p in table.items())
    TARGET.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    print(f"{sum(map(len, table.values()))} positions of {len(table)} space groups in {TARGET.name}")


def positions(number: int, hall: int) -> list[tuple[str, int, str]]:
    """Letter, multiplicity and representative of each position, by letter."""
    found = spglib.get_symmetry_from_database(hall)
    turns, shifts = found["rotations"].astype(np.int64), np.rint(found["translations"] * GRID).astype(np.int64)
    best: list[Subspace] = []
    counts: list[int] = []
    seen: set[Subspace] = set()
    for one in strata(turns, shifts):
        if one not in seen:
            images = {moved(one, turn, shift) for turn, shift in zip(turns, shifts, strict=True)}
            seen |= images
            best.append(min(images, key=lambda image: image.plainness))
            counts.append(len(orbit(point_on(best[-1]), turns, shifts)))
    letters = spglib_letters(number, hall, turns, shifts, best)
    rows = [(letter, count, one.text()) for letter, count, one in zip(letters, counts, best, strict=True)]
    return sorted(rows, key=lambda row: (row[0].isupper(), row[0]))


def strata(turns: Ints, shifts: Ints) -> Iterator[Subspace]:
    """The fixed subspaces of the site-symmetry groups of all points of the grid, each once."""
    grid = np.array(list(product(range(GRID), repeat=3)), dtype=np.int64)
    operations = zip(turns, shifts, strict=True)
    fixed = np.stack([((grid @ turn.T + shift - grid) % GRID == 0).all(axis=1) for turn, shift in operations], axis=1)
    patterns, which = np.unique(fixed, axis=0, return_inverse=True)
    known: set[Subspace] = set()
    for row, pattern in enumerate(patterns):
        axes = fixed_axes(turns[pattern])
        for point in grid[which.ravel() == row]:
            one = subspace(axes, point)
            if one not in known:
                known.add(one)
                yield one


def fixed_axes(turns: Ints) -> tuple[tuple[int, int, int], ...]:
    """Directions that all of these rotations leave alone."""
    stacked = sympy.Matrix(np.concatenate(turns - np.eye(3, dtype=np.int64)).tolist())
    found = [np.array(vector.tolist(), dtype=float).ravel() for vector in stacked.nullspace()]
    return whole(np.array(found).reshape(-1, 3))


def whole(axes: NDArray[np.float64]) -> tuple[tuple[int, int, int], ...]:
    """The same span with a coordinate of its own for each axis, in whole numbers."""
    for places in combinations(range(3), len(axes)):
        block = axes[:, places]
        if len(axes) and abs(np.linalg.det(block)) < 1e-9:
            continue
        tidy = np.linalg.solve(block, axes) if len(axes) else axes
        if np.allclose(tidy, np.rint(tidy), atol=1e-9):
            return tuple(tuple(int(part) for part in row) for row in np.rint(tidy))  # type: ignore[misc]
    raise ValueError(f"no whole numbers span {axes}")


def subspace(axes: tuple[tuple[int, int, int], ...], point: Ints) -> Subspace:
    """The subspace along these axes through a point."""
    rest = point.copy()
    for place, axis in zip(free_places(axes), axes, strict=True):
        rest -= point[place] * np.array(axis)
    return Subspace(axes, tuple(int(part) % GRID for part in rest))


def moved(one: Subspace, turn: Ints, shift: Ints) -> Subspace:
    """Its image under an operation."""
    axes = whole(np.array(one.axes, dtype=float).reshape(-1, 3) @ turn.T)
    return subspace(axes, turn @ np.array(one.offset) + shift)


def point_on(one: Subspace) -> NDArray[np.float64]:
    """A point of a subspace that lies on no smaller one, in fractional coordinates."""
    return np.array(one.offset) / GRID + GENERIC[: len(one.axes)] @ np.array(one.axes, dtype=float).reshape(-1, 3)


def orbit(point: NDArray[np.float64], turns: Ints, shifts: Ints) -> NDArray[np.float64]:
    """The different images of a point in one cell."""
    images = np.einsum("nij,j->ni", turns, point) + shifts / GRID
    return np.unique(np.round(images % 1.0, 8) % 1.0, axis=0)


def spglib_letters(number: int, hall: int, turns: Ints, shifts: Ints, best: list[Subspace]) -> list[str]:
    """The letter that spglib gives each subspace: all are occupied by different elements of one crystal."""
    at, kinds = [], []
    points = [*map(point_on, best), *FURTHER]
    for kind, point in enumerate(points, start=1):
        images = orbit(point, turns, shifts)
        at += images.tolist()
        kinds += [kind] * len(images)
    lattice = cell(next(CELLS[last] for last in sorted(CELLS) if number <= last))
    found = spglib.get_symmetry_dataset((lattice, at, kinds), symprec=1e-5, hall_number=hall)
    if found.number != number:
        raise ValueError(f"space group {number} was taken for {found.number}")
    letters = [""] * len(best)
    for point, letter in zip(at, found.wyckoffs, strict=True):
        standard = found.transformation_matrix @ np.array(point) + found.origin_shift
        letters[home(standard, turns, shifts, best)] = letter
    if len(set(letters)) != len(best) or "" in letters:
        raise ValueError(f"space group {number}: letters {letters}")
    return letters


def home(point: NDArray[np.float64], turns: Ints, shifts: Ints, best: list[Subspace]) -> int:
    """Which subspace an operation brings a point onto; the smallest one counts."""
    images = orbit(point, turns, shifts)
    for place in sorted(range(len(best)), key=lambda index: len(best[index].axes)):
        one = best[place]
        axes = np.array(one.axes, dtype=float).reshape(-1, 3)
        rest = images - images[:, free_places(one.axes)] @ axes - np.array(one.offset) / GRID
        if (np.abs(rest - np.rint(rest)).max(axis=1) < 1e-4).any():
            return place
    raise ValueError("a point lies on no position")


def cell(parameters: tuple[float, ...]) -> list[list[float]]:
    """Lengths and angles to cell vectors."""
    a, b, c, *angles = parameters
    alpha, beta, gamma = np.cos(np.deg2rad(angles))
    sine = np.sqrt(1 - gamma**2)
    y = (alpha - beta * gamma) / sine
    return [[a, 0, 0], [b * gamma, b * sine, 0], [c * beta, c * y, c * np.sqrt(1 - beta**2 - y**2)]]


if __name__ == "__main__":
    main()
