"""A data set or a user's own file as unique, labelled SMILES, kept in the data folder once made."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.files import replacing, write_text
from sekkei.data.catalogue import dataset
from sekkei.data.folder import own
from sekkei.molecules.datasets import clean_and_label
from sekkei.molecules.properties import PROPERTIES

_CHUNK = 4000
Progress = Callable[[int, int], None]
"""Called with molecules done and molecules in all."""


def _silent(_done: int, _of: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Labelled:
    """Unique molecules with their properties.

    Attributes:
        smiles: n canonical SMILES.
        values: (n, 11) float32 in the order of ``PROPERTIES``.
        unread: how many texts gave no molecule; see :func:`sekkei.molecules.datasets.clean_and_label`.
    """

    smiles: list[str]
    values: NDArray[np.float32]
    unread: int = 0


def prepare(names: Sequence[str], progress: Progress = _silent) -> Labelled:
    """Join data sets, each molecule once, in the order the names are given.

    Args:
        names: of known data sets.
        progress: called with molecules done and molecules in all while a set is labelled for the first time.
    """
    seen: dict[str, int] = {}
    tables: list[NDArray[np.float32]] = []
    for name in names:
        part = _prepared(name, progress)
        fresh = [row for row, text in enumerate(part.smiles) if text not in seen]
        for row in fresh:
            seen.setdefault(part.smiles[row], row)
        tables.append(part.values[fresh])
    return Labelled(list(seen), np.concatenate(tables))


def label(texts: Sequence[str], progress: Progress = _silent) -> Labelled:
    """Clean and label SMILES on all cores; each molecule once.

    Raises:
        UserError: not one molecule can be read.
    """
    unique: dict[str, NDArray[np.float32]] = {}
    read = 0
    chunks = [texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK)]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for number, (smiles, values) in enumerate(pool.map(clean_and_label, chunks)):
            read += len(smiles)
            for text, row in zip(smiles, values.astype(np.float32), strict=True):
                unique.setdefault(text, row)
            progress(min((number + 1) * _CHUNK, len(texts)), len(texts))
    if not unique:
        raise UserError("holds no readable molecule with carbon", "training data", "check the column of SMILES")
    return Labelled(list(unique), np.stack(list(unique.values())), len(texts) - read)


def _prepared(name: str, progress: Progress) -> Labelled:
    source = dataset(name)
    folder = own() / "prepared"
    texts, values = folder / f"{name}.smi", folder / f"{name}.npy"
    if texts.is_file() and values.is_file():
        kept = Labelled(texts.read_text(encoding="ascii").split(), np.load(values, allow_pickle=False))
        if kept.values.shape == (len(kept.smiles), len(PROPERTIES)):
            return kept
    made = label(source.smiles(), progress)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(values) as temporary:
        np.save(temporary, made.values)
    write_text(texts, "\n".join(made.smiles))
    return made
