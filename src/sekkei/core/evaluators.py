"""Turn a plain function into an evaluator that never loses a row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from sekkei.core.types import Column, Measure, Problem

T = TypeVar("T")
Answer = float | tuple[float, str]


@dataclass(frozen=True)
class FunctionEvaluator(Generic[T]):
    """An evaluator around ``function(item) -> value`` or ``-> (value, note)``.

    Attributes:
        measure: what the value means; it also names the evaluator.
        function: called once per item; an exception or NaN becomes the row's Problem.
        version: part of the cache key.
    """

    measure: Measure
    function: Callable[[T], Answer]
    version: str = "1"

    @property
    def name(self) -> str:
        """The measure's name."""
        return self.measure.name

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Its one measure."""
        return (self.measure,)

    def __call__(self, items: Sequence[T]) -> list[Column]:
        """Evaluate item by item."""
        values = np.full(len(items), np.nan)
        notes = [""] * len(items)
        problems: list[Problem | None] = [None] * len(items)
        for row, item in enumerate(items):
            try:
                answer = self.function(item)
                value, note = answer if isinstance(answer, tuple) else (answer, "")
                values[row], notes[row] = float(value), str(note)
            except Exception as error:  # noqa: BLE001 - a user's function may raise anything; the row keeps the reason
                problems[row] = Problem("failed", f"{self.name}: {type(error).__name__}: {error}")
                continue
            if math.isnan(values[row]):
                problems[row] = Problem("undefined", notes[row] or f"{self.name} is not defined for this structure")
        return [Column(self.measure, values, None, problems, notes if any(notes) else None)]


def evaluator(
    name: str, unit: str = "", title: str = "", version: str = "1"
) -> Callable[[Callable[[T], Answer]], FunctionEvaluator[T]]:
    """Decorate a function of one object to make it an evaluator.

    Example:
        >>> @evaluator("carbons", title="carbon atoms")
        ... def carbons(mol): return sum(a.GetAtomicNum() == 6 for a in mol.GetAtoms())
    """

    def wrap(function: Callable[[T], Answer]) -> FunctionEvaluator[T]:
        return FunctionEvaluator(Measure(name, unit, title or name), function, version)

    return wrap
