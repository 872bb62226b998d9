"""Between SMILES and SELFIES, in which every text is a molecule (Krenn et al. 2020, arXiv:1905.13741)."""

from __future__ import annotations

import re

import selfies
from rdkit import Chem

from sekkei.core.types import Problem
from sekkei.molecules.domain import MOLECULES

MAX_LENGTH = 10_000
"""Longest SELFIES that is read [characters]."""

_SYMBOLS = re.compile(r"(\[[^\[\]]+\]\.?)+")


def to_selfies(smiles: str) -> str | Problem:
    """The SELFIES of a molecule, written from its canonical SMILES.

    Args:
        smiles: any SMILES that :func:`sekkei.molecules.validity.parse_smiles` reads.

    Returns:
        The SELFIES, which is read back as the same molecule; or the Problem of the SMILES; or a Problem ``selfies``
        where SELFIES has no words for it, such as an atom with more bonds than its rules give one (IF5).
    """
    mol = MOLECULES.parse(smiles)
    if isinstance(mol, Problem):
        return mol
    canonical = MOLECULES.text(mol)
    try:
        # the library finds double bonds of aromatic rings by trial; RDKit knows them
        written = str(selfies.encoder(Chem.MolToSmiles(mol, kekuleSmiles=True)))
    except selfies.EncoderError as error:
        return Problem("selfies", f"has no SELFIES: {_first_line(error)}")
    if to_smiles(written) != canonical:
        return Problem("selfies", "has no SELFIES that means the same molecule")
    return written


def to_smiles(text: str) -> str | Problem:
    """The canonical SMILES of a SELFIES.

    Returns:
        The SMILES, or a Problem ``syntax``, ``empty`` or ``too_large``, or that of a molecule which RDKit refuses.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        return Problem("too_large", f"the SELFIES has {len(text)} characters, more than {MAX_LENGTH}")
    if not _SYMBOLS.fullmatch(text):
        return Problem("syntax", "a SELFIES is a row of symbols in brackets, such as [C][C][O]")
    try:
        smiles = str(selfies.decoder(text))
    except selfies.DecoderError as error:
        return Problem("syntax", _first_line(error))
    if not smiles:
        return Problem("empty", "its symbols mean no atom")
    mol = MOLECULES.parse(smiles)
    return mol if isinstance(mol, Problem) else MOLECULES.text(mol)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["refused"])[0]
