"""Tanimoto similarity between large sets of bit fingerprints, block by block.

T(a, b) = |a and b| / |a or b|. The counts of common bits are one matrix product per block. They are whole
numbers below 2^24, so every kernel that can make them gives the same result; the fastest on this machine is taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sekkei.core.types import Floats

Bits = NDArray[np.uint8]
Product = Callable[[Tensor, Tensor], Tensor]

_ROWS, _COLUMNS = 512, 2048  # a block of similarities (4 MB) stays in the processor's cache
_TILE = 16 * _ROWS  # fingerprints unpacked at a time


def nearest_similarity(bits: Bits, reference: Bits) -> Floats:
    """Similarity of each fingerprint to its nearest one in a reference set.

    Args:
        bits: (n, bytes) packed fingerprints.
        reference: (m, bytes) packed fingerprints, m at least 1.

    Returns:
        (n,) similarities, 0 to 1.
    """
    product = _fastest_product()
    ones, theirs = _ones(bits), _ones(reference)
    best = torch.zeros(len(bits))
    for tile in range(0, len(bits), _TILE):
        unpacked = _unpack(bits[tile : tile + _TILE])
        for alike in _equal(theirs):
            columns = _unpack(reference[alike])
            for top in range(0, len(unpacked), _ROWS):
                part = unpacked[top : top + _ROWS]
                rows = slice(tile + top, tile + top + len(part))
                # among references with equally many bits the most common bits make the greatest similarity
                most = product(part, columns).amax(dim=1).float()
                similarity = _similarity(most, ones[rows] + theirs[alike[0]])
                best[rows] = torch.maximum(best[rows], similarity)
    return best.numpy().astype(np.float64)


def _equal(ones: Tensor) -> list[NDArray[np.int64]]:
    """Rows with equally many bits, at most a block's width together."""
    order = np.argsort(ones.numpy(), kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(ones.numpy()[order])) + 1)
    return [group[start : start + _COLUMNS] for group in groups for start in range(0, len(group), _COLUMNS)]


def nearest_other(bits: Bits) -> Floats:
    """Similarity of each fingerprint to the nearest other one of its own set; 0 where it is alone. (n, bytes) -> (n,).

    Two molecules of equal fingerprints have similarity 1.
    """
    best = torch.zeros(len(bits))
    for rows, columns, similarity in _blocks(bits):
        if rows.start == columns.start:
            similarity.fill_diagonal_(0.0)
        best[rows] = torch.maximum(best[rows], similarity.amax(dim=1))
        best[columns] = torch.maximum(best[columns], similarity.amax(dim=0))
    return best.numpy().astype(np.float64)


def mean_similarities(bits: Bits) -> tuple[Floats, Floats]:
    """Mean and mean square similarity of each fingerprint to all in its own set, itself included.

    Args:
        bits: (n, bytes) packed fingerprints.

    Returns:
        (n,) means of T and (n,) means of T squared.
    """
    total = torch.zeros(2, len(bits), dtype=torch.float64)
    for rows, columns, similarity in _blocks(bits):
        mirrored = rows.start < columns.start
        for power in (0, 1):
            part = similarity if power == 0 else similarity.square_()
            total[power, rows] += part.sum(dim=1).double()
            if mirrored:
                total[power, columns] += part.sum(dim=0).double()
    mean = (total / max(len(bits), 1)).numpy()
    return mean[0], mean[1]


def _blocks(bits: Bits) -> Iterator[tuple[slice, slice, Tensor]]:
    """Square blocks of the similarities of a set to itself, on and above the diagonal."""
    product = _fastest_product()
    ones = _ones(bits)
    for tile in range(0, len(bits), _TILE):
        a = _unpack(bits[tile : tile + _TILE])
        for start in range(tile, len(bits), _ROWS):
            b = _unpack(bits[start : start + _ROWS])
            columns = slice(start, start + len(b))
            for top in range(0, min(len(a), start + 1 - tile), _ROWS):
                part = a[top : top + _ROWS]
                rows = slice(tile + top, tile + top + len(part))
                yield rows, columns, _similarity(product(part, b).float(), ones[rows, None] + ones[None, columns])


def _similarity(common: Tensor, total: Tensor) -> Tensor:
    union = total.sub_(common)
    if float(union.min()) > 0:
        return common.div_(union)
    return torch.where(union > 0, common / union, 1.0)  # two empty fingerprints count as equal, as in the reference


def _ones(bits: Bits) -> Tensor:
    return torch.from_numpy(np.bitwise_count(bits).sum(axis=1, dtype=np.float32))


def _unpack(bits: Bits) -> Tensor:
    return torch.from_numpy(np.unpackbits(bits, axis=1).view(np.int8))


def _float_product(a: Tensor, b: Tensor) -> Tensor:
    return a.float() @ b.float().T


def _integer_product(a: Tensor, b: Tensor) -> Tensor:
    # Not among torch's documented names, hence the guarded look-up; about six times the speed of float32
    # where the processor multiplies bytes.
    multiply = getattr(torch, "_int_mm")  # noqa: B009
    common: Tensor = multiply(a, b.T)
    return common


@cache
def _fastest_product() -> Product:
    if not hasattr(torch, "_int_mm"):
        return _float_product
    a = torch.ones(64, 1024, dtype=torch.int8)
    b = torch.ones(1024, 1024, dtype=torch.int8)
    try:
        slow, quick = _seconds(_float_product, a, b), _seconds(_integer_product, a, b)
    except RuntimeError:
        return _float_product
    return _integer_product if quick < slow else _float_product


def _seconds(product: Product, a: Tensor, b: Tensor) -> float:
    best = float("inf")  # of several, since another process may hold one of them up
    for _ in range(5):
        started = time.perf_counter()
        product(a, b)
        best = min(best, time.perf_counter() - started)
    return best
