"""Distances between distributions, whatever they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sekkei.core.types import Floats

_BINS = 40


@dataclass(frozen=True)
class Gaussian:
    """Mean (d,) and covariance (d, d) of a cloud of points."""

    mean: Floats
    covariance: Floats


def gaussian_of(points: np.ndarray) -> Gaussian:
    """Mean and sample covariance (divided by n - 1) of points (n, d), n at least 2."""
    exact = np.asarray(points, dtype=np.float64)
    return Gaussian(exact.mean(axis=0), np.cov(exact.T))


def frechet(a: Gaussian, b: Gaussian) -> float:
    """Squared Frechet distance of two Gaussians.

    d^2 = |m_a - m_b|^2 + tr(A + B - 2 (A B)^1/2) (Dowson & Landau, J. Multivar. Anal. 12, 450, 1982, eq. 4).
    tr (A B)^1/2 is the sum of the roots of the eigenvalues of A^1/2 B A^1/2, which is symmetric, so that no
    imaginary parts arise where A or B is singular (fewer points than dimensions).
    """
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    mixed = np.linalg.eigvalsh(root @ b.covariance @ root)
    shift = a.mean - b.mean
    overlap = np.sqrt(np.maximum(mixed, 0.0)).sum()
    return float(shift @ shift + np.trace(a.covariance) + np.trace(b.covariance) - 2.0 * overlap)


def cosine_of_counts(a: Mapping[str, int], b: Mapping[str, int]) -> float:
    """Cosine between two tables of counts; a name absent from one counts 0 there. NaN where a table is empty."""
    if not a or not b:
        return float("nan")
    small, large = (a, b) if len(a) <= len(b) else (b, a)
    common = sum(count * large.get(name, 0) for name, count in small.items())
    return float(common / (_length(a) * _length(b)))


def wasserstein(a: Floats, b: Floats) -> float:
    """Wasserstein-1 distance between two samples: the area between their distribution functions. (n,), (m,)."""
    everything = np.sort(np.concatenate([a, b]))
    steps = np.diff(everything)
    share_a = np.searchsorted(np.sort(a), everything[:-1], side="right") / len(a)
    share_b = np.searchsorted(np.sort(b), everything[:-1], side="right") / len(b)
    return float(np.abs(share_a - share_b) @ steps)


def histogram(values: Floats, known: Floats) -> dict[str, list[float]]:
    """Shares of generated and known values in forty bins of common edges; the outermost hold what lies beyond."""
    low, high = np.quantile(np.concatenate([values, known]), (0.001, 0.999))
    edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    shares = {}
    for label, one in (("generated", values), ("reference", known)):
        counts, _ = np.histogram(np.clip(one, edges[0], edges[-1]), edges)
        shares[label] = (counts / max(len(one), 1)).round(6).tolist()
    return {"edges": edges.round(6).tolist(), **shares}


def _length(counts: Mapping[str, int]) -> float:
    return float(np.sqrt(sum(float(count) ** 2 for count in counts.values())))
