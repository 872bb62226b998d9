"""A trained predictor of one property, with intervals and a domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Column, Floats, Measure, Problem
from sekkei.predict.calibrate import SIGMAS, Classes, Margin
from sekkei.predict.describe import Describer
from sekkei.predict.forest import Features
from sekkei.predict.reach import Reach

NO_BETTER = "no better than a guess that knows no structure; do not act on it"
"""Said of a predictor that learned nothing, wherever it is used."""


@dataclass(frozen=True)
class Answer:
    """What a predictor says of n objects.

    Attributes:
        values: (n,) the property [its unit], or the probability of the upper class.
        interval: (n, 2) see :class:`sekkei.core.types.Column`.
        std: (n,) standard uncertainty [unit], None for a class.
    """

    values: Floats
    interval: Floats
    std: Floats | None


class Guess(NamedTuple):
    """What has been learned says of n objects, before it is calibrated.

    Attributes:
        values: (n,) the property [its unit], or the probability of the upper class.
        expected: (n,) the expected absolute errors [unit]; None where they are taken to be the same everywhere.
    """

    values: Floats
    expected: Floats | None


class Mind(Protocol):
    """What has been learned: trees or networks."""

    def __call__(self, items: Sequence[Any], rows: Features) -> Guess:
        """Of n objects, given as they are and as features (n, d)."""

    def even(self) -> Mind:
        """The same, which takes its errors to be the same everywhere."""

    def unread(self, items: Sequence[Any]) -> list[Problem | None]:
        """Why it cannot read an object, None where it can."""


@dataclass(frozen=True)
class Brain:
    """The learned part of a predictor, calibrated.

    Attributes:
        mind: what has been learned.
        margin: from expected error to interval, or from probability to possible classes.
        low: smallest possible value [unit].
        high: largest possible value [unit].
    """

    mind: Mind
    margin: Margin | Classes
    low: float
    high: float

    def __call__(self, items: Sequence[Any], rows: Features) -> Answer:
        """Value and interval of each object."""
        return answered(self.mind(items, rows), self.margin, self.low, self.high)


def answered(guess: Guess, margin: Margin | Classes, low: float, high: float) -> Answer:
    """A guess with its interval, or its set of classes, within the bounds of what is possible."""
    values = np.clip(guess.values, low, high)
    if isinstance(margin, Classes):
        return Answer(values, margin.sets(values), None)
    half = margin.half(np.ones(len(values)) if guess.expected is None else guess.expected)
    interval = np.stack([values - half, values + half], axis=1)
    return Answer(values, np.clip(interval, low, high), half / SIGMAS)


@dataclass(frozen=True)
class Predictor:
    """A predictor and evaluator of one property; :func:`sekkei.predict.load` gives a shipped one.

    Attributes:
        describer: how objects become features.
        measure: what is predicted.
        brain: the learned part.
        reach: the domain it was trained on.
        training: data, sizes, recipe and errors of the training run.
        version: 12 hex digits that change whenever an answer could.
        card: its card, in Markdown.
        baseline: where an encoder has learned, the trees that learned from the same objects.
    """

    describer: Describer = field(repr=False)
    measure: Measure
    brain: Brain = field(repr=False)
    reach: Reach = field(repr=False)
    training: Mapping[str, Any] = field(repr=False)
    version: str
    card: str = field(repr=False)
    baseline: Predictor | None = field(default=None, repr=False)

    @property
    def domain(self) -> str:
        """``molecules`` or ``materials``."""
        return self.describer.domain

    @property
    def name(self) -> str:
        """Name of the property."""
        return self.measure.name

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Its one measure."""
        return (self.measure,)

    @property
    def beaten(self) -> bool:
        """Whether the trees beside it erred less on the same held-out objects."""
        own, trees = self.training["held_out"], self.training.get("baseline")
        if trees is None:
            return False
        return bool(trees["mae"] < own["mae"] if "mae" in own else trees["auc"] > own["auc"])

    @property
    def no_better(self) -> bool:
        """Whether it erred on held-out objects as much as a guess that knows no structure, or more."""
        errors = self.training["held_out"]
        return bool(errors["mae"] >= errors["mad"] if "mae" in errors else errors["auc"] <= 0.5)

    def better(self) -> Predictor:
        """Itself, or the trees beside it where those erred less; their training then says ``instead_of`` what."""
        if not (self.baseline and self.beaten):
            return self
        facts = {**self.baseline.training, "instead_of": self.training["recipe"]}
        return replace(self.baseline, training=facts)

    def __call__(self, items: Sequence[Any]) -> list[Column]:
        """The same as :meth:`predict`, which makes it an evaluator."""
        return self.predict(items)

    def predict(self, items: Sequence[Any]) -> list[Column]:
        """Predict the property of n objects.

        Returns:
            One column: values, standard uncertainties (none for a class), 90 % intervals, and whether each object is of
            the kind the predictor was trained on; the note of one that is not says why. A row without features
            carries its Problem.
        """
        problems = [self.describer.unknown(item) for item in items]
        told = [row for row, problem in enumerate(problems) if problem is None]
        for row, problem in zip(told, self.brain.mind.unread([items[row] for row in told]), strict=True):
            problems[row] = problem
        good = np.array([problem is None for problem in problems], dtype=bool)
        kept = [item for item, problem in zip(items, problems, strict=True) if problem is None]
        rows = self.describer.features(kept)
        answer = self.brain(kept, rows)
        reasons = self.reasons(kept, rows)
        notes = np.full(len(items), "", dtype=object)
        notes[good] = reasons
        return [
            Column(
                self.measure,
                _spread(answer.values, good),
                None if answer.std is None else _spread(answer.std, good),
                problems,
                notes.tolist() if any(reasons) else None,
                np.stack([_spread(end, good) for end in answer.interval.T], axis=1),
                good & (notes == ""),
            )
        ]

    def reasons(self, items: Sequence[Any], rows: Features) -> list[str]:
        """Why each object lies outside the domain, empty where it lies inside."""
        present = np.asarray(self.describer.present(items), dtype=bool)
        compared = self.describer.compared
        return self.reach.outside(rows[:, :compared], present, self.describer.elements, self.describer.names)


def _spread(values: Floats, good: NDArray[np.bool_]) -> Floats:
    out = np.full(len(good), np.nan)
    out[good] = values
    return out
