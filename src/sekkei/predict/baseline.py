"""A trained predictor of one property: trees on described objects, with intervals and a domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Column, Floats, Measure
from sekkei.predict.calibrate import SIGMAS, Classes, Margin
from sekkei.predict.describe import Describer
from sekkei.predict.forest import Features, Forest
from sekkei.predict.reach import Reach


@dataclass(frozen=True)
class Answer:
    """What the trees say of n objects.

    Attributes:
        values: (n,) the property [its unit], or the probability of the upper class.
        interval: (n, 2) see :class:`sekkei.core.types.Column`.
        std: (n,) standard uncertainty [unit], None for a class.
    """

    values: Floats
    interval: Floats
    std: Floats | None


@dataclass(frozen=True)
class Brain:
    """The learned part of a predictor, on features.

    Attributes:
        value: the property, or the probability of the upper class.
        gate: where given, the probability that the property is not zero; below one half the answer is zero.
        spread: the expected absolute error; None for a class.
        margin: from expected error to interval, or from probability to possible classes.
        low: smallest possible value [unit].
        high: largest possible value [unit].
    """

    value: Forest
    gate: Forest | None
    spread: Forest | None
    margin: Margin | Classes
    low: float
    high: float

    def __call__(self, rows: Features) -> Answer:
        """Value and interval of each row."""
        values = point(self.value, self.gate, rows, self.low, self.high)
        if isinstance(self.margin, Classes) or self.spread is None:
            sets = self.margin.sets(values) if isinstance(self.margin, Classes) else np.stack([values, values], axis=1)
            return Answer(values, sets, None)
        half = self.margin.half(self.spread(rows))
        interval = np.stack([values - half, values + half], axis=1)
        return Answer(values, np.clip(interval, self.low, self.high), half / SIGMAS)


def point(value: Forest, gate: Forest | None, rows: Features, low: float, high: float) -> Floats:
    """The answer without its uncertainty: zero where the gate says so, else what the trees say, within bounds."""
    values = value(rows)
    if gate is not None:
        values = np.where(gate(rows) > 0.5, values, 0.0)
    return np.asarray(np.clip(values, low, high))


@dataclass(frozen=True)
class BaselinePredictor:
    """A predictor and evaluator of one property; :func:`sekkei.predict.load` gives a shipped one.

    Attributes:
        describer: how objects become features.
        measure: what is predicted.
        brain: the learned part.
        reach: the domain it was trained on.
        training: data, sizes, recipe and errors of the training run.
        version: 12 hex digits that change whenever an answer could.
        card: its card, in Markdown.
    """

    describer: Describer = field(repr=False)
    measure: Measure
    brain: Brain = field(repr=False)
    reach: Reach = field(repr=False)
    training: Mapping[str, Any] = field(repr=False)
    version: str
    card: str = field(repr=False)

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
        good = np.array([problem is None for problem in problems], dtype=bool)
        kept = [item for item, problem in zip(items, problems, strict=True) if problem is None]
        rows = self.describer.features(kept)
        answer = self.brain(rows)
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
