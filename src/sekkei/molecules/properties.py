"""Properties of a molecule that follow from its graph alone, each with unit and source.

Every function takes an RDKit ``Mol`` and returns a float. Definitions are RDKit's, so a number here is
the number a chemist gets from RDKit by hand; only QED takes a faster path (RDKit's 116 alert patterns
screened by a fingerprint, shared logP and TPSA), which the tests hold to RDKit's own value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from rdkit import Chem
from rdkit.Chem import QED, Crippen, Descriptors, rdMolDescriptors
from rdkit.Contrib.SA_Score import sascorer

from sekkei.core.types import Measure
from sekkei.molecules.patterns import Patterns, Screen, screen_of


def logp(mol: Chem.Mol) -> float:
    """Octanol-water partition coefficient by atom contributions (Wildman & Crippen, JCICS 39, 868, 1999)."""
    return float(Crippen.MolLogP(mol))


def mw(mol: Chem.Mol) -> float:
    """Average molecular weight [Da], implicit hydrogens included."""
    return float(Descriptors.MolWt(mol))


def hbd(mol: Chem.Mol) -> float:
    """Number of hydrogen-bond donors (RDKit's SMARTS definition)."""
    return float(rdMolDescriptors.CalcNumHBD(mol))


def hba(mol: Chem.Mol) -> float:
    """Number of hydrogen-bond acceptors (RDKit's SMARTS definition)."""
    return float(rdMolDescriptors.CalcNumHBA(mol))


def tpsa(mol: Chem.Mol) -> float:
    """Topological polar surface area [Angstrom^2] (Ertl et al., J. Med. Chem. 43, 3714, 2000)."""
    return float(rdMolDescriptors.CalcTPSA(mol))


def rotatable_bonds(mol: Chem.Mol) -> float:
    """Number of rotatable bonds (RDKit's strict definition)."""
    return float(rdMolDescriptors.CalcNumRotatableBonds(mol))


def rings(mol: Chem.Mol) -> float:
    """Number of rings in the smallest set of smallest rings."""
    return float(rdMolDescriptors.CalcNumRings(mol))


def heavy_atoms(mol: Chem.Mol) -> float:
    """Number of atoms other than hydrogen."""
    return float(mol.GetNumHeavyAtoms())


def esol(mol: Chem.Mol) -> float:
    """Aqueous solubility log10(S / (mol/L)) by the ESOL equation (Delaney, JCICS 44, 1000, 2004).

    The coefficients are those of the paper, fitted with ClogP; here they multiply :func:`logp`.
    """
    return _esol(mol, logp(mol), mw(mol), rotatable_bonds(mol))


def qed(mol: Chem.Mol, screen: Screen | None = None) -> float:
    """Quantitative estimate of drug-likeness, 0 to 1 (Bickerton et al., Nat. Chem. 4, 90, 2012), mean weights.

    ``screen`` is the molecule's :func:`~sekkei.molecules.patterns.screen_of`, where at hand.
    """
    return _qed(mol, logp(mol), mw(mol), tpsa(mol), hbd(mol), rotatable_bonds(mol), screen)


def sa(mol: Chem.Mol) -> float:
    """Synthetic accessibility, 1 easy to 10 hard (Ertl & Schuffenhauer, J. Cheminf. 1, 8, 2009), RDKit's version."""
    return float(sascorer.calculateScore(mol)) if mol.GetNumAtoms() else float("nan")


@dataclass(frozen=True)
class Property:
    """A measure together with the function that computes it."""

    measure: Measure
    compute: Callable[[Chem.Mol], float]


PROPERTIES: dict[str, Property] = {
    p.measure.name: p
    for p in (
        Property(Measure("logp", "", "Crippen logP", 0.5, source="Wildman & Crippen 1999"), logp),
        Property(Measure("esol", "log10(mol/L)", "solubility (ESOL)", 0.5, source="Delaney 2004"), esol),
        Property(Measure("mw", "Da", "molecular weight", 25.0, low=0.0, source="RDKit"), mw),
        Property(Measure("hbd", "", "H-bond donors", low=0.0, source="RDKit"), hbd),
        Property(Measure("hba", "", "H-bond acceptors", low=0.0, source="RDKit"), hba),
        Property(Measure("tpsa", "Angstrom^2", "polar surface area", 10.0, low=0.0, source="Ertl 2000"), tpsa),
        Property(Measure("qed", "", "drug-likeness", 0.05, 0.0, 1.0, source="Bickerton 2012"), qed),
        Property(Measure("sa", "", "synthetic accessibility", 0.3, 1.0, 10.0, source="Ertl & Schuffenhauer 2009"), sa),
        Property(Measure("rotatable_bonds", "", "rotatable bonds", low=0.0, source="RDKit"), rotatable_bonds),
        Property(Measure("rings", "", "rings", low=0.0, source="RDKit"), rings),
        Property(Measure("heavy_atoms", "", "heavy atoms", low=0.0, source="RDKit"), heavy_atoms),
    )
}
"""Every computed property by its name, in the order of the columns of :func:`table`."""


def table(mols: Sequence[Chem.Mol]) -> np.ndarray:
    """All properties of all molecules, sharing the costly parts.

    Args:
        mols: n molecules.

    Returns:
        float64 array (n, 11), columns in the order of :data:`PROPERTIES`.
    """
    return np.array([_row(mol) for mol in mols], dtype=np.float64).reshape(len(mols), len(PROPERTIES))


def _row(mol: Chem.Mol) -> tuple[float, ...]:
    p, w, area, donors, rotors = logp(mol), mw(mol), tpsa(mol), hbd(mol), rotatable_bonds(mol)
    drug = _qed(mol, p, w, area, donors, rotors)
    return (
        p, _esol(mol, p, w, rotors), w, donors, hba(mol), area, drug, sa(mol), rotors, rings(mol), heavy_atoms(mol)
    )  # fmt: skip


def _esol(mol: Chem.Mol, p: float, w: float, rotors: float) -> float:
    heavy = mol.GetNumHeavyAtoms()
    if heavy == 0:
        return float("nan")
    aromatic = sum(1 for atom in mol.GetAtoms() if atom.GetIsAromatic())
    return float(0.16 - 0.63 * p - 0.0062 * w + 0.066 * rotors - 0.74 * aromatic / heavy)


def _qed(
    mol: Chem.Mol, p: float, w: float, area: float, donors: float, rotors: float, screen: Screen | None = None
) -> float:
    if mol.GetNumAtoms() == 0:
        return float("nan")
    if any(atom.GetAtomicNum() == 1 for atom in mol.GetAtoms()):
        return float(QED.qed(mol))
    aliphatic_removed = Chem.DeleteSubstructs(Chem.Mol(mol), QED.AliphaticRings)
    parts = QED.QEDproperties(
        MW=w,
        ALOGP=p,
        HBA=sum(len(mol.GetSubstructMatches(pattern)) for pattern in QED.Acceptors),
        HBD=donors,
        PSA=area,
        ROTB=rotors,
        AROM=len(Chem.GetSSSR(aliphatic_removed)),
        ALERTS=len(_qed_alerts().found(mol, screen_of(mol) if screen is None else screen)),
    )
    return float(QED.qed(mol, qedProperties=parts))


@cache
def _qed_alerts() -> Patterns:
    return Patterns.of(QED.StructuralAlerts)
