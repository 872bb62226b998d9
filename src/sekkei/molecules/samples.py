"""One pass over raw samples of any generator: which are molecules, which, and what they are like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs, rdBase
from rdkit.Chem import GraphDescriptors, rdFingerprintGenerator, rdMolDescriptors

from sekkei.core.types import Problem
from sekkei.molecules import properties
from sekkei.molecules.novelty import BITS, fingerprints
from sekkei.molecules.synthesis import alerts
from sekkei.molecules.validity import parse_smiles

DESCRIPTORS = (
    "BertzCT", "MolLogP", "MolWt", "TPSA", "NumHAcceptors", "NumHDonors", "NumRotatableBonds", "NumAliphaticRings",
    "NumAromaticRings",
)  # fmt: skip
"""The physico-chemical descriptors of GuacaMol (Brown et al., JCIM 59, 1096, 2019), under RDKit's names."""

ECFP_BITS = 4096


@dataclass(frozen=True)
class Look:
    """What n raw texts are.

    Attributes:
        smiles: n canonical SMILES; empty where RDKit does not read the text.
        problems: how many are unreadable for which reason, by the kind of the Problem.
        examples: for each reason, the first text and the message.
        properties: (n, 11) in the order of ``PROPERTIES``; a row of NaN where unreadable.
    """

    smiles: list[str]
    problems: Counter[str]
    examples: dict[str, str]
    properties: NDArray[np.float64]


@dataclass(frozen=True)
class Chemistry:
    """What costs more and is asked of fewer molecules: m of them.

    Attributes:
        bits: (m, 256) uint8, Morgan fingerprints of radius 2, 2048 bits, eight to a byte.
        pains: (m,) whether a PAINS pattern is contained.
        brenk: (m,) whether a Brenk pattern is contained.
    """

    bits: NDArray[np.uint8]
    pains: NDArray[np.bool_]
    brenk: NDArray[np.bool_]


@dataclass(frozen=True)
class Flat:
    """k molecules without their stereochemistry, as GuacaMol compares them.

    Attributes:
        smiles: k canonical SMILES.
        descriptors: (k, 9) in the order of :data:`DESCRIPTORS`; 0 where one is not finite, as in the reference.
        bits: (k, 512) uint8, ECFP4 fingerprints of 4096 bits, eight to a byte.
    """

    smiles: list[str]
    descriptors: NDArray[np.float64]
    bits: NDArray[np.uint8]


def look(texts: Sequence[str]) -> Look:
    """Read n texts; valid is what RDKit reads and sanitises, as in MOSES and GuacaMol, and what has an atom."""
    smiles, problems, examples = [""] * len(texts), Counter[str](), dict[str, str]()
    values = np.full((len(texts), len(properties.PROPERTIES)), np.nan)
    with rdBase.BlockLogs():
        for row, text in enumerate(texts):
            mol = _molecule(text)
            if mol is not None:
                smiles[row] = str(Chem.MolToSmiles(mol))
                values[row] = properties.table([mol])[0]
                continue
            kind, message = _reason(text)
            problems[kind] += 1
            examples.setdefault(kind, f"{text[:80]!r}: {message}")
    return Look(smiles, problems, examples, values)


def join_looks(looks: Sequence[Look]) -> Look:
    """One whole from pieces, in the given order."""
    problems, examples = Counter[str](), dict[str, str]()
    for one in looks:
        problems.update(one.problems)
        examples = {**one.examples, **examples}
    return Look(
        [text for one in looks for text in one.smiles],
        problems,
        examples,
        np.concatenate([one.properties for one in looks]),
    )


def chemistry(smiles: Sequence[str]) -> Chemistry:
    """Fingerprints and alerts of m valid SMILES."""
    mols = [Chem.MolFromSmiles(text) for text in smiles]
    notes = [alerts(mol)[1] for mol in mols]
    bits = fingerprints(mols).view(np.uint8) if mols else np.empty((0, BITS // 8), dtype=np.uint8)
    return Chemistry(
        bits,
        np.array(["PAINS: " in note for note in notes], dtype=np.bool_),
        np.array(["Brenk: " in note for note in notes], dtype=np.bool_),
    )


def join_chemistry(parts: Sequence[Chemistry]) -> Chemistry:
    """One whole from pieces, in the given order."""
    return Chemistry(
        np.concatenate([part.bits for part in parts]),
        np.concatenate([part.pains for part in parts]),
        np.concatenate([part.brenk for part in parts]),
    )


def canonical(texts: Sequence[str]) -> list[str]:
    """Canonical SMILES of the valid ones among n texts, repeats kept."""
    with rdBase.BlockLogs():
        return [str(Chem.MolToSmiles(mol)) for mol in map(_molecule, texts) if mol is not None]


def without_stereo(texts: Sequence[str]) -> list[str]:
    """Canonical SMILES without stereochemistry of the valid ones among n texts, repeats kept."""
    with rdBase.BlockLogs():
        mols = [mol for mol in map(_molecule, texts) if mol is not None]
        return [str(Chem.MolToSmiles(mol, isomericSmiles=False)) for mol in mols]


def flat(smiles: Sequence[str]) -> Flat:
    """Descriptors and fingerprints of k canonical SMILES without stereochemistry."""
    read = ((text, _molecule(text)) for text in smiles)
    pairs = [(text, mol) for text, mol in read if mol is not None]
    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=ECFP_BITS)
    raw = b"".join(DataStructs.BitVectToBinaryText(make.GetFingerprint(mol)) for _, mol in pairs)
    values = np.array([_descriptors(mol) for _, mol in pairs], dtype=np.float64).reshape(-1, len(DESCRIPTORS))
    values[~np.isfinite(values)] = 0.0
    bits = np.frombuffer(raw, dtype=np.uint8).reshape(-1, ECFP_BITS // 8)
    return Flat([text for text, _ in pairs], values, bits)


def join_flat(parts: Sequence[Flat]) -> Flat:
    """One whole from pieces, in the given order."""
    return Flat(
        [text for part in parts for text in part.smiles],
        np.concatenate([part.descriptors for part in parts]),
        np.concatenate([part.bits for part in parts]),
    )


def _molecule(text: str) -> Chem.Mol | None:
    return Chem.MolFromSmiles(text) if text else None


def _reason(text: str) -> tuple[str, str]:
    problem = parse_smiles(text)
    if isinstance(problem, Problem):
        return problem.kind, problem.message
    return "syntax", "RDKit reads it only in part"


def _descriptors(mol: Chem.Mol) -> tuple[float, ...]:
    return (
        float(GraphDescriptors.BertzCT(mol)),
        properties.logp(mol),
        properties.mw(mol),
        properties.tpsa(mol),
        properties.hba(mol),
        properties.hbd(mol),
        properties.rotatable_bonds(mol),
        float(rdMolDescriptors.CalcNumAliphaticRings(mol)),
        float(rdMolDescriptors.CalcNumAromaticRings(mol)),
    )
