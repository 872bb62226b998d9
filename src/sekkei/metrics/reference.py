"""What a generated set is compared with: the statistics of a reference set, computed or read from MOSES."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sekkei.core.errors import UserError
from sekkei.core.types import Floats
from sekkei.data.folder import find
from sekkei.metrics.chemnet import describe
from sekkei.metrics.distances import Gaussian
from sekkei.metrics.parallel import in_chunks
from sekkei.metrics.similarity import Bits
from sekkei.molecules.filters import Filters, read_filters
from sekkei.molecules.fragments import Parts, join_parts, take_apart

Split = Literal["test", "test_scaffolds"]

_ADVICE = "run `sekkei data fetch moses`"
_STATISTICS_SHA256 = {
    "test": "ded25073225a895d4ed17bf1d4223d27560e87ff4cb85786346ca1cc8efa03d3",
    "test_scaffolds": "7b7aba6c1474634a019bebf16f389d554cb9dd1021dfc8c1d1e54430a9f0e7f8",
}


@dataclass(frozen=True)
class ReferenceSet:
    """Statistics of m reference molecules.

    Attributes:
        chemnet: mean and covariance of their ChemNet activations.
        bits: (m, 128) packed Morgan fingerprints.
        fragments: counts of BRICS fragments.
        scaffolds: counts of Murcko scaffolds.
        properties: (m, 4) logP, SA, QED and molecular weight [Da].
    """

    chemnet: Gaussian
    bits: Bits
    fragments: Counter[str]
    scaffolds: Counter[str]
    properties: Floats


def read_parts(smiles: Sequence[str], filters: Filters | None = None, pool: Executor | None = None) -> Parts:
    """:func:`~sekkei.molecules.fragments.take_apart`, shared among the processes of a pool."""
    return join_parts(in_chunks(partial(take_apart, filters=filters), smiles, pool))


def reference_set(smiles: Sequence[str], pool: Executor | None = None) -> ReferenceSet:
    """Statistics of one's own reference molecules, such as held-out data.

    Raises:
        UserError: fewer than two of them are valid.
    """
    return reference_of(read_parts(smiles, pool=pool))


def reference_of(parts: Parts, name: str = "reference") -> ReferenceSet:
    """Statistics of reference molecules that are taken apart already; errors as :func:`reference_set`."""
    if len(parts.smiles) < 2:
        raise UserError(f"has {len(parts.smiles)} valid molecules", name, "give at least two")
    return ReferenceSet(describe(parts.smiles), parts.bits, parts.fragments, parts.scaffolds, parts.properties)


def moses_reference(split: Split, folder: Path | None = None) -> ReferenceSet:
    """The statistics MOSES publishes for its test set or its scaffold test set (176,074 and 176,225 molecules).

    Args:
        split: which of the two.
        folder: where ``test_stats.npz`` and ``test_scaffolds_stats.npz`` lie; by default the data folder.

    Raises:
        UserError: the file is missing or is not the published one.
    """
    path = _moses_file(f"{split}_stats.npz", folder)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != _STATISTICS_SHA256[split]:
            raise UserError("is not the file that molsets 0.3.1 carries", str(path), _ADVICE)
    # The file holds Python objects, which only this one, known byte for byte, is trusted to bring.
    with np.load(path, allow_pickle=True) as archive:
        stats: dict[str, dict[str, Any]] = archive["stats"].item()
    return ReferenceSet(
        chemnet=Gaussian(stats["FCD"]["mu"].astype(np.float64), stats["FCD"]["sigma"].astype(np.float64)),
        bits=np.packbits(stats["SNN"]["fps"], axis=1, bitorder="little"),
        fragments=Counter(stats["Frag"]["frag"]),
        scaffolds=Counter(stats["Scaf"]["scaf"]),
        properties=np.array([stats[name]["values"] for name in ("logP", "SA", "QED", "weight")], dtype=np.float64).T,
    )


def moses_filters(folder: Path | None = None) -> Filters:
    """The MCF and PAINS patterns of MOSES.

    Raises:
        UserError: a file is missing or cannot be read.
    """
    return read_filters(_moses_file("mcf.csv", folder).read_bytes(), _moses_file("wehi_pains.csv", folder).read_bytes())


def _moses_file(name: str, folder: Path | None) -> Path:
    path = find(f"moses/{name}") if folder is None else folder / name
    if path is None or not path.is_file():
        raise UserError(f"there is no {name}", str(folder or "data folder"), _ADVICE)
    return path
