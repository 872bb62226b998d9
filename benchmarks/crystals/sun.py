"""S.U.N. by a potential: novel unique crystals of each source, relaxed, and how many lie near the project's hull."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks.crystals.sources import Proposer, Training, candidates

from sekkei.campaign.crystal_checks import relaxed_of
from sekkei.campaign.judge import Candidate, Judge
from sekkei.materials.crystal import Crystal
from sekkei.materials.structures import groups
from sekkei.metrics.figures import share
from sekkei.predict.crystals import RELAXED_HULL, RelaxationEvaluator

METASTABLE = 0.1
"""Energy above hull up to which a crystal counts [eV/atom]."""

_BATCH = 128
_GIVE_UP = 50

Found = list[Candidate[Crystal]]


def first_novel(source: Proposer, n: int, seed: int, training: Training) -> tuple[Found, int]:
    """The first n unique attempts that match no training crystal, and how many attempts it took.

    Of a source that repeats training crystals on purpose: the first n unique ones, known or not.
    """
    kept: Found = []
    first = 0
    while len(kept) < n and first < _GIVE_UP * n:
        fresh = [one for one in candidates(source.draw(seed, first, _BATCH)) if not one.item.collapsed]
        new = [True] * len(fresh) if source.repeats else training.novel([one.item for one in fresh])
        together = kept + [one for one, strange in zip(fresh, new, strict=True) if strange]
        leaders = groups([one.item for one in together])
        kept = [one for row, one in enumerate(together) if leaders[row] == row]
        first += _BATCH
    return kept[:n], (kept[n - 1].index + 1 if len(kept) >= n else first)


def sun(
    sources: list[Proposer], n: int, seed: int, training: Training, relaxation: RelaxationEvaluator, judge: Judge,
    *, parallel: bool,
) -> dict[str, Any]:  # fmt: skip
    """The figures of each source."""
    return {one.name: _of_source(one, n, seed, training, relaxation, judge, parallel=parallel) for one in sources}


def _of_source(
    source: Proposer, n: int, seed: int, training: Training, relaxation: RelaxationEvaluator, judge: Judge,
    *, parallel: bool,
) -> dict[str, Any]:  # fmt: skip
    kept, attempts = first_novel(source, n, seed, training)
    judge.evaluate(relaxation, kept, 1, parallel=parallel)
    stable = [one for one in kept if one.values[RELAXED_HULL.name] <= METASTABLE]
    relaxed = [relaxed_of(one) for one in stable]
    still = [row for row, leader in enumerate(groups(relaxed)) if row == leader]
    still = still if source.repeats else [row for row in still if training.novel([relaxed[row]])[0]]
    heights = np.array([one.values[RELAXED_HULL.name] for one in kept])
    moved = np.array([one.values["rmsd"] for one in kept])
    ratio = len(kept) / attempts
    figure = share("sun", len(still), len(kept))
    return {
        "relaxed": len(kept),
        "attempts": attempts,
        "novel and unique": not source.repeats,
        "relaxed to the end": float(np.nanmean([one.values["converged"] for one in kept])) if kept else np.nan,
        "stable": len(stable) / max(1, len(kept)),
        "stable, unique and novel once relaxed": figure.value,
        "interval": [figure.interval.low, figure.interval.high],
        "of all attempts": figure.value * ratio,
        "median above hull": _median(heights),
        "median displacement": _median(moved),
        "without a place on the hull": int(np.isnan(heights).sum()),
        "crystals": placed(kept),
    }


def placed(candidates: Found) -> list[list[Any]]:
    """Each crystal as it was drawn, and its energy above hull once relaxed [eV/atom], None where it has no place."""
    heights = [float(one.values[RELAXED_HULL.name]) for one in candidates]
    pairs = zip(candidates, heights, strict=True)
    return [[one.text, round(high, 4) if np.isfinite(high) else None] for one, high in pairs]


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan
