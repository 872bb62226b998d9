"""Parts of a molecule that set-wise measures count: BRICS fragments, Murcko scaffolds, Morgan fingerprints.

The definitions are those of MOSES (Polykovskiy et al., Front. Pharmacol. 11, 565644, 2020; molsets 0.3.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs, rdBase
from rdkit.Chem import rdFingerprintGenerator, rdmolops
from rdkit.Chem.Scaffolds import MurckoScaffold

from sekkei.molecules import properties
from sekkei.molecules.filters import Filters
from sekkei.molecules.patterns import screen_of

FINGERPRINT_BITS = 1024
MIN_SCAFFOLD_RINGS = 2
MEASURED = ("logp", "sa", "qed", "mw")
"""The properties whose distributions MOSES compares, in the order of :attr:`Parts.properties`."""


@dataclass(frozen=True)
class Parts:
    """What set-wise measures need of n texts, of which m are valid molecules.

    Attributes:
        smiles: m canonical SMILES in the order of the texts, repeats kept.
        bits: (m, 128) uint8, Morgan fingerprints (radius 2, 1024 bits), eight bits to a byte.
        fragments: how often each BRICS fragment occurs.
        scaffolds: how often each Murcko scaffold of at least two rings occurs.
        properties: (m, 4) float64, logP, SA, QED and molecular weight [Da].
        passes: (m,) which molecules pass the filters; all of them where no filters were given.
        attempts: n.
    """

    smiles: list[str]
    bits: NDArray[np.uint8]
    fragments: Counter[str]
    scaffolds: Counter[str]
    properties: NDArray[np.float64]
    passes: NDArray[np.bool_]
    attempts: int


def brics_fragments(mol: Chem.Mol) -> list[str]:
    """Canonical SMILES of the pieces left when all BRICS bonds are cut (Degen et al., ChemMedChem 3, 1503, 2008)."""
    return str(Chem.MolToSmiles(rdmolops.FragmentOnBRICSBonds(mol))).split(".")


def murcko_scaffold(mol: Chem.Mol, min_rings: int = MIN_SCAFFOLD_RINGS) -> str:
    """Canonical SMILES of the ring systems and their linkers (Bemis & Murcko, J. Med. Chem. 39, 2887, 1996).

    Args:
        mol: the molecule.
        min_rings: scaffolds with fewer rings do not count.

    Returns:
        The scaffold, or an empty text where there is none with that many rings.
    """
    try:
        scaffold = MurckoScaffold.GetScaffoldForMol(mol)
    except (ValueError, RuntimeError):
        return ""
    return str(Chem.MolToSmiles(scaffold)) if scaffold.GetRingInfo().NumRings() >= min_rings else ""


def morgan_bits(mol: Chem.Mol) -> NDArray[np.uint8]:
    """Morgan fingerprint (radius 2, 1024 bits), eight bits to a byte, the first one lowest. -> (128,) uint8."""
    return np.frombuffer(DataStructs.BitVectToBinaryText(_morgan().GetFingerprint(mol)), dtype=np.uint8)


def take_apart(texts: Sequence[str], filters: Filters | None = None) -> Parts:
    """Everything set-wise measures need of these texts, in one pass.

    Like the reference, a valid text is first made canonical and the molecule read again from that.

    Args:
        texts: n SMILES as a generator wrote them; invalid ones only count as attempts.
        filters: the filters to apply, or None.
    """
    with rdBase.BlockLogs():
        read = [pair for pair in map(_canonical, texts) if pair is not None]
        mols, smiles = [mol for mol, _ in read], [text for _, text in read]
        screens = [screen_of(mol) for mol in mols]
        scaffolds = Counter(murcko_scaffold(mol) for mol in mols)
        scaffolds.pop("", None)
        drug = [properties.qed(mol, screen) for mol, screen in zip(mols, screens, strict=True)]
        values = [
            (properties.logp(mol), properties.sa(mol), q, properties.mw(mol)) for mol, q in zip(mols, drug, strict=True)
        ]
        passed = zip(mols, screens, smiles, strict=True)
        return Parts(
            smiles=smiles,
            bits=np.array([morgan_bits(mol) for mol in mols], dtype=np.uint8).reshape(-1, FINGERPRINT_BITS // 8),
            fragments=Counter(piece for mol in mols for piece in brics_fragments(mol)),
            scaffolds=scaffolds,
            properties=np.array(values, dtype=np.float64).reshape(-1, len(MEASURED)),
            passes=np.array([filters is None or filters.passes(*one) for one in passed], dtype=np.bool_),
            attempts=len(texts),
        )


def join_parts(parts: Sequence[Parts]) -> Parts:
    """One whole from pieces taken apart separately, in the given order."""
    fragments, scaffolds = Counter[str](), Counter[str]()
    for part in parts:
        fragments.update(part.fragments)
        scaffolds.update(part.scaffolds)
    return Parts(
        smiles=[smiles for part in parts for smiles in part.smiles],
        bits=np.concatenate([part.bits for part in parts]),
        fragments=fragments,
        scaffolds=scaffolds,
        properties=np.concatenate([part.properties for part in parts]),
        passes=np.concatenate([part.passes for part in parts]),
        attempts=sum(part.attempts for part in parts),
    )


def measured(texts: Sequence[str], names: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    """Canonical SMILES and some properties of the valid ones among these texts, repeats kept.

    Args:
        texts: n SMILES as a generator wrote them.
        names: k of :data:`~sekkei.molecules.properties.PROPERTIES`.

    Returns:
        m canonical SMILES and a float64 array (m, k).
    """
    with rdBase.BlockLogs():
        mols = [mol for mol in map(_molecule, texts) if mol is not None]
        values = np.array([_measure(mol, names) for mol in mols], dtype=np.float64).reshape(-1, len(names))
        return [str(Chem.MolToSmiles(mol)) for mol in mols], values


def _molecule(text: str) -> Chem.Mol | None:
    return Chem.MolFromSmiles(text) if text else None


def _canonical(text: str) -> tuple[Chem.Mol, str] | None:
    """A molecule read from its canonical SMILES, and that of what was read so."""
    mol = _molecule(text)
    if mol is None:
        return None
    canonical = str(Chem.MolToSmiles(mol))
    if canonical == text:
        return mol, canonical
    again = _molecule(canonical)
    return (again, str(Chem.MolToSmiles(again))) if again is not None else None


def _measure(mol: Chem.Mol, names: Sequence[str]) -> tuple[float, ...]:
    return tuple(properties.PROPERTIES[name].compute(mol) for name in names)


@cache
def _morgan() -> rdFingerprintGenerator.FingerprintGenerator64:
    return rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=FINGERPRINT_BITS)
