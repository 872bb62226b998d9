"""Molecular graphs as an encoder reads them: flat in memory, padded only in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sekkei.molecules.graphs import TRAITS, Graph

_NOTHING = Graph(
    np.empty(0, dtype=np.uint8),
    np.empty((0, len(TRAITS)), dtype=np.uint8),
    np.empty((0, 2), dtype=np.int16),
    np.empty(0, dtype=np.uint8),
)


@dataclass(frozen=True)
class Graphs:
    """n molecules, one after the other.

    Attributes:
        whole: their atoms and bonds joined; the ends of bonds are numbers within a molecule.
        atoms: (n + 1,) where the atoms of each begin.
        bonds: (n + 1,) where its directed bonds begin.
    """

    whole: Graph
    atoms: NDArray[np.int64]
    bonds: NDArray[np.int64]

    @staticmethod
    def of(graphs: Sequence[Graph]) -> Graphs:
        """Join molecules."""
        whole = Graph(*(np.concatenate(parts) for parts in zip(_NOTHING, *graphs, strict=True)))
        return Graphs(
            whole, _begins([len(one.elements) for one in graphs]), _begins([len(one.bonds) for one in graphs])
        )

    def __len__(self) -> int:
        """Number of molecules."""
        return len(self.atoms) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) atoms of each."""
        return np.diff(self.atoms)

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """What :class:`sekkei.models.dmpnn.DMPNN` takes: elements, traits, ends and bonds of some molecules."""
        atoms, sizes = _places(self.atoms, rows)
        bonds, many = _places(self.bonds, rows)
        elements = np.zeros((len(rows), int(sizes.max(initial=1))), dtype=np.int64)
        elements[np.arange(elements.shape[1])[None] < sizes[:, None]] = self.whole.elements[atoms]
        first = np.repeat(np.cumsum(sizes) - sizes, many)
        ends = self.whole.ends[bonds].astype(np.int64) + first[:, None]
        traits, kinds = (part.astype(np.int64) for part in (self.whole.traits[atoms], self.whole.bonds[bonds]))
        return tuple(torch.from_numpy(part) for part in (elements, traits, ends, kinds))


def _begins(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.array(sizes, dtype=np.int64))])


def _places(begins: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of all parts of some molecules, and how many parts each has."""
    sizes = begins[rows + 1] - begins[rows]
    inside = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(begins[rows], sizes) + inside, sizes
