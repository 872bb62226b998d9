"""Numbers that describe a molecule to a learner: RDKit descriptors, atoms by element, and counted environments.

Everything follows from the graph; coordinates and stereochemistry do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import Crippen, Descriptors, rdFingerprintGenerator, rdMolDescriptors, rdPartialCharges

from sekkei.core.rounding import rounded
from sekkei.core.types import Problem
from sekkei.molecules.lean import ringed

ELEMENTS = tuple(Chem.GetPeriodicTable().GetElementSymbol(number) for number in range(1, 119))
"""Symbols by atomic number."""

COUNTED = ("H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I", "Na", "K")
"""Elements whose atoms are counted one by one."""

MORGAN, PAIRS = 1024, 512
"""Columns of counted environments (Morgan, radius 2) and of counted pairs of atoms at a distance."""

_MOST = 255  # a count is kept in a byte


_VECTORS: dict[str, tuple[int, Callable[[Chem.Mol], Sequence[float]]]] = {
    "MQN": (42, rdMolDescriptors.MQNs_),
    "PEOE_VSA": (14, rdMolDescriptors.PEOE_VSA_),
    "SMR_VSA": (10, rdMolDescriptors.SMR_VSA_),
    "SlogP_VSA": (12, rdMolDescriptors.SlogP_VSA_),
}
_NUMBERS: dict[str, Callable[[Chem.Mol], float]] = {
    **{name: getattr(rdMolDescriptors, f"Calc{name}") for name in (
        "Chi0n", "Chi1n", "Chi2n", "Chi3n", "Chi4n", "Chi0v", "Chi1v", "Chi2v", "Chi3v", "Chi4v", "Kappa1", "Kappa2",
        "Kappa3", "HallKierAlpha", "Phi", "TPSA", "LabuteASA", "FractionCSP3", "NumRings", "NumAromaticRings",
        "NumAromaticHeterocycles", "NumSaturatedRings")},
    "MolLogP": Crippen.MolLogP,
    "MolMR": Crippen.MolMR,
    "MolWt": Descriptors.MolWt,
    "fragments": lambda mol: len(Chem.GetMolFrags(mol)),
    "aromatic share": lambda mol: sum(a.GetIsAromatic() for a in mol.GetAtoms()) / mol.GetNumAtoms(),
}  # fmt: skip
_BONDS = {
    "single": Chem.BondType.SINGLE, "double": Chem.BondType.DOUBLE, "triple": Chem.BondType.TRIPLE,
    "aromatic": Chem.BondType.AROMATIC,
}  # fmt: skip
_CHARGES = ("largest charge", "smallest charge", "mean absolute charge")


@cache
def names() -> tuple[str, ...]:
    """Names of the columns of :func:`features`."""
    counted = [f"atoms {symbol}" for symbol in COUNTED]
    folded = [f"morgan {place}" for place in range(MORGAN)] + [f"pair {place}" for place in range(PAIRS)]
    vectors = [f"{name} {place}" for name, (size, _) in _VECTORS.items() for place in range(size)]
    bonds = [f"{name} bonds" for name in _BONDS]
    return ("heavy atoms", "charge", *counted, *bonds, *_CHARGES, *_NUMBERS, *vectors, *folded)


def compared() -> int:
    """Leading columns in which two molecules can be compared; the folded counts come behind."""
    return len(names()) - MORGAN - PAIRS


def unknown(item: Chem.Mol) -> Problem | None:
    """Why a molecule has no features: it has no atoms."""
    return None if item.GetNumHeavyAtoms() else Problem("empty", "the molecule has no heavy atom")


def present(items: Sequence[Chem.Mol]) -> NDArray[np.bool_]:
    """Which elements n molecules hold, hydrogen aside: (n, 118), columns by atomic number."""
    out = np.zeros((len(items), len(ELEMENTS)), dtype=bool)
    for row, item in enumerate(items):
        out[row, [atom.GetAtomicNum() - 1 for atom in item.GetAtoms() if atom.GetAtomicNum() > 1]] = True
    return out


def features(items: Sequence[Chem.Mol]) -> NDArray[np.float32]:
    """Describe n molecules, none of which is :func:`unknown`.

    Returns:
        float32 (n, d), columns as in :func:`names`; a descriptor that RDKit cannot compute is 0.
    """
    out = np.zeros((len(items), len(names())), dtype=np.float32)
    first = compared()
    environments = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=MORGAN)
    pairs = rdFingerprintGenerator.GetAtomPairGenerator(fpSize=PAIRS)
    with rdBase.BlockLogs():
        for row, item in enumerate(items):
            whole = ringed(item)  # a copy: RDKit keeps what it has worked out, and writes partial charges, on the atoms
            counts = (environments.GetCountFingerprintAsNumPy(whole), pairs.GetCountFingerprintAsNumPy(whole))
            out[row, :first] = _plain(whole)
            out[row, first:] = np.minimum(np.concatenate(counts), _MOST)
    return out


def _plain(item: Chem.Mol) -> NDArray[np.float32]:
    symbols = [atom.GetSymbol() for atom in item.GetAtoms()]
    hydrogens = sum(atom.GetTotalNumHs() for atom in item.GetAtoms()) + symbols.count("H")
    bonds = [bond.GetBondType() for bond in item.GetBonds()]
    values = [
        item.GetNumHeavyAtoms(), Chem.GetFormalCharge(item), hydrogens, *(symbols.count(s) for s in COUNTED[1:]),
        *(bonds.count(kind) for kind in _BONDS.values()), *_charges(item), *(f(item) for f in _NUMBERS.values()),
    ]  # fmt: skip
    for size, function in _VECTORS.values():
        values += list(function(item))[:size]
    # Gasteiger's charges are NaN where his method lacks an element
    whole = np.nan_to_num(np.array(values, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    return rounded(np.clip(whole, -1e6, 1e6).astype(np.float32))


def _charges(item: Chem.Mol) -> tuple[float, float, float]:
    """Largest, smallest and mean absolute partial charge (Gasteiger & Marsili, Tetrahedron 36, 3219, 1980)."""
    rdPartialCharges.ComputeGasteigerCharges(item)
    found = [atom.GetDoubleProp("_GasteigerCharge") for atom in item.GetAtoms()]
    return max(found), min(found), sum(abs(charge) for charge in found) / len(found)
