"""The molecules domain: how a small molecule is read, written, named and drawn."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from rdkit import Chem, rdBase

from sekkei.core.types import Problem
from sekkei.molecules.draw import svg
from sekkei.molecules.validity import parse_smiles, sanitised, too_large


@dataclass(frozen=True)
class Molecules:
    """Small molecules as SMILES; use the instance :data:`MOLECULES`."""

    name: str = "molecules"

    def parse(self, text: str) -> Chem.Mol | Problem:
        """Read a SMILES; see :func:`sekkei.molecules.validity.parse_smiles`."""
        return parse_smiles(text)

    def text(self, item: Chem.Mol) -> str:
        """Canonical isomeric SMILES, as this version of RDKit writes it; a lone explicit hydrogen stays."""
        return str(Chem.MolToSmiles(item))

    def key(self, item: Chem.Mol) -> str:
        """Standard InChIKey; where InChI cannot name the structure, ``SMILES-`` and a hash of the canonical SMILES.

        Standard InChI treats mobile hydrogens as one structure, so most tautomers of a compound share a key.
        """
        with rdBase.BlockLogs():
            key = Chem.MolToInchiKey(item)
        return key or f"SMILES-{hashlib.blake2b(self.text(item).encode(), digest_size=12).hexdigest().upper()}"

    def picture(self, item: Chem.Mol) -> str:
        """An SVG drawing; see :func:`sekkei.molecules.draw.svg`."""
        return svg(item)


MOLECULES = Molecules()
"""The domain of small molecules."""


def as_mol(text_or_mol: str | Chem.Mol | None) -> Chem.Mol | Problem:
    """A molecule from a SMILES or from an RDKit ``Mol`` of the user's own making, checked alike.

    Returns:
        A sanitised molecule with implicit hydrogens (a given ``Mol`` is copied, never changed), or the Problem.
    """
    if isinstance(text_or_mol, str):
        return parse_smiles(text_or_mol)
    if not isinstance(text_or_mol, Chem.Mol):
        # RDKit's readers give None for what they cannot read
        return Problem("absent", f"{text_or_mol!r:.60} is neither a SMILES nor a molecule")
    if text_or_mol.GetNumAtoms() == 0:
        return Problem("empty", "the molecule has no atoms")
    if any(atom.GetAtomicNum() == 0 for atom in text_or_mol.GetAtoms()):
        return Problem("placeholder", "an atom is left open ('*')")
    return too_large(text_or_mol) or sanitised(text_or_mol)
