"""Train a predictor on labelled objects, keep a part aside to calibrate it and a part to say how good it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.hashes import HASH_BITS, hash_of
from sekkei.core.types import Floats, Measure
from sekkei.predict.baseline import Answer, BaselinePredictor, Brain, point
from sekkei.predict.calibrate import Classes, Margin
from sekkei.predict.describe import Describer
from sekkei.predict.forest import Features, Forest, Settings, grow
from sekkei.predict.measures import class_errors, number_errors
from sekkei.predict.reach import Reach

Task = Literal["number", "gated", "class"]
"""A number; a number that is often exactly zero (which a gate decides first); one of two classes."""

TEST, CALIBRATE = 0.1, 0.1
"""Shares of the objects kept aside to measure the errors, and to calibrate intervals and domain."""

_LEAST = 50


@dataclass(frozen=True)
class Recipe:
    """How a property is learned.

    Attributes:
        task: what kind of answer is wanted.
        trees: of the property itself.
        gate: of the question whether the property is zero.
        spread: of the expected error.
        folds: how many boosters are averaged, each trained without another part of the data; at least 2.
    """

    task: Task = "number"
    trees: Settings = field(default_factory=Settings)
    gate: Settings = field(default_factory=lambda: Settings("binary"))
    spread: Settings = field(default_factory=lambda: Settings(trees=60, leaves=15, least=20))
    folds: int = 4


@dataclass(frozen=True)
class Labels:
    """What is known: one value per object.

    Attributes:
        items: n different objects.
        keys: their identities.
        values: (n,) the property; 0 or 1 for a class.
    """

    items: Sequence[Any]
    keys: Sequence[str]
    values: Floats


def merged(items: Sequence[Any], keys: Sequence[str], values: Floats, how: Callable[[Floats], float]) -> Labels:
    """One value per identity: of those that share one, ``how`` makes one. Missing values (NaN) are left out."""
    rows: dict[str, list[int]] = {}
    for row in np.flatnonzero(~np.isnan(values)).tolist():
        rows.setdefault(keys[row], []).append(row)
    firsts = [members[0] for members in rows.values()]
    one = np.array([float(how(values[members])) for members in rows.values()])
    return Labels([items[row] for row in firsts], [keys[row] for row in firsts], one)


def part(key: str) -> float:
    """A number from 0 to 1 that an identity alone decides.

    An object falls into the same part of every table, whatever it is labelled with, so that nothing a predictor is
    tested on was seen in another table.
    """
    return hash_of(f"part {key}") / (1 << HASH_BITS)


def parts(keys: Sequence[str]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which objects train, which calibrate and which test."""
    places = np.array([part(key) for key in keys])
    test, calibrate = places < TEST, (places >= TEST) & (places < TEST + CALIBRATE)
    return ~(test | calibrate), calibrate, test


def learn(
    rows: Features, values: Floats, recipe: Recipe, seed: int, start: str | None = None, weights: Floats | None = None
) -> tuple[Forest, Forest | None, Forest | None]:
    """Train value, gate and spread.

    Args:
        rows: (n, d) features.
        values: (n,) the property.
        recipe: how.
        seed: of folds and trees.
        start: text of a booster that already knows something like the property.
        weights: (n,) importance of each row.
    """
    fold = np.random.default_rng(seed).permutation(len(rows)) % recipe.folds
    filled = values > 0 if recipe.task == "gated" else np.ones(len(values), dtype=bool)
    out = np.full(len(values), np.nan)
    trees, gates = [], []
    for one in range(recipe.folds):
        kept = fold != one
        trees.append(_grow(rows, values, kept & filled, recipe.trees, seed + one, start, weights))
        if recipe.task == "gated":
            gates.append(_grow(rows, filled.astype(np.float64), kept, recipe.gate, seed + one, None, weights))
        left = ~kept
        gate = Forest((gates[-1],)) if gates else None
        out[left] = point(Forest((trees[-1],)), gate, rows[left], -np.inf, np.inf)
    forest, gate = Forest(tuple(trees)), Forest(tuple(gates)) if gates else None
    if recipe.task == "class":
        return forest, None, None
    known = ~np.isnan(out)
    errors = np.abs(values - out)
    return forest, gate, Forest((grow(rows[known], errors[known], recipe.spread, seed),))


def fit(
    describer: Describer,
    measure: Measure,
    labels: Labels,
    recipe: Recipe,
    seed: int = 0,
    start: str | None = None,
    record: Mapping[str, Any] | None = None,
) -> BaselinePredictor:
    """Train, calibrate and test one predictor; it is not trained again on what it was tested on.

    Args:
        describer: of the domain.
        measure: what is predicted.
        labels: one value per object.
        recipe: how.
        seed: of everything random.
        start: text of a booster to go on from, trained on none of the objects that calibrate or test.
        record: goes into the training record: data, sources, cautions.

    Raises:
        UserError: fewer than fifty objects, or all have the same value.
    """
    if len(labels.items) < _LEAST or np.ptp(labels.values) == 0:
        what = f"{len(labels.items)} objects with {len(np.unique(labels.values))} different values are too little"
        raise UserError(what, measure.name, f"a predictor needs at least {_LEAST} different objects, not all alike")
    rows = describer.features(labels.items)
    train, calibrate, test = parts(labels.keys)
    value, gate, spread = learn(rows[train], labels.values[train], recipe, seed, start)
    margin = _margin(value, gate, spread, rows[calibrate], labels.values[calibrate], measure)
    present = np.asarray(describer.present(labels.items), dtype=bool)
    compared = rows[:, : describer.compared]
    reach = Reach.fit(compared[train], compared[calibrate], present[train], describer.bounded, seed)
    brain = Brain(value, gate, spread, margin, measure.low, measure.high)
    inside = np.array([not why for why in reach.outside(
        compared[test], present[test], describer.elements, describer.names)], dtype=bool)  # fmt: skip
    facts = {
        **(record or {}),
        "objects": {"train": int(train.sum()), "calibrate": int(calibrate.sum()), "test": int(test.sum())},
        "held_out": errors_of(brain(rows[test]), labels.values[test], inside, recipe.task),
        "seed": seed,
    }
    return BaselinePredictor(describer, measure, brain, reach, facts, "unsaved", "")


def errors_of(answer: Answer, truth: Floats, inside: NDArray[np.bool_], task: Task) -> dict[str, float]:
    """Errors, coverage and width of intervals on held-out objects; see :mod:`sekkei.predict.measures`."""
    if task == "class":
        return class_errors(answer.values, answer.interval, truth, inside)
    return number_errors(answer.values, answer.interval, truth, inside)


def _grow(
    rows: Features, values: Floats, kept: NDArray[np.bool_], settings: Settings, seed: int, start: str | None,
    weights: Floats | None,
) -> str:  # fmt: skip
    chosen = None if weights is None else weights[kept]
    return grow(rows[kept], values[kept], settings, seed, chosen, start)


def _margin(
    value: Forest, gate: Forest | None, spread: Forest | None, rows: Features, truth: Floats, measure: Measure
) -> Margin | Classes:
    found = point(value, gate, rows, measure.low, measure.high)
    if spread is None:
        return Classes.fit(found, truth)
    return Margin.fit(np.abs(found - truth), spread(rows))
