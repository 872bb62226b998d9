"""The atoms of a crystal that is being written, and where the next ones keep their distance from them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats
from sekkei.materials.formula import SYMBOLS
from sekkei.materials.geometry import radii
from sekkei.materials.symmetry.groups import SpaceGroup, space_group
from sekkei.materials.symmetry.sites import LEVELS, ORDER

NEAREST = 0.55
"""Share of 0.7 Angstrom and both atomic radii that two atoms keep at least. The form is LeMat-GenBench's
(arXiv:2512.04562), with 0.5; 1,499 of 1,500 training crystals keep 0.55, 1,480 keep 0.6."""

_SIZES = radii(np.array([SYMBOLS.index(symbol) + 1 for symbol in ORDER]))
_IMAGES = np.array(list(product((-1.0, 0.0, 1.0), repeat=3)))

Levels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Packing:
    """The atoms that stand.

    Attributes:
        group: space group.
        cell: (3, 3) vectors of the primitive cell as rows [Angstrom].
        points: (m, 3) atoms, in coordinates of the primitive cell.
        sizes: (m,) their radii [Angstrom].
    """

    group: SpaceGroup
    cell: Floats
    points: Floats
    sizes: Floats

    @classmethod
    def begin(cls, group: int, parameters: tuple[float, ...], sites: tuple[tuple[int, str], ...]) -> Packing | None:
        """The atoms that a cell holds before any coordinate is written; None where no cell has these angles.

        Args:
            group: space group number.
            parameters: its free cell parameters [Angstrom, deg].
            sites: (rank of the element, letter) of all sites; those with freedom are still to come.
        """
        kept = space_group(group)
        lattice = kept.lattice(parameters)
        if lattice is None:
            return None
        packing = cls(kept, kept.primitive @ lattice, np.empty((0, 3)), np.empty(0))
        for rank, letter in sites:
            if not kept.positions[letter].free:
                packing = packing.holding(rank, letter, ())
        return packing

    def holding(self, rank: int, letter: str, levels: tuple[int, ...]) -> Packing:
        """With the atoms of one more site."""
        made = self._atoms(letter, np.array([levels], dtype=np.int64))[0]
        sizes = np.full(len(made), _SIZES[rank])
        return Packing(self.group, self.cell, np.concatenate([self.points, made]), np.concatenate([self.sizes, sizes]))

    def room(self, rank: int, letter: str, levels: Levels) -> Floats:
        """How far the atoms of a site keep from those that stand, and from each other.

        Args:
            rank: of the element.
            letter: of the position.
            levels: (n, free) coordinates to try, in 1/1000 of a cell edge.

        Returns:
            (n,) the smallest distance as a share of what two such atoms keep at least: 1 and more keeps it. Symmetry
            carries any atom of the site to the first, so that one is looked at.
        """
        made = self._atoms(letter, levels)
        others = np.concatenate([np.broadcast_to(self.points, (len(made), *self.points.shape)), made[:, 1:]], axis=1)
        sizes = np.concatenate([self.sizes, np.full(made.shape[1] - 1, _SIZES[rank])])
        least = NEAREST * (0.7 + _SIZES[rank] + sizes)
        gaps = others - made[:, :1]
        gaps = (gaps - np.rint(gaps))[:, :, None] + _IMAGES
        apart = np.einsum("nmix,xy,nmiy->nmi", gaps, self.cell @ self.cell.T, gaps, optimize=True).min(axis=2)
        return np.asarray(np.sqrt((apart / least**2).min(axis=1, initial=np.inf)))

    def _atoms(self, letter: str, levels: Levels) -> Floats:
        """(n, atoms, 3) atoms of a site in coordinates of the primitive cell."""
        position = self.group.positions[letter]
        points = position.offset + levels / LEVELS @ position.axes
        rows = list(position.images)
        images = np.einsum("aij,nj->nai", self.group.rotations[rows], points) + self.group.shifts[rows]
        return np.asarray(images @ np.linalg.inv(self.group.primitive))
