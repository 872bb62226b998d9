"""Is an object of the kind a predictor was trained on? Elements, size, and distance to the training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats
from sekkei.predict.forest import Features

LEAST_SEEN = 10
"""Fewest training objects with an element before predictions on it count as in the domain; of fewer than 500 objects a
fiftieth, at least two."""

FAR = 0.99
"""Share of held-out objects that count as near."""

_AXES = 16
_LANDMARKS = 3000
_BATCH = 2000


@dataclass(frozen=True)
class Reach:
    """The domain of a predictor.

    Attributes:
        seen: number of training objects that hold each element, (elements,).
        bounds: lowest and highest training value of features of size, by the feature's column; more is outside.
        centre: (d,) mean of the features.
        axes: (d, k) principal axes of the standardised features, scale included.
        landmarks: (m, k) training objects on these axes, spread so that every other one is near one of them.
        limit: distance to the nearest landmark that 99 % of the held-out objects keep.
        least: fewest training objects with an element.
    """

    seen: NDArray[np.int64]
    bounds: Mapping[int, tuple[float, float]]
    centre: Floats
    axes: Floats
    landmarks: Floats
    limit: float
    least: int = LEAST_SEEN

    @staticmethod
    def fit(
        rows: Features, held_out: Features, present: NDArray[np.bool_], bounded: Sequence[int], seed: int = 0
    ) -> Reach:
        """Learn what the training data look like, and from held-out rows how far apart such objects lie.

        Args:
            rows: (n, d) features of the training objects.
            held_out: (h, d) features of objects of the same kind that were kept apart.
            present: (n, elements) which elements the training objects hold.
            bounded: columns of features of size, such as the number of atoms.
            seed: of the first landmark.
        """
        values = rows.astype(np.float64)
        centre, spread = values.mean(axis=0), values.std(axis=0)
        scaled = np.where(spread > 0, (values - centre) / np.where(spread > 0, spread, 1.0), 0.0)
        eigenvalues, vectors = np.linalg.eigh(scaled.T @ scaled / len(scaled))
        keep = np.argsort(eigenvalues)[::-1][:_AXES]
        axes = vectors[:, keep] / np.where(spread > 0, spread, np.inf)[:, None]
        # rounded to what is kept on disk, so that the limit belongs to exactly these numbers
        centre, axes = centre.astype(np.float32).astype(np.float64), axes.astype(np.float32).astype(np.float64)
        points = (values - centre) @ axes
        landmarks = points[spread_out(points, _LANDMARKS, seed)].astype(np.float16).astype(np.float64)
        bounds = {column: (float(values[:, column].min()), float(values[:, column].max())) for column in bounded}
        least = min(LEAST_SEEN, max(2, len(present) // 50))
        first = Reach(present.sum(axis=0), bounds, centre, axes, landmarks, np.inf, least)
        limit = float(np.quantile(first.distance(held_out), FAR)) if len(held_out) else np.inf
        return replace(first, limit=limit)

    def distance(self, rows: Features) -> Floats:
        """Distance to the nearest landmark, (n, d) -> (n,)."""
        out = np.zeros(len(rows))
        squares = (self.landmarks**2).sum(axis=1)
        for first in range(0, len(rows), _BATCH):
            points = (rows[first : first + _BATCH].astype(np.float64) - self.centre) @ self.axes
            gaps = (points**2).sum(axis=1)[:, None] - 2.0 * points @ self.landmarks.T + squares
            out[first : first + _BATCH] = np.sqrt(np.maximum(gaps.min(axis=1), 0.0))
        return out

    def outside(
        self, rows: Features, present: NDArray[np.bool_], elements: Sequence[str], features: Sequence[str]
    ) -> list[str]:
        """Why each object lies outside the domain, empty where it lies inside.

        Args:
            rows: (n, d) features.
            present: (n, elements) which elements the objects hold.
            elements: names of the elements.
            features: names of the features.
        """
        distances = self.distance(rows)
        rare = present & (self.seen < self.least)
        reasons = []
        for row in range(len(rows)):
            strange = [elements[place] for place in np.flatnonzero(rare[row]).tolist()]
            beyond = [features[c] for c, (_, high) in self.bounds.items() if rows[row, c] > high]
            if strange:
                reasons.append(f"hardly any training data with {', '.join(strange)}")
            elif beyond:
                reasons.append(f"more {' and '.join(beyond)} than anything in the training data")
            elif distances[row] > self.limit:
                reasons.append(
                    f"unlike the training data (distance {distances[row]:.3g}, usually up to {self.limit:.3g})"
                )
            else:
                reasons.append("")
        return reasons


def spread_out(points: Floats, count: int, seed: int = 0) -> NDArray[np.int64]:
    """Rows of points (n, k) such that each next one is the farthest from those before (Gonzalez 1985, k-center).

    Drawn evenly they would all lie where the data are dense, and a small molecule among large ones would seem strange
    although it was learned from. No point is farther from the chosen than twice what the best choice could reach.

    Returns:
        At most ``count`` rows, fewer where the rest lies upon them.
    """
    near = points.astype(np.float32)
    first = int(np.random.default_rng(seed).integers(len(near)))
    chosen, gaps = [first], ((near - near[first]) ** 2).sum(axis=1)
    while len(chosen) < min(count, len(near)) and gaps.max() > 0:
        chosen.append(int(gaps.argmax()))
        np.minimum(gaps, ((near - near[chosen[-1]]) ** 2).sum(axis=1), out=gaps)
    return np.array(chosen)
