"""How trees learn a property, and what they say: a value, where wanted a gate before it, and the expected error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sekkei.core.types import Floats, Problem
from sekkei.predict.fit import Learned, Task
from sekkei.predict.forest import Features, Forest, Settings, grow
from sekkei.predict.gate import best_width, gated, told_apart
from sekkei.predict.predictor import Guess


@dataclass(frozen=True)
class Trees:
    """What trees have learned.

    Attributes:
        value: the property, or the probability of the upper class.
        gate: where given, the probability that the property is not zero.
        spread: the expected absolute error; None for a class, or where it is taken to be the same everywhere.
        width: of what may be beyond the gate, in units of the property; see :func:`sekkei.predict.gate.gated`.
    """

    value: Forest
    gate: Forest | None = None
    spread: Forest | None = None
    width: float = 0.0

    def __call__(self, items: Sequence[Any], rows: Features) -> Guess:  # noqa: ARG002 - features tell them all
        """Value and expected error of n objects."""
        values = self.value(rows)
        if self.gate is not None:
            values, _ = gated(self.gate(rows), values, self.width)
        return Guess(values, None if self.spread is None else self.spread(rows))

    def unread(self, items: Sequence[Any]) -> list[Problem | None]:
        """Nothing: what has features can be read."""
        return [None] * len(items)

    def even(self) -> Trees:
        """The same without expected errors."""
        return replace(self, spread=None)


@dataclass(frozen=True)
class Recipe:
    """How trees learn a property.

    Attributes:
        task: what kind of answer is wanted.
        trees: of the property itself.
        gate: of the question whether the property is zero.
        spread: of the expected error.
        folds: how many boosters are averaged, each trained without another part of the data; at least 2.
        start: text of a booster that already knows something like the property, none of what will judge it.
    """

    task: Task = "number"
    trees: Settings = field(default_factory=Settings)
    gate: Settings = field(default_factory=lambda: Settings("binary"))
    spread: Settings = field(default_factory=lambda: Settings(trees=60, leaves=15, least=20))
    folds: int = 4
    start: str | None = field(default=None, repr=False)

    def learn(self, items: Sequence[Any], rows: Features, values: Floats, seed: int) -> Learned:  # noqa: ARG002
        """Train value, gate and spread on features (n, d) and values (n,)."""
        fold = np.random.default_rng(seed).permutation(len(rows)) % self.folds
        filled = values > 0 if self.task == "gated" else np.ones(len(values), dtype=bool)
        out, chance = np.zeros(len(values)), np.ones(len(values))
        trees, gates = [], []
        for one in range(self.folds):
            kept, left = fold != one, fold == one
            shown = kept & filled
            trees.append(grow(rows[shown], values[shown], self.trees, seed + one, self.start))
            out[left] = Forest((trees[-1],))(rows[left])
            if self.task == "gated":
                gates.append(grow(rows[kept], filled[kept].astype(np.float64), self.gate, seed + one))
                chance[left] = Forest((gates[-1],))(rows[left])
        found = Trees(Forest(tuple(trees)))
        if gates:
            found = replace(found, gate=Forest(tuple(gates)), width=best_width(chance, out, values))
            out = told_apart(chance, out, values, fold)
        if self.task != "class":
            found = replace(found, spread=Forest((grow(rows, np.abs(values - out), self.spread, seed),)))
        return Learned(found, out)
