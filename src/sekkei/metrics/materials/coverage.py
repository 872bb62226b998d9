"""How much of a reference a set covers, and how much of the set lies near it (CDVAE, Xie et al., ICLR 2022)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats
from sekkei.metrics.bootstrap import GROUPS, LEAST, TOO_FEW, jackknife
from sekkei.metrics.figures import Figure, mean_of, share, without_interval
from sekkei.metrics.materials.look import Prints

_BLOCK = 500


@dataclass(frozen=True)
class Cutoffs:
    """Largest distances at which two materials are near.

    Attributes:
        structure: of fingerprints of crystals.
        composition: of fingerprints of compositions.
    """

    structure: float = 0.4
    composition: float = 10.0


CUTOFFS = {"mp20": Cutoffs(), "perov5": Cutoffs(0.2, 4.0), "carbon24": Cutoffs(0.2, 4.0)}
"""CDVAE's cut-offs, by the data set that the reference is of."""


@dataclass(frozen=True)
class Nearest:
    """Smallest distances between a set and a reference, which of both have fingerprints.

    Attributes:
        of_set: (n,) from each attempt to the nearest of the reference, infinite where the attempt has no fingerprint.
        of_reference: (groups, m) from each of the reference to the nearest attempt in each group of consecutive ones.
    """

    of_set: Floats
    of_reference: Floats


def nearest(generated: Floats, reference: Floats) -> Nearest:
    """Smallest Euclidean distances, block by block.

    Args:
        generated: (n, d) fingerprints, a row of NaN where there is none.
        reference: (m, d) fingerprints; rows of NaN are left out.
    """
    known = reference[~np.isnan(reference).any(axis=1)]
    of_set = np.full(len(generated), np.inf)
    of_reference = np.full((GROUPS, len(known)), np.inf)
    for group, rows in _pieces(len(generated)):
        there = rows[~np.isnan(generated[rows]).any(axis=1)]
        if len(there) and len(known):
            distances = _distances(generated[there], known)
            of_set[there] = distances.min(axis=1)
            of_reference[group] = np.minimum(of_reference[group], distances.min(axis=0))
    return Nearest(of_set, of_reference)


def coverage(generated: Prints, reference: Prints, cutoffs: Cutoffs, crystals: bool) -> list[Figure]:
    """Recall, precision and mean smallest distances.

    An attempt without a fingerprint counts as far from everything in the precision, and is left out of the means, as in
    CDVAE's code.

    Args:
        generated: of n attempts.
        reference: of m reference materials.
        cutoffs: what counts as near.
        crystals: whether both sides are crystals.
    """
    alone = nearest(generated.composition, reference.composition)
    near = alone.of_set <= cutoffs.composition
    covered: NDArray[np.bool_] = alone.of_reference <= cutoffs.composition
    recall = _recall("cov_recall/composition", covered, len(near))
    out = [recall, share("cov_precision/composition", int(near.sum()), len(near))]
    if not crystals:
        return out + _means("amcd", alone)
    generated, reference = _whole(generated), _whole(reference)
    compositions = nearest(generated.composition, reference.composition)
    structures = nearest(generated.structure, reference.structure)
    near = (structures.of_set <= cutoffs.structure) & (compositions.of_set <= cutoffs.composition)
    out.append(_both("cov_recall", structures, compositions, cutoffs))
    out.append(share("cov_precision", int(near.sum()), len(near)))
    return out + _means("amsd", structures) + _means("amcd", compositions)


def _whole(prints: Prints) -> Prints:
    """Without the composition of what has no fingerprint of its structure, as in CDVAE's code."""
    missing = np.isnan(prints.structure).any(axis=1).reshape(-1, 1)
    return Prints(prints.structure, np.where(missing, np.nan, prints.composition))


def diversity(prints: Floats) -> tuple[float, int]:
    """Mean distance of all pairs of different rows, and of how many rows; rows of NaN are left out. (n, d)."""
    there = prints[~np.isnan(prints).any(axis=1)]
    n = len(there)
    if n < 2:
        return float("nan"), n
    total = sum(float(_distances(there[start : start + _BLOCK], there).sum()) for start in range(0, n, _BLOCK))
    return total / (n * (n - 1)), n


def _pieces(n: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    for group, rows in enumerate(np.array_split(np.arange(n), GROUPS)):
        for start in range(0, len(rows), _BLOCK):
            yield group, rows[start : start + _BLOCK]


def _distances(a: Floats, b: Floats) -> Floats:
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None, :] - 2.0 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def _both(name: str, structures: Nearest, compositions: Nearest, cutoffs: Cutoffs) -> Figure:
    """Recall by the nearest structure and the nearest composition, which need not be the same attempt's."""

    def figure(rows: NDArray[np.int64]) -> float:
        near = np.asarray(structures.of_reference[rows].min(axis=0) <= cutoffs.structure)
        near &= np.asarray(compositions.of_reference[rows].min(axis=0) <= cutoffs.composition)
        return _part(near)

    return _left_out(name, figure, structures.of_reference.shape[1], 1.0, len(structures.of_set))


def _recall(name: str, covered: NDArray[np.bool_], attempts: int) -> Figure:
    return _left_out(name, lambda rows: _part(np.asarray(covered[rows].any(axis=0))), covered.shape[1], 1.0, attempts)


def _means(name: str, found: Nearest) -> list[Figure]:
    def figure(rows: NDArray[np.int64]) -> float:
        smallest = found.of_reference[rows].min(axis=0)
        return float(smallest.mean()) if len(smallest) and np.isfinite(smallest).all() else float("nan")

    there = found.of_set[np.isfinite(found.of_set)]
    recall = _left_out(f"{name}_recall", figure, found.of_reference.shape[1], np.inf, len(found.of_set))
    return [recall, mean_of(f"{name}_precision", there)]


def _left_out(name: str, figure: Callable[[NDArray[np.int64]], float], n: int, high: float, attempts: int) -> Figure:
    every = np.arange(GROUPS)
    value = figure(every)
    if attempts < LEAST:
        return without_interval(name, value, n, TOO_FEW)
    return Figure(name, value, n, jackknife(value, [figure(every[every != group]) for group in every], 0.0, high))


def _part(met: NDArray[np.bool_]) -> float:
    return float(met.mean()) if len(met) else float("nan")
