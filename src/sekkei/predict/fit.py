"""Train a predictor on labelled objects, keep a part aside to calibrate it and a part to say how good it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.hashes import HASH_BITS, hash_of
from sekkei.core.types import Floats, Measure
from sekkei.predict.calibrate import Classes, Margin
from sekkei.predict.describe import Describer
from sekkei.predict.forest import Features
from sekkei.predict.measures import class_errors, number_errors
from sekkei.predict.predictor import Answer, Brain, Guess, Mind, Predictor
from sekkei.predict.reach import Reach

Task = Literal["number", "gated", "class"]
"""A number; a number that is often exactly zero (see :mod:`sekkei.predict.gate`); one of two classes."""

TEST, CALIBRATE = 0.1, 0.1
"""Shares of the objects kept aside to measure the errors, and to calibrate intervals and domain."""

_LEAST = 50


@dataclass(frozen=True)
class Learned:
    """What came out of learning.

    Attributes:
        mind: what has been learned.
        left_out: (n,) what was said of each object by the part that had not seen it; NaN where every part had.
    """

    mind: Mind
    left_out: Floats = field(repr=False)


class Teacher(Protocol):
    """How a property is learned: by trees (:class:`sekkei.predict.trees.Recipe`) or by fine-tuning an encoder."""

    @property
    def task(self) -> Task:
        """What kind of answer is wanted."""

    def learn(self, items: Sequence[Any], rows: Features, values: Floats, seed: int) -> Learned:
        """Learn from n objects, their features (n, d) and values (n,)."""


@dataclass(frozen=True)
class Labels:
    """What is known: one value per object.

    Attributes:
        items: n different objects.
        keys: their identities.
        values: (n,) the property; 0 or 1 for a class.
        rows: (n, d) features, where they are at hand already.
        doubted: symbols of elements whose labels are often wrong; what holds one counts as outside the domain.
    """

    items: Sequence[Any]
    keys: Sequence[str]
    values: Floats
    rows: Features | None = field(default=None, repr=False)
    doubted: tuple[str, ...] = ()


def merged(items: Sequence[Any], keys: Sequence[str], values: Floats, how: Callable[[Floats], float]) -> Labels:
    """One value per identity: of those that share one, ``how`` makes one. What is missing (NaN) is left out."""
    rows: dict[str, list[int]] = {}
    for row in np.flatnonzero(~np.isnan(values)).tolist():
        rows.setdefault(keys[row], []).append(row)
    every = [(members[0], float(how(values[members]))) for members in rows.values()]
    firsts = [row for row, value in every if not np.isnan(value)]
    one = np.array([value for _, value in every if not np.isnan(value)])
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


def fit(
    describer: Describer,
    measure: Measure,
    labels: Labels,
    teacher: Teacher,
    seed: int = 0,
    record: Mapping[str, Any] | None = None,
) -> Predictor:
    """Train, calibrate and test one predictor; it is not trained again on what it was tested on.

    Args:
        describer: of the domain.
        measure: what is predicted.
        labels: one value per object.
        teacher: how.
        seed: of everything random.
        record: goes into the training record: data, sources, cautions.

    Raises:
        UserError: fewer than fifty objects, or all have the same value.
    """
    if len(labels.items) < _LEAST or np.ptp(labels.values) == 0:
        what = f"{len(labels.items)} objects with {len(np.unique(labels.values))} different values are too little"
        raise UserError(what, measure.name, f"a predictor needs at least {_LEAST} different objects, not all alike")
    rows = describer.features(labels.items) if labels.rows is None else labels.rows
    train, calibrate, test = parts(labels.keys)
    mind = teacher.learn(chosen(labels.items, train), rows[train], labels.values[train], seed).mind
    guess = mind(chosen(labels.items, calibrate), rows[calibrate])
    margin = calibrated(guess, labels.values[calibrate], teacher.task, measure.low, measure.high)
    brain = Brain(mind, margin, measure.low, measure.high)
    reach, errors = placed(describer, labels, rows, brain, teacher.task, seed)
    facts = {
        **(record or {}),
        "objects": {"train": int(train.sum()), "calibrate": int(calibrate.sum()), "test": int(test.sum())},
        "held_out": errors,
        "seed": seed,
    }
    return Predictor(describer, measure, brain, reach, facts, "unsaved", "")


def placed(
    describer: Describer, labels: Labels, rows: Features, brain: Brain, task: Task, seed: int = 0
) -> tuple[Reach, dict[str, float]]:
    """The domain of what was learned from the training part, and the errors on the part kept aside to test it.

    Args:
        describer: of the domain.
        labels: one value per object.
        rows: (n, d) their features.
        brain: calibrated.
        task: what kind of answer it gives.
        seed: of the domain.
    """
    train, calibrate, test = parts(labels.keys)
    present, compared = np.asarray(describer.present(labels.items), dtype=bool), rows[:, : describer.compared]
    taught = present[train]
    taught[:, [describer.elements.index(element) for element in labels.doubted]] = False
    reach = Reach.fit(compared[train], compared[calibrate], taught, describer.bounded, seed)
    reasons = reach.outside(compared[test], present[test], describer.elements, describer.names)
    inside = np.array([not why for why in reasons], dtype=bool)
    return reach, errors_of(brain(chosen(labels.items, test), rows[test]), labels.values[test], inside, task)


def errors_of(answer: Answer, truth: Floats, inside: NDArray[np.bool_], task: Task) -> dict[str, float]:
    """Errors, coverage and width of intervals on held-out objects; see :mod:`sekkei.predict.measures`."""
    if task == "class":
        return class_errors(answer.values, answer.interval, truth, inside)
    return number_errors(answer.values, answer.interval, truth, inside)


def chosen(items: Sequence[Any], which: NDArray[np.bool_]) -> list[Any]:
    """Some of the objects, by a mask (n,)."""
    return [items[row] for row in np.flatnonzero(which).tolist()]


def calibrated(guess: Guess, truth: Floats, task: Task, low: float, high: float) -> Margin | Classes:
    """From guesses on held-out rows how far to trust such guesses; ``low`` and ``high`` bound what is possible."""
    values = np.clip(guess.values, low, high)
    if task == "class":
        return Classes.fit(values, truth)
    return Margin.fit(np.abs(values - truth), np.ones(len(truth)) if guess.expected is None else guess.expected)
