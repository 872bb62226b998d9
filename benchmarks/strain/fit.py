"""Strain-free increments for sekkei.molecules.stability: fitted to the bonded MMFF94s energies of ordinary molecules.

python -m benchmarks.strain.fit
python -m benchmarks.strain.fit --share 0.02        # a try; too few molecules for real increments
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers, rdMolDescriptors

from sekkei.data.catalogue import dataset

MOST_ATOMS = 45
RARE, RARE_ATOMS = 25, range(3, 33)
FEWEST = 5
SMALL_RING = 5
OPEN_TYPES = {20: 1, 22: 1, 30: 2}
"""MMFF94 types of atoms in three- and four-membered rings, by the open type whose increment they share."""

RIDGE, HUBER, ROUNDS = 0.02, 1.5, 30

Type = tuple[int, int]
"""MMFF94 type of a heavy atom, and the hydrogens on it."""


@dataclass(frozen=True)
class Ordinary:
    """One molecule: SMILES, bonded energy of a minimised conformer [kcal/mol], types of its heavy atoms."""

    smiles: str
    energy: float
    types: tuple[Type, ...]

    @property
    def open_types(self) -> list[Type]:
        return [(OPEN_TYPES.get(kind, kind), hydrogens) for kind, hydrogens in self.types]


@dataclass(frozen=True)
class Fit:
    """Increments [kcal/mol] by type, robust residual [kcal/mol per heavy atom] and molecules fitted."""

    increments: dict[Type, float]
    residual: float
    molecules: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="share of every sample, to try the command")
    parser.add_argument("--out", type=Path, help="JSON file for the increments; printed only, where absent")
    asked = parser.parse_args()
    with rdBase.BlockLogs():
        first = [one for text in shortened(common(), asked.share) if (one := ordinary(text))]
        print(f"{len(first)} molecules of the first sample", flush=True)
        more = with_rare_types(shortened(pool(), asked.share), first)
        print(f"{len(more)} molecules with types that are rare in it", flush=True)
        found = fitted([*first, *more])
    print(f"{found.molecules} molecules fitted, residual {found.residual:.2f} kcal/mol per heavy atom")
    print(", ".join(f"({kind}, {hydrogens}): {value:g}" for (kind, hydrogens), value in found.increments.items()))
    if asked.out:
        rows = [[*kind, value] for kind, value in found.increments.items()]
        record = {"molecules": found.molecules, "residual": found.residual, "type_hydrogens_increment": rows}
        asked.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def shortened(texts: list[str], share: float) -> list[str]:
    """Every k-th text, so that each data set keeps its share."""
    return texts[:: max(1, round(1 / share))]


def common() -> list[str]:
    """1,500 molecules of MOSES, 700 of AqSolDB and 300 of ExCAPE-DB."""
    moses = random.Random(0).sample(dataset("moses").smiles()[:200_000], 10_000)[:1500]  # noqa: S311
    return moses + sampled("aqsoldb", 700, 0) + sampled("gsk3", 400, 0)[:300]


def pool() -> list[str]:
    """Where rare types are looked for: all of AqSolDB, then 3,000 molecules each of ExCAPE-DB and ZINC250k."""
    return sampled("aqsoldb", dataset("aqsoldb").rows, 1) + sampled("gsk3", 3000, 1) + sampled("zinc250k", 3000, 1)


def sampled(name: str, count: int, seed: int) -> list[str]:
    return pd.Series(dataset(name).smiles()).sample(count, random_state=seed).tolist()


def ordinary(smiles: str) -> Ordinary | None:
    """Embed (ETKDGv3, seed 7), minimise 200 steps and take the bonded energy; None where a step fails."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None or mol.GetNumHeavyAtoms() > MOST_ATOMS:
        return None
    full = Chem.AddHs(mol)
    options = rdDistGeom.ETKDGv3()
    options.randomSeed, options.maxIterations = 7, 20
    if rdDistGeom.EmbedMolecule(full, options) < 0:
        return None
    field = rdForceFieldHelpers.MMFFGetMoleculeProperties(full, "MMFF94s")
    if field is None:
        return None
    rdForceFieldHelpers.MMFFGetMoleculeForceField(full, field).Minimize(maxIts=200)
    field.SetMMFFVdWTerm(False)
    field.SetMMFFEleTerm(False)
    energy = rdForceFieldHelpers.MMFFGetMoleculeForceField(full, field).CalcEnergy()
    return Ordinary(smiles, energy, types_of(full, field))


def types_of(full: Chem.Mol, field: rdForceFieldHelpers.MMFFMolProperties) -> tuple[Type, ...]:
    heavy = (atom for atom in full.GetAtoms() if atom.GetAtomicNum() > 1)
    return tuple((field.GetMMFFAtomType(a.GetIdx()), a.GetTotalNumHs(includeNeighbors=True)) for a in heavy)


def with_rare_types(texts: Iterable[str], known: Sequence[Ordinary]) -> list[Ordinary]:
    """Molecules that hold a type which fewer than 25 molecules had so far."""
    seen = Counter(kind for one in known for kind in set(one.types))
    found = []
    for text in texts:
        mol = Chem.MolFromSmiles(text)
        if mol is None or mol.GetNumHeavyAtoms() not in RARE_ATOMS or has_small_ring(mol):
            continue
        full = Chem.AddHs(mol)
        field = rdForceFieldHelpers.MMFFGetMoleculeProperties(full, "MMFF94s")
        if field is None:
            continue
        kinds = set(types_of(full, field))
        if any(seen[kind] < RARE for kind in kinds) and (one := ordinary(text)):
            found.append(one)
            seen.update(kinds)
    return found


def has_small_ring(mol: Chem.Mol) -> bool:
    return any(len(ring) < SMALL_RING for ring in mol.GetRingInfo().AtomRings())


def unstrained(one: Ordinary) -> bool:
    """One piece, without three- or four-membered rings and without bridgeheads."""
    mol = Chem.MolFromSmiles(one.smiles)
    return "." not in one.smiles and not has_small_ring(mol) and not rdMolDescriptors.CalcNumBridgeheadAtoms(mol)


def fitted(molecules: Iterable[Ordinary]) -> Fit:
    """Least squares per heavy atom with Huber weights and a small ridge, on the types that 5 molecules have."""
    plain = [one for one in molecules if unstrained(one)]
    count = Counter(kind for one in plain for kind in set(one.open_types))
    kinds = sorted(kind for kind, number in count.items() if number >= FEWEST)
    column = {kind: number for number, kind in enumerate(kinds)}
    plain = [one for one in plain if all(kind in column for kind in one.open_types)]
    shares, energies = np.zeros((len(plain), len(kinds))), np.zeros(len(plain))
    for row, one in enumerate(plain):
        energies[row] = one.energy / len(one.types)
        for kind in one.open_types:
            shares[row, column[kind]] += 1 / len(one.types)
    values, residual = robust(shares, energies)
    return Fit({kind: round(float(v), 2) for kind, v in zip(kinds, values, strict=True)}, residual, len(plain))


def robust(shares: NDArray[np.float64], energies: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Iteratively reweighted least squares (Huber 1964); the residual is 1.4826 times the median deviation."""
    weights, penalty = np.ones(len(energies)), RIDGE * np.eye(shares.shape[1])
    values, spread = np.zeros(shares.shape[1]), 0.0
    for _ in range(ROUNDS):
        weighted = shares * weights[:, None]
        values = np.linalg.solve(weighted.T @ shares + penalty, weighted.T @ energies)
        off = np.abs(energies - shares @ values)
        spread = 1.4826 * float(np.median(off))
        weights = np.minimum(1.0, HUBER * spread / np.maximum(off, 1e-9))
    return values, spread


if __name__ == "__main__":
    main()
