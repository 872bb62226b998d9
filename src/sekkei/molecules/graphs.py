"""Molecules as graphs: what a message-passing network is told of every atom and bond.

Everything follows from the graph without stereochemistry, as :mod:`sekkei.molecules.features` does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from sekkei.molecules.lean import ringed

_HYBRIDS = (Chem.HybridizationType.S, Chem.HybridizationType.SP, Chem.HybridizationType.SP2,
            Chem.HybridizationType.SP3)  # fmt: skip
_BONDS = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE, Chem.BondType.AROMATIC)
_LARGEST_RING = 8

TRAITS = {"degree": 7, "charge": 5, "hydrogens": 5, "hybridization": 5, "aromatic": 2, "ring": 7, "rings": 4}
"""What is told of an atom beside its element, and how many values each can take."""

BONDS = 4 * (len(_BONDS) + 1)
"""Kinds of bonds: order, conjugated or not, in a ring or not."""

_FIRST = np.cumsum([0, *TRAITS.values()])[:-1]


class Graph(NamedTuple):
    """A molecule of n atoms and b bonds.

    Attributes:
        elements: (n,) atomic numbers.
        traits: (n, 7) one number for each of :data:`TRAITS`, no two of them share one.
        ends: (2 b, 2) from which atom to which; each bond in one direction and right after it in the other.
        bonds: (2 b,) kinds, from 0 to ``BONDS - 1``.
    """

    elements: NDArray[np.uint8]
    traits: NDArray[np.uint8]
    ends: NDArray[np.int16]
    bonds: NDArray[np.uint8]


def graph(item: Chem.Mol) -> Graph:
    """A molecule as arrays; a charge or a number of neighbours outside the usual counts as the nearest usual one."""
    item = ringed(item)
    rings = item.GetRingInfo()
    atoms = [
        (
            min(atom.GetDegree(), 6),
            min(max(atom.GetFormalCharge(), -2), 2) + 2,
            min(atom.GetTotalNumHs(), 4),
            _place(_HYBRIDS, atom.GetHybridization()),
            int(atom.GetIsAromatic()),
            _ring(rings.MinAtomRingSize(place)),
            min(rings.NumAtomRings(place), 3),
        )
        for place, atom in enumerate(item.GetAtoms())
    ]
    pairs = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in item.GetBonds()]
    kinds = [
        4 * _place(_BONDS, bond.GetBondType()) + 2 * bond.GetIsConjugated() + bond.IsInRing()
        for bond in item.GetBonds()
    ]
    ends = np.array([end for one, other in pairs for end in ((one, other), (other, one))], dtype=np.int16)
    return Graph(
        np.array([atom.GetAtomicNum() for atom in item.GetAtoms()], dtype=np.uint8),
        (np.array(atoms, dtype=np.int64).reshape(-1, len(TRAITS)) + _FIRST).astype(np.uint8),
        ends.reshape(-1, 2),
        np.repeat(np.array(kinds, dtype=np.uint8), 2),
    )


def _place(known: tuple[object, ...], one: object) -> int:
    return known.index(one) if one in known else len(known)


def _ring(size: int) -> int:
    """0 outside rings, else 1 for three atoms up to 6 for eight and more."""
    return 0 if size < 3 else min(size, _LARGEST_RING) - 2
