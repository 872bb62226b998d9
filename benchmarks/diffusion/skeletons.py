"""A crystal as what is chosen, and what is measured: its group, positions and elements, and its numbers.

``136 Ti:a O:f | 4.60 2.96 O@.305`` is the skeleton ``136 Ti:a O:f`` with a=4.60, c=2.96 and x=.305. A vector that has
a place for each number keeps them all, and a small error of it is a small error of the crystal; only the skeleton has
to be put into the rest of the vector by a network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats, Problem
from sekkei.materials.codecs.wyckoff import WyckoffCodec, read_symmetric, written
from sekkei.materials.symmetry.groups import SpaceGroup, space_group
from sekkei.materials.symmetry.sites import Site, SymmetricCrystal

CELL = ("a", "b", "c", "alpha", "beta", "gamma")
COORDINATES = 62
"""Free coordinates that a vector has places for; 98 % of MP-20 and MPTS-52 have no more."""

NUMBERS = len(CELL) + COORDINATES
_CENTRE = np.array([400.0] * 3 + [900.0] * 3 + [500.0] * COORDINATES)
_SCALE = np.array([200.0] * 3 + [200.0] * 3 + [289.0] * COORDINATES)
"""About mean and standard deviation in steps, of 0.02 Angstrom, 0.1 degree and a thousandth of the cell."""

_SKELETON = re.compile(r"(?P<group>\d+)(?P<sites>(?: [A-Z][a-z]?:[a-zA])+)")


def skeleton(tokens: Sequence[int], codec: WyckoffCodec) -> list[int]:
    """The tokens of a line up to its bar."""
    return list(tokens[: list(tokens).index(codec.first["bar"])])


def numbers(text: str) -> Floats | None:
    """(NUMBERS,) what a line measures, each in its place and about standard normal; None where there are too many."""
    item = read_symmetric(text)
    if isinstance(item, Problem):
        raise TypeError(item.message)
    levels = [level for site in item.sites for level in site.levels]
    if len(levels) > COORDINATES:
        return None
    steps = _CENTRE.copy()
    steps[_cell_places(space_group(item.group))] = item.cell
    steps[len(CELL) : len(CELL) + len(levels)] = levels
    return np.asarray((steps - _CENTRE) / _SCALE)


def line(text: str, found: NDArray[np.floating]) -> str | Problem:
    """The line of a skeleton and its numbers, or a Problem ``syntax``, ``symmetry`` or ``too_large``."""
    read = _SKELETON.fullmatch(text)
    if read is None:
        return Problem("syntax", "it is no skeleton such as '136 Ti:a O:f'")
    group = space_group(int(read["group"]))
    pairs = [word.split(":") for word in read["sites"].split()]
    if absent := [letter for _, letter in pairs if letter not in group.positions]:
        return Problem("symmetry", f"space group {group.number} has no position '{absent[0]}'")
    steps = np.rint(found * _SCALE + _CENTRE).astype(int)
    free = [group.positions[letter].free for _, letter in pairs]
    if sum(free) > COORDINATES:
        return Problem("too_large", f"{sum(free)} free coordinates are more than {COORDINATES}")
    levels = np.split(steps[len(CELL) :] % 1000, np.cumsum(free))
    sites = [
        Site(symbol, letter, tuple(map(int, part)) if count else ())
        for (symbol, letter), count, part in zip(pairs, free, levels, strict=False)
    ]
    return written(SymmetricCrystal(group.number, tuple(map(int, steps[_cell_places(group)])), tuple(sites)))


def _cell_places(group: SpaceGroup) -> list[int]:
    return [CELL.index(name) for name in group.free_cell]
