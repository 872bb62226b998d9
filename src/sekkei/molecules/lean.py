"""Molecules without what RDKit keeps beside them: rings and intermediate results take two thirds of their memory."""

from __future__ import annotations

from rdkit import Chem

from sekkei.core.types import Problem
from sekkei.molecules.validity import parse_smiles


def parse_lean(text: str) -> Chem.Mol | Problem:
    """Read a SMILES as :func:`sekkei.molecules.validity.parse_smiles` does; :func:`ringed` gives back its rings."""
    mol = parse_smiles(text)
    if not isinstance(mol, Problem):
        mol.ClearComputedProps()
    return mol


def ringed(mol: Chem.Mol) -> Chem.Mol:
    """A copy that knows its rings."""
    copy = Chem.Mol(mol)
    Chem.GetSymmSSSR(copy)
    return copy
