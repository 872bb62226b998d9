"""The nouns every room shares: what a number means, a column of numbers, a problem, a drawn structure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """What a number means.

    Attributes:
        name: the word used in targets and column headings, such as ``logp``.
        unit: unit in plain text, empty where the quantity has none.
        title: the words a report prints.
        tolerance: half-width [unit] given to a bare target ``name=value``.
        low: smallest value that is possible [unit].
        high: largest value that is possible [unit].
        source: definition and publication.
    """

    name: str
    unit: str = ""
    title: str = ""
    tolerance: float = 0.0
    low: float = float("-inf")
    high: float = float("inf")
    source: str = ""

    @property
    def heading(self) -> str:
        """Name and unit as a table prints them, such as ``mw [Da]``."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@dataclass(frozen=True)
class Problem:
    """Why a row has no value or no structure; it travels with the row to the report.

    Attributes:
        kind: one word to count by, such as ``valence`` or ``embedding``.
        message: one sentence for a person.
    """

    kind: str
    message: str


@dataclass(frozen=True)
class Column:
    """One measure of n objects.

    Attributes:
        measure: what the values mean.
        values: (n,) floats in the measure's unit; NaN exactly where there is a problem.
        std: (n,) standard uncertainty in the same unit, or None where the measure is exact by definition.
        problems: n entries, None where the value stands.
        notes: n texts that explain the value (the alert's name, the nearest neighbour), or None.
        interval: (n, 2) lower and upper end of the interval that holds the true value in 90 of 100 cases like those
            it was calibrated on, or None. Of a class (a probability between 0 and 1) it spans the classes that cannot
            be ruled out: 0 to 0, 1 to 1, or 0 to 1.
        in_domain: (n,) whether the object is of the kind that the values were learned from, or None where nothing
            was learned; where it is not, the note says why and the interval promises nothing.
    """

    measure: Measure
    values: Floats
    std: Floats | None = None
    problems: Sequence[Problem | None] = ()
    notes: Sequence[str] | None = None
    interval: Floats | None = None
    in_domain: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        """Fill in the empty list of problems and check the lengths."""
        if not self.problems:
            object.__setattr__(self, "problems", (None,) * len(self.values))
        lengths = {len(self.values), len(self.problems)}
        optional = (self.std, self.notes, self.interval, self.in_domain)
        lengths |= {len(part) for part in optional if part is not None}
        if len(lengths) != 1:
            raise ValueError(f"column {self.measure.name}: parts of unequal length {sorted(lengths)}")


@dataclass(frozen=True)
class Draw:
    """One attempt of a generator, before anything has judged it.

    Attributes:
        index: position in the stream of (model, seed); the same three give the same text again.
        text: what the model wrote; it need not be a valid structure.
    """

    index: int
    text: str


def marked(items: Sequence[Any], judge: Callable[[Sequence[Any]], Sequence[Problem | None]]) -> list[Any]:
    """The same n items, with the Problem in place of each that has one.

    Args:
        items: some of them may be Problems already.
        judge: told those that are none; what is wrong with each, None where nothing is.
    """
    found = list(items)
    good = [row for row, item in enumerate(items) if not isinstance(item, Problem)]
    for row, problem in zip(good, judge([items[row] for row in good]), strict=True):
        found[row] = problem or items[row]
    return found
