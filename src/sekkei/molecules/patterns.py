"""Many SMARTS patterns against one molecule: a fingerprint says which of them are worth a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs

Screen = NDArray[np.uint64]
"""(32,) RDKit's pattern fingerprint of a molecule's heavy atoms, 2048 bits: a substructure's bits are all in it."""


def screen_of(mol: Chem.Mol) -> Screen:
    """What patterns are compared with; of a molecule without explicit hydrogens."""
    return np.frombuffer(DataStructs.BitVectToBinaryText(Chem.PatternFingerprint(mol)), dtype=np.uint64)


@dataclass(frozen=True)
class Patterns:
    """Queries with their own fingerprints.

    A query's fingerprint is that of its atoms that can be nothing but heavy, so that molecules need not have their
    hydrogens written out for it. The tests hold the outcome to the full search.

    Attributes:
        queries: n patterns.
        screens: (n, 32) what a molecule's screen must hold.
    """

    queries: tuple[Chem.Mol, ...]
    screens: NDArray[np.uint64]

    @classmethod
    def of(cls, queries: Sequence[Chem.Mol]) -> Patterns:
        """Patterns ready to be searched for."""
        screens = [screen_of(_heavy(query)) for query in queries]
        return cls(tuple(queries), np.array(screens, dtype=np.uint64).reshape(len(queries), -1))

    def found(self, mol: Chem.Mol, screen: Screen) -> list[int]:
        """Which patterns a molecule contains, in their order.

        Args:
            mol: searched as it is, with or without explicit hydrogens.
            screen: of the same molecule without them.
        """
        candidates = np.flatnonzero(~(self.screens & ~screen).any(axis=1))
        return [row for row in candidates.tolist() if mol.HasSubstructMatch(self.queries[row])]


def _heavy(query: Chem.Mol) -> Chem.Mol:
    """A pattern without the atoms that a hydrogen can stand for."""
    hydrogen = _hydrogen().GetAtomWithIdx(1)
    made = Chem.RWMol(query)
    for atom in reversed(list(query.GetAtoms())):
        if atom.GetAtomicNum() == 1 or (atom.HasQuery() and atom.Match(hydrogen)):
            made.RemoveAtom(atom.GetIdx())
    return made.GetMol()


@cache
def _hydrogen() -> Chem.Mol:
    return Chem.AddHs(Chem.MolFromSmiles("C"))
