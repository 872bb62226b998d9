"""GuacaMol's scores of distribution learning (Brown et al., JCIM 59, 1096, 2019; package guacamol 0.5.5).

All are between 0 and 1, higher is better, and all but the FCD score ignore stereochemistry. The package asks its
generator for molecules until it has enough; a file cannot be asked again, so each score takes what the file holds, at
most the 10,000 of the package, and divides by that number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from sekkei.core.types import Floats
from sekkei.metrics.distances import Gaussian, frechet
from sekkei.metrics.parallel import in_chunks
from sekkei.metrics.similarity import nearest_other
from sekkei.molecules.novelty import KnownMolecules
from sekkei.molecules.samples import DESCRIPTORS, Flat, flat, join_flat, without_stereo

SAMPLES = 10_000
"""Molecules that the package takes of the generator and of the training set."""

CONTINUOUS = 4  # the first four descriptors are real numbers, the others count
_POINTS = 1_000
_BINS = 10
_FLOOR = 1e-10


@dataclass(frozen=True)
class Profile:
    """What the KL score compares: k different molecules without stereochemistry.

    Attributes:
        descriptors: (k, 9) in the order of ``DESCRIPTORS``.
        nearest: (k,) similarity to the nearest other molecule of the set (ECFP4, 4096 bits).
    """

    descriptors: Floats
    nearest: Floats


def profile(smiles: Sequence[str], pool: Executor | None = None, most: int = SAMPLES) -> Profile:
    """The profile of at most ``most`` different molecules among n canonical SMILES, first come first taken."""
    first = list(dict.fromkeys(smiles))[:most]
    different = list(dict.fromkeys(text for part in in_chunks(without_stereo, first, pool) for text in part))
    whole: Flat = join_flat(in_chunks(flat, different, pool))
    return Profile(whole.descriptors, nearest_other(whole.bits))


def kl_divergences(sampled: Profile, reference: Profile) -> dict[str, float]:
    """KL divergence D(reference || sampled) [nats] of every descriptor and of the internal similarity.

    NaN where a set has fewer than two molecules.
    """
    names = (*DESCRIPTORS, "internal_similarity")
    if min(len(sampled.nearest), len(reference.nearest)) < 2:
        return dict.fromkeys(names, float("nan"))
    out = {}
    for column, name in enumerate(DESCRIPTORS):
        divergence = continuous_kl if column < CONTINUOUS else discrete_kl
        out[name] = divergence(reference.descriptors[:, column], sampled.descriptors[:, column])
    out["internal_similarity"] = continuous_kl(reference.nearest, sampled.nearest)
    return out


def kl_score(divergences: Mapping[str, float]) -> float:
    """Mean of exp(-D) over the descriptors."""
    return float(np.mean(np.exp([-value for value in divergences.values()])))


def left_out_scores(sampled: Profile, reference: Profile, groups: int) -> list[float]:
    """The KL score with each of g groups of consecutive molecules left out.

    To spare hundreds of densities the band width, the 1,000 points and the nearest similarities stay those of the
    whole set.
    """
    divergences = []
    for column, name in enumerate((*DESCRIPTORS, "internal_similarity")):
        real = column < CONTINUOUS or name == "internal_similarity"
        p_values, q_values = (
            one.nearest if name == "internal_similarity" else one.descriptors[:, column] for one in (reference, sampled)
        )
        parts = np.array_split(q_values, groups)
        divergences.append((_left_out_continuous if real else _left_out_discrete)(p_values, q_values, parts))
    return [float(score) for score in np.exp(-np.array(divergences)).mean(axis=0)]


def _left_out_continuous(reference: Floats, sampled: Floats, parts: Sequence[Floats]) -> list[float]:
    low, high = min(reference.min(), sampled.min()), max(reference.max(), sampled.max())
    if not (np.ptp(reference) and np.ptp(sampled)):
        return [continuous_kl(reference, sampled)] * len(parts)
    points, width = np.linspace(low, high, _POINTS), _width(sampled)
    p = _density(reference, points) + _FLOOR
    sums = np.array([len(part) * _density(part, points, width) for part in parts])
    rest = (sums.sum(axis=0) - sums) / (len(sampled) - np.array([[len(part)] for part in parts]))
    return [_entropy(p, q + _FLOOR) for q in np.maximum(rest, 0.0)]


def _left_out_discrete(reference: Floats, sampled: Floats, parts: Sequence[Floats]) -> list[float]:
    del sampled  # the histogram of the rest needs nothing of the whole
    return [discrete_kl(reference, np.concatenate([*parts[:row], *parts[row + 1 :]])) for row in range(len(parts))]


def fcd_to_score(distance: float) -> float:
    """exp(-0.2 FCD)."""
    return float(np.exp(-0.2 * distance))


def fcd_distance(sampled: Gaussian, reference: Gaussian) -> float:
    """The FCD below the score."""
    return frechet(sampled, reference)


def shares(smiles: Sequence[str], train: KnownMolecules | None, most: int = SAMPLES) -> dict[str, tuple[int, int]]:
    """Validity, uniqueness and novelty as (molecules counted, out of).

    Args:
        smiles: a canonical SMILES per attempt, empty where it is none.
        train: canonical SMILES of the training molecules without stereochemistry; None where unknown.
        most: how many are taken at most.
    """
    first = smiles[:most]
    valid = [text for text in smiles if text][:most]
    unique = list(dict.fromkeys(text for text in smiles if text))[:most]
    out = {
        "validity": (sum(map(bool, first)), len(first)),
        "uniqueness": (len(set(without_stereo(valid))), len(valid)),
    }
    if train is not None:
        flattened = list(dict.fromkeys(without_stereo(unique)))
        out["novelty"] = (len(flattened) - int(train.contains(flattened).sum()), len(unique))
    return out


def continuous_kl(reference: Floats, sampled: Floats) -> float:
    """KL divergence between kernel densities at 1,000 points over the range of both. (n,), (m,).

    1e-10 is added to each density before both are normalised, as in the package. Where a set has no spread there is
    no density: 0 if the other is all the same value too, else infinite (the package stops with an error).
    """
    low, high = min(reference.min(), sampled.min()), max(reference.max(), sampled.max())
    if low == high:
        return 0.0
    if not (np.ptp(reference) and np.ptp(sampled)):
        return float("inf")
    points = np.linspace(low, high, _POINTS)
    return _entropy(_density(reference, points) + _FLOOR, _density(sampled, points) + _FLOOR)


def discrete_kl(reference: Floats, sampled: Floats) -> float:
    """KL divergence between histograms over ten bins spanning the reference; samples beyond do not count. (n,), (m,).

    Where no sample lies within the reference's range the divergence is infinite (the package gives NaN).
    """
    p, edges = np.histogram(reference, bins=_BINS, density=True)
    counts, _ = np.histogram(sampled, bins=edges)
    if not counts.sum():
        return float("inf")
    q = counts / counts.sum() / np.diff(edges)
    return _entropy(p + _FLOOR, q + _FLOOR)


def _width(values: Floats) -> float:
    """Scott's band width: n^(-1/5) times the sample standard deviation."""
    return float(values.std(ddof=1) * np.power(float(len(values)), -0.2))


def _density(values: Floats, points: Floats, width: float | None = None) -> Floats:
    """Gaussian kernel density, of Scott's band width where none is given."""
    width = _width(values) if width is None else width
    total = np.zeros(len(points))
    for start in range(0, len(values), 500):
        scaled = (points[:, None] - values[None, start : start + 500]) / width
        total += np.exp(-0.5 * scaled * scaled).sum(axis=1)
    return np.asarray(total / (len(values) * width * np.sqrt(2.0 * np.pi)))


def _entropy(p: Floats, q: Floats) -> float:
    p, q = p / p.sum(), q / q.sum()
    return float((p * np.log(p / q)).sum())
