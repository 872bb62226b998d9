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

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs

from sekkei.core.errors import UserError

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

    def passes(self, mol: Chem.Mol) -> bool:
        """Whether a molecule passes: allowed elements, no charge, no ring above seven atoms, no pattern."""
        atoms = mol.GetAtoms()
        if any(len(ring) > LARGEST_RING for ring in mol.GetRingInfo().AtomRings()):
            return False
        if any(atom.GetFormalCharge() != 0 or atom.GetSymbol() not in ALLOWED_ELEMENTS for atom in atoms):
            return False
        return not self.broken(mol) and _readable_without_stereo(mol)

    def broken(self, mol: Chem.Mol) -> list[str]:
        """The patterns a molecule contains, in the order of :attr:`smarts`.

        A pattern is searched only where the molecule has all bits of the pattern's own fingerprint (RDKit's
        substructure screen), which leaves about one in twenty; the tests hold the outcome to the full search.
        """
        patterns = _compiled(self.smarts)
        full = Chem.AddHs(mol)
        candidates = np.flatnonzero(~(patterns.screens & ~_screen(full)).any(axis=1))
        return [self.smarts[row] for row in candidates if full.HasSubstructMatch(patterns.queries[row])]


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


@dataclass(frozen=True)
class _Patterns:
    queries: tuple[Chem.Mol, ...]
    screens: NDArray[np.uint64]


@cache
def _compiled(smarts: tuple[str, ...]) -> _Patterns:
    queries = tuple(Chem.MolFromSmarts(text) for text in smarts)
    screens = np.array([_screen(query) for query in queries], dtype=np.uint64).reshape(len(queries), -1)
    return _Patterns(queries, screens)


def _screen(mol: Chem.Mol) -> NDArray[np.uint64]:
    return np.frombuffer(DataStructs.BitVectToBinaryText(Chem.PatternFingerprint(mol)), dtype=np.uint64)


def _readable_without_stereo(mol: Chem.Mol) -> bool:
    # The reference reads the SMILES without stereo once more; only a text with stereo or isotopes can differ there.
    if not mol.GetNumAtoms():
        return False
    if not _MAY_CHANGE_WITHOUT_STEREO.search(Chem.MolToSmiles(mol)):
        return True
    return Chem.MolFromSmiles(Chem.MolToSmiles(mol, isomericSmiles=False)) is not None
