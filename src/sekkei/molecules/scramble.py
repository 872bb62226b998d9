"""Molecules of the right atoms joined at random: valid, new and different, and yet what nobody would draw.

What a generator shows that knows how many bonds an element forms, and nothing else of chemistry.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rdkit import Chem, rdBase

_TABLE = Chem.GetPeriodicTable()
_HIGHER = {Chem.BondType.SINGLE: Chem.BondType.DOUBLE, Chem.BondType.DOUBLE: Chem.BondType.TRIPLE}
_TRIES = 20


def scrambled(texts: Sequence[str], seed: int) -> list[str]:
    """For each of n valid SMILES its heavy atoms joined at random, as canonical SMILES; charges and stereo are lost.

    Rings and multiple bonds are as many as in the given molecule, where valences allow it. What finds no free valence,
    such as a second fluorine of F2 or a sodium ion, is left out.
    """
    random = np.random.default_rng(seed)
    with rdBase.BlockLogs():
        return [_scramble(Chem.MolFromSmiles(text), random) for text in texts]


def _scramble(mol: Chem.Mol, random: np.random.Generator) -> str:
    Chem.Kekulize(mol, clearAromaticFlags=True)
    made = Chem.RWMol()
    left = _grow_tree(made, [atom.GetAtomicNum() for atom in mol.GetAtoms()], random)
    for _ in range(mol.GetRingInfo().NumRings()):
        _close_ring(made, left, random)
    for _ in range(sum(round(bond.GetBondTypeAsDouble()) - 1 for bond in mol.GetBonds())):
        _raise_bond(made, left, random)
    Chem.SanitizeMol(made)
    return str(Chem.MolToSmiles(made))


def _grow_tree(made: Chem.RWMol, numbers: Sequence[int], random: np.random.Generator) -> list[int]:
    """Bind each atom to an earlier one; the free valences that are left, by atom."""
    left: list[int] = []
    drawn = [int(number) for number in random.permutation(numbers)]
    # What forms one bond comes last: it would end the tree.
    for number in sorted(drawn, key=lambda number: _valence(number) < 2):
        ends = np.flatnonzero(left)
        if left and not (_valence(number) and len(ends)):
            continue
        atom = made.AddAtom(Chem.Atom(number))
        left.append(_valence(number))
        if atom:
            _bind(made, left, int(random.choice(ends)), atom)
    return left


def _valence(number: int) -> int:
    """The usual valence; 0 for what has none, as most metals."""
    return max(int(_TABLE.GetDefaultValence(number)), 0)


def _bind(made: Chem.RWMol, left: list[int], one: int, other: int) -> None:
    made.AddBond(one, other, Chem.BondType.SINGLE)
    left[one] -= 1
    left[other] -= 1


def _close_ring(made: Chem.RWMol, left: list[int], random: np.random.Generator) -> None:
    ends = np.flatnonzero(left)
    for _ in range(_TRIES if len(ends) > 1 else 0):
        one, other = (int(end) for end in random.choice(ends, size=2, replace=False))
        if made.GetBondBetweenAtoms(one, other) is None:
            _bind(made, left, one, other)
            return


def _raise_bond(made: Chem.RWMol, left: list[int], random: np.random.Generator) -> None:
    open_bonds = [
        bond
        for bond in made.GetBonds()
        if bond.GetBondType() in _HIGHER and left[bond.GetBeginAtomIdx()] and left[bond.GetEndAtomIdx()]
    ]
    if open_bonds:
        bond = open_bonds[int(random.integers(len(open_bonds)))]
        bond.SetBondType(_HIGHER[bond.GetBondType()])
        left[bond.GetBeginAtomIdx()] -= 1
        left[bond.GetEndAtomIdx()] -= 1
