"""The medicinal-chemistry filters of MOSES: MCF and PAINS patterns, elements, charges and ring sizes.

The patterns are read from the MOSES data at run time (``mcf.csv`` and ``wehi_pains.csv`` of molsets 0.3.1);
the rules around them are those of Polykovskiy et al., Front. Pharmacol. 11, 565644 (2020), section 2.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import cache

from rdkit import Chem

from sekkei.core.errors import UserError
from sekkei.molecules.patterns import Patterns, Screen, screen_of

ALLOWED_ELEMENTS = frozenset({"C", "N", "S", "O", "F", "Cl", "Br", "H"})
LARGEST_RING = 7
_MAY_CHANGE_WITHOUT_STEREO = re.compile(r"[@/\\]|\[\d")


@dataclass(frozen=True)
class Filters:
    """SMARTS patterns that a molecule, with its hydrogens written out, must not contain.

    Attributes:
        smarts: the patterns. The object is small and cheap to send to worker processes.
    """

    smarts: tuple[str, ...]

    def passes(self, mol: Chem.Mol, screen: Screen | None = None, text: str | None = None) -> bool:
        """Whether a molecule passes: allowed elements, no charge, no ring above seven atoms, no pattern.

        Args:
            mol: the molecule.
            screen: its :func:`~sekkei.molecules.patterns.screen_of`, where at hand.
            text: its canonical SMILES, where at hand.
        """
        atoms = mol.GetAtoms()
        if any(len(ring) > LARGEST_RING for ring in mol.GetRingInfo().AtomRings()):
            return False
        if any(atom.GetFormalCharge() != 0 or atom.GetSymbol() not in ALLOWED_ELEMENTS for atom in atoms):
            return False
        return not self.broken(mol, screen) and _readable_without_stereo(mol, text)

    def broken(self, mol: Chem.Mol, screen: Screen | None = None) -> list[str]:
        """The patterns a molecule contains, in the order of :attr:`smarts`."""
        found = _compiled(self.smarts).found(Chem.AddHs(mol), screen_of(mol) if screen is None else screen)
        return [self.smarts[row] for row in found]


def read_filters(mcf: bytes, pains: bytes) -> Filters:
    """Filters from the two tables of the MOSES package.

    Args:
        mcf: content of ``mcf.csv`` (columns names, smarts).
        pains: content of ``wehi_pains.csv`` (no heading; smarts, name).

    Raises:
        UserError: a table is empty or holds a pattern RDKit cannot read.
    """
    medicinal = [row["smarts"] for row in csv.DictReader(io.StringIO(mcf.decode()))]
    interference = [row[0] for row in csv.reader(io.StringIO(pains.decode())) if row]
    for name, smarts in (("mcf.csv", medicinal), ("wehi_pains.csv", interference)):
        if not smarts or any(Chem.MolFromSmarts(text) is None for text in smarts):
            raise UserError("holds no readable SMARTS patterns", name, "fetch the MOSES data again")
    return Filters(tuple(medicinal + interference))


@cache
def _compiled(smarts: tuple[str, ...]) -> Patterns:
    return Patterns.of([Chem.MolFromSmarts(text) for text in smarts])


def _readable_without_stereo(mol: Chem.Mol, text: str | None) -> bool:
    # The reference reads the SMILES without stereo once more; only a text with stereo or isotopes can differ there.
    if not mol.GetNumAtoms():
        return False
    if not _MAY_CHANGE_WITHOUT_STEREO.search(text or Chem.MolToSmiles(mol)):
        return True
    return Chem.MolFromSmiles(Chem.MolToSmiles(mol, isomericSmiles=False)) is not None
