"""The splits of the benchmarks: Matbench's folds, MoleculeNet's random and scaffold splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit.Chem.Scaffolds import MurckoScaffold

from sekkei.molecules.lean import ringed

SPLITS, SEED = 5, 18012019
Rows = NDArray[np.int64]


def k_fold(n: int) -> Iterator[tuple[Rows, Rows]]:
    """Training and test rows of scikit-learn's ``KFold(5, shuffle=True, random_state=18012019)``, as in Matbench."""
    order = np.arange(n)
    np.random.RandomState(SEED).shuffle(order)  # the published folds come from this generator
    for part in np.array_split(order, SPLITS):
        test = np.sort(part)
        yield np.setdiff1d(np.arange(n), test), test


def stratified(labels: NDArray[Any]) -> Iterator[tuple[Rows, Rows]]:
    """The same of ``StratifiedKFold``: every fold has the classes in equal shares."""
    random = np.random.RandomState(SEED)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    classes = np.unique(first, return_inverse=True)[1][inverse]
    ordered = np.sort(classes)
    shares = np.array([np.bincount(ordered[place::SPLITS], minlength=len(first)) for place in range(SPLITS)])
    folds = np.empty(len(labels), dtype=np.int64)
    for kind in range(len(first)):
        mine = np.arange(SPLITS).repeat(shares[:, kind])
        random.shuffle(mine)
        folds[classes == kind] = mine
    for place in range(SPLITS):
        yield np.flatnonzero(folds != place), np.flatnonzero(folds == place)


def random_split(n: int, seed: int) -> tuple[Rows, Rows]:
    """MoleculeNet's random split: 80 % to train, the last 10 % to test; the 10 % between are not used."""
    order = np.random.default_rng(seed).permutation(n)
    return order[: int(0.8 * n)], order[int(0.9 * n) :]


def scaffold_split(mols: Sequence[Any]) -> tuple[Rows, Rows]:
    """MoleculeNet's scaffold split: the largest groups of one Bemis-Murcko scaffold train, the smallest test."""
    groups: dict[str, list[int]] = {}
    for row, mol in enumerate(mols):
        groups.setdefault(MurckoScaffold.MurckoScaffoldSmiles(mol=ringed(mol)), []).append(row)
    train: list[int] = []
    test: list[int] = []
    for members in sorted(groups.values(), key=lambda rows: (len(rows), rows[0]), reverse=True):
        if len(train) + len(members) <= 0.8 * len(mols):
            train += members
        else:
            test += members
    # what comes last are the rarest scaffolds: the later half of the rest tests, as 10 % of 20
    return np.array(train), np.array(test[len(test) // 2 :])
