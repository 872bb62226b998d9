"""Raw SMILES to clean, labelled rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rdkit import Chem, rdBase

from sekkei.core.types import Floats
from sekkei.molecules.properties import PROPERTIES, table

LARGEST = 60
"""Molecules with more heavy atoms than this are left out of training data."""


def clean_and_label(texts: Sequence[str]) -> tuple[list[str], Floats]:
    """Canonical SMILES and properties of the largest fragment of each readable molecule.

    Salts and solvents are stripped, since a counter-ion is no part of a design. Molecules that cannot be read,
    have no carbon, or have more than :data:`LARGEST` heavy atoms are left out.

    Args:
        texts: SMILES as published.

    Returns:
        k SMILES and their properties (k, 11), k at most ``len(texts)``.
    """
    smiles: list[str] = []
    rows: list[Floats] = []
    with rdBase.BlockLogs():
        for text in texts:
            mol = _largest_fragment(text)
            if mol is None or not _fits(mol):
                continue
            values = table([mol])[0]
            if np.isfinite(values).all():
                smiles.append(Chem.MolToSmiles(mol))
                rows.append(values)
    return smiles, np.array(rows).reshape(len(rows), len(PROPERTIES))


def label_each(texts: Sequence[str]) -> Floats:
    """Properties of every text, (n, 11); a row of NaN for one that is no molecule."""
    out = np.full((len(texts), len(PROPERTIES)), np.nan)
    with rdBase.BlockLogs():
        for row, text in enumerate(texts):
            mol = Chem.MolFromSmiles(text)
            if mol is not None and mol.GetNumAtoms():
                out[row] = table([mol])[0]
    return out


def _largest_fragment(text: str) -> Chem.Mol | None:
    piece = max(text.split("."), key=len)
    return Chem.MolFromSmiles(piece)


def _fits(mol: Chem.Mol) -> bool:
    if not 1 <= mol.GetNumHeavyAtoms() <= LARGEST:
        return False
    return any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())
