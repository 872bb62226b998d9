"""The same molecule written otherwise: SMILES enumeration (Bjerrum 2017, arXiv:1703.07076)."""

from __future__ import annotations

from collections.abc import Sequence

from rdkit import Chem, rdBase


def enumerated(smiles: Sequence[str], seed: int) -> list[str]:
    """Each SMILES begun at another atom and walked in another order; row i depends on ``seed`` and i alone.

    A text that cannot be read stays as it is.
    """
    with rdBase.BlockLogs():
        return [_other(text, (seed + row) % (2**31 - 1)) for row, text in enumerate(smiles)]


def _other(text: str, seed: int) -> str:
    item = Chem.MolFromSmiles(text)
    if item is None or item.GetNumAtoms() == 0:
        return text
    return str(Chem.MolToRandomSmilesVect(item, 1, randomSeed=seed + 1)[0])
