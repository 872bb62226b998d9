"""A crystal as what its symmetry leaves free: space group, free cell parameters, occupied Wyckoff positions.

Put together again it has that symmetry to the last digit. Numbers are kept to the steps of the tokens: 0.02 Angstrom,
0.1 degree, 0.001 of a cell edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats, Problem
from sekkei.materials.crystal import MAX_SITES, Crystal, crystal
from sekkei.materials.formula import ELECTRONEGATIVITY, SYMBOLS, Composition, composition
from sekkei.materials.structures import SYMPREC, symmetry_dataset
from sekkei.materials.symmetry.groups import LENGTHS, Position, SpaceGroup, space_group

LEVELS = 1000
"""Steps of a free coordinate across the cell."""

LENGTH_STEP, ANGLE_STEP = 0.02, 0.1
"""Steps of cell lengths [Angstrom] and angles [deg]."""

LONGEST = 160.0
"""Longest cell edge [Angstrom]."""

ANGLES = (20.0, 160.0)
"""Smallest and largest cell angle [deg]."""

_ON_SITE = 2e-3  # of a cell edge: how far spglib's idealised positions may lie off a Wyckoff position
_SAME_ATOM = 5e-3
_CLOSEST = 0.1  # Angstrom; nearer atoms lie on a position of higher symmetry

ORDER = tuple(sorted(SYMBOLS, key=lambda symbol: (ELECTRONEGATIVITY.get(symbol, math.inf), symbol)))
"""The elements as formulas order them: the least electronegative first."""

_RANK = {symbol: rank for rank, symbol in enumerate(ORDER)}


@dataclass(frozen=True)
class Site:
    """One occupied Wyckoff position.

    Attributes:
        symbol: the element there.
        letter: the position's letter.
        levels: its free coordinates in 1/1000 of a cell edge, 0 to 999.
    """

    symbol: str
    letter: str
    levels: tuple[int, ...] = ()

    @property
    def order(self) -> tuple[int, str, tuple[int, ...]]:
        """Its place among the sites of a crystal; ``A``, the twenty-seventh letter of Pmmm, comes last."""
        return _RANK[self.symbol], self.letter.swapcase(), self.levels


@dataclass(frozen=True)
class SymmetricCrystal:
    """A crystal without what its symmetry fixes.

    Attributes:
        group: space group number.
        cell: the free cell parameters in steps of 0.02 Angstrom and 0.1 degree.
        sites: the occupied positions, in order.
    """

    group: int
    cell: tuple[int, ...]
    sites: tuple[Site, ...]

    @property
    def parameters(self) -> tuple[float, ...]:
        """The free cell parameters [Angstrom, deg]."""
        names = space_group(self.group).free_cell
        steps = [LENGTH_STEP if name in LENGTHS else ANGLE_STEP for name in names]
        return tuple(round(count * step, 6) for count, step in zip(self.cell, steps, strict=True))

    @property
    def atoms(self) -> int:
        """Atoms in the primitive cell."""
        positions = space_group(self.group).positions
        return sum(len(positions[site.letter].images) for site in self.sites)

    @property
    def composition(self) -> Composition:
        """Its elements and their proportions; at least one site must be occupied."""
        positions = space_group(self.group).positions
        counts: dict[str, int] = {}
        for site in self.sites:
            counts[site.symbol] = counts.get(site.symbol, 0) + positions[site.letter].atoms
        made = composition(counts)
        if isinstance(made, Problem):
            raise TypeError(made.message)
        return made

    def crystal(self) -> Crystal | Problem:
        """The primitive cell with all its atoms.

        Returns:
            The crystal, or a Problem ``empty``, ``too_large``, ``flat_cell`` or ``higher_symmetry`` (atoms of one site
            coincide, since their free coordinates happen to lie on a position of fewer points).
        """
        group = space_group(self.group)
        if self.atoms > MAX_SITES:
            return Problem("too_large", f"{self.atoms} atoms in the cell are more than {MAX_SITES}")
        lattice = group.lattice(self.parameters)
        if lattice is None or not self.sites:
            kind, message = ("empty", "no site is occupied") if lattice is not None else ("flat_cell", "no such angles")
            return Problem(kind, message)
        primitive = group.primitive @ lattice
        to_primitive = np.linalg.inv(group.primitive)
        at, numbers = [], []
        for site in self.sites:
            points = atoms_of(group, site) @ to_primitive
            if _closest(points, primitive) < _CLOSEST:
                return Problem("higher_symmetry", f"the atoms of {site.symbol}:{site.letter} coincide")
            at.append(points % 1.0)
            numbers += [SYMBOLS.index(site.symbol) + 1] * len(points)
        return crystal(primitive, numbers, np.concatenate(at))


def atoms_of(group: SpaceGroup, site: Site) -> Floats:
    """(n, 3) atoms of a site in the primitive cell, in coordinates of the conventional one."""
    position = group.positions[site.letter]
    point = position.offset + np.array(site.levels, dtype=np.float64) / LEVELS @ position.axes
    return group.images(point)[list(position.images)]


def _closest(points: Floats, lattice: Floats) -> float:
    """Smallest distance [Angstrom] between different points; enough for nearby ones in any cell."""
    gaps = points[:, None] - points[None]
    gaps -= np.rint(gaps)
    distances = np.linalg.norm(gaps @ lattice, axis=-1)
    np.fill_diagonal(distances, np.inf)
    return float(distances.min(initial=np.inf))


def take_apart(item: Crystal, symprec: float = SYMPREC) -> SymmetricCrystal | Problem:
    """Find the symmetry of a crystal and keep what it leaves free.

    Of the origins that the space group allows, the one is taken whose sites come first in order; along a polar axis
    an atom of the first element is at 0.

    Args:
        item: the crystal.
        symprec: tolerance [Angstrom] of the symmetry search; atoms are moved onto the symmetry found.

    Returns:
        The free part, or a Problem ``symmetry``, ``too_large`` or ``flat_cell``.
    """
    found = descriptions(item, symprec)
    return found if isinstance(found, Problem) else found[0]


def descriptions(item: Crystal, symprec: float = SYMPREC) -> tuple[SymmetricCrystal, ...] | Problem:
    """The same crystal seen from every origin that its space group allows, each once and the first in order in front.

    Arguments and Problems are those of :func:`take_apart`.
    """
    found = symmetry_dataset(item, symprec)
    if isinstance(found, Problem):
        return found
    group = space_group(int(found.number))
    cell = _cell_steps(group, np.asarray(found.std_lattice, dtype=np.float64))
    if isinstance(cell, Problem):
        return cell
    points = np.asarray(found.std_positions, dtype=np.float64) % 1.0
    orbits = _orbits(group, points, np.asarray(found.std_types))
    if isinstance(orbits, Problem):
        return orbits
    variants = (_sites(group, orbits, shift) for shift in _shifts(group, orbits))
    whole = {sites for sites in variants if sites is not None}
    if not whole:
        return Problem("symmetry", "an atom lies on no position of the space group")
    in_order = sorted(whole, key=lambda sites: [site.order for site in sites])
    return tuple(SymmetricCrystal(group.number, cell, sites) for sites in in_order)


def _cell_steps(group: SpaceGroup, lattice: Floats) -> tuple[int, ...] | Problem:
    lengths = np.linalg.norm(lattice, axis=1)
    unit = lattice / lengths[:, None]
    angles = np.rad2deg(np.arccos([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]]))
    values = dict(zip((*LENGTHS, "alpha", "beta", "gamma"), (*lengths, *angles), strict=True))
    steps = []
    for name in group.free_cell:
        if name in LENGTHS and not 1.0 <= values[name] < LONGEST - LENGTH_STEP:
            return Problem("too_large", f"a cell edge of {values[name]:.4g} Angstrom is outside 1 to {LONGEST:g}")
        if name not in LENGTHS and not ANGLES[0] <= values[name] < ANGLES[1] - ANGLE_STEP:
            return Problem("flat_cell", f"a cell angle of {values[name]:.4g} degrees is outside {ANGLES}")
        steps.append(round(float(values[name]) / (LENGTH_STEP if name in LENGTHS else ANGLE_STEP)))
    return tuple(steps)


def _orbits(group: SpaceGroup, points: Floats, numbers: Floats) -> list[tuple[str, Floats]] | Problem:
    """An element and a point of each orbit among the atoms of the conventional cell."""
    left = np.ones(len(points), dtype=np.bool_)
    orbits = []
    for place, point in enumerate(points):
        if not left[place]:
            continue
        gaps = points[None] - group.images(point)[:, None]
        same = (np.abs(gaps - np.rint(gaps)).max(axis=-1) < _SAME_ATOM).any(axis=0)
        if (numbers[same] != numbers[place]).any():
            return Problem("symmetry", "an operation carries an atom to one of another element")
        left &= ~same
        orbits.append((SYMBOLS[int(numbers[place]) - 1], point))
    return orbits


def _shifts(group: SpaceGroup, orbits: list[tuple[str, Floats]]) -> Iterator[Floats]:
    """Every origin to try."""
    along = polar(group)
    if not along.any():
        yield from origins(group.number)
        return
    first = min((symbol for symbol, _ in orbits), key=_RANK.__getitem__)
    for symbol, point in orbits:
        if symbol == first:
            yield from (shift - np.where(along, point, 0.0) for shift in origins(group.number))


def _sites(group: SpaceGroup, orbits: list[tuple[str, Floats]], shift: Floats) -> tuple[Site, ...] | None:
    sites = []
    for symbol, point in orbits:
        found = locate(group, point + shift)
        if found is None:
            return None
        sites.append(Site(symbol, found[0].letter, found[1]))
    return tuple(sorted(sites, key=lambda site: site.order))


def locate(group: SpaceGroup, point: Floats) -> tuple[Position, tuple[int, ...]] | None:
    """The Wyckoff position of a point, and its free coordinates in 1/1000.

    Of all images of the point on the representative of the position the one with the smallest coordinates is taken.
    """
    images = group.images(point)
    for position in sorted(group.positions.values(), key=lambda one: (one.free, one.multiplicity)):
        free = images[:, list(position.places)]
        rest = images - free @ position.axes - position.offset
        on = np.abs(rest - np.rint(rest)).max(axis=1) < _ON_SITE
        if on.any():
            levels = np.rint(free[on] * LEVELS).astype(np.int64) % LEVELS
            return position, min(tuple(int(level) for level in row) for row in levels)
    return None


def polar(group: SpaceGroup) -> NDArray[np.bool_]:
    """(3,) whether every origin along this cell edge will do, since no operation turns it round."""
    turns = group.rotations - np.eye(3, dtype=np.int64)
    return np.asarray(~(turns != 0).any(axis=(0, 1)))


@cache
def origins(number: int) -> tuple[Floats, ...]:
    """Shifts of the origin that leave the operations of a space group as they are, one for each different choice.

    The translations of its Euclidean normaliser in steps of 1/12 of the cell edges; a polar axis, along which
    every origin will do, is left as it is.
    """
    group = space_group(number)
    turns = group.rotations - np.eye(3, dtype=np.int64)
    pure = group.shifts[(turns == 0).all(axis=(1, 2))]
    kept: list[Floats] = []
    for shift in _grid(polar(group)):
        moves = turns @ shift
        inside = moves[:, None] - pure[None]
        known = [shift - one - pure for one in kept]
        if (np.abs(inside - np.rint(inside)).max(axis=-1) < 1e-9).any(axis=1).all() and not any(
            (np.abs(gap - np.rint(gap)).max(axis=-1) < 1e-9).any() for gap in known
        ):
            kept.append(shift)
    return tuple(kept)


def _grid(along: NDArray[np.bool_]) -> Iterator[Floats]:
    steps = [(0,) if fixed else (0, 3, 4, 6, 8, 9) for fixed in along]
    yield from (np.array(row, dtype=np.float64) / 12 for row in product(*steps))
