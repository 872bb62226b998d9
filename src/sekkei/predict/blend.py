"""Trees and fine-tuned networks together: they err in different ways, so their mean errs less than either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from sekkei.core.types import Floats, Problem
from sekkei.predict.fit import Learned, Task, Teacher
from sekkei.predict.forest import Features
from sekkei.predict.networks import Networks, Tuning
from sekkei.predict.predictor import Guess
from sekkei.predict.trees import Recipe, Trees

_WEIGHTS = np.linspace(0.0, 1.0, 21)
_TENTH = 10
_SMALLEST = 1e-6


@dataclass(frozen=True)
class Blend:
    """What trees and networks have learned, averaged.

    Attributes:
        trees: the first.
        networks: the second.
        weight: of the networks, 0 to 1.
    """

    trees: Trees
    networks: Networks
    weight: float

    def __call__(self, items: Sequence[Any], rows: Features) -> Guess:
        """Value and expected error of n objects."""
        first, second = self.trees(items, rows), self.networks(items, rows)
        values = mixed(first.values, second.values, self.weight)
        if first.expected is None or second.expected is None:
            return Guess(values, None)
        return Guess(values, mixed(first.expected, second.expected, self.weight))

    def unread(self, items: Sequence[Any]) -> list[Problem | None]:
        """What the networks cannot read."""
        return self.networks.unread(items)

    def even(self) -> Blend:
        """The same without expected errors."""
        return replace(self, trees=self.trees.even(), networks=self.networks.even())


@dataclass(frozen=True)
class Blending:
    """How both learn a property, and how much each counts.

    Attributes:
        recipe: of the trees.
        tuning: of the networks; with more than one fold each object is judged by those that have not seen it.
        members: for large tables, how many networks learn the same objects, all but a tenth that neither they nor the
            trees are shown and that decides how much each counts; 0 where all objects decide it, by folds.
    """

    recipe: Recipe
    tuning: Tuning
    members: int = 0

    @property
    def task(self) -> Task:
        """What kind of answer is wanted."""
        return self.recipe.task

    def counts(self) -> tuple[int, int, int]:
        """Those of the networks; see :meth:`sekkei.predict.networks.Tuning.counts`."""
        return self.tuning.counts()

    def learn(self, items: Sequence[Any], rows: Features, values: Floats, seed: int) -> Learned:
        """Learn from n objects, their features (n, d) and values (n,)."""
        if self.members:
            return self._sparing_a_tenth(items, rows, values, seed)
        trees = self.recipe.learn(items, rows, values, seed)
        networks = self.tuning.learn(items, rows, values, seed)
        weight = best_weight(trees.left_out, networks.left_out, values, self.task)
        blend = Blend(trees.mind, networks.mind, weight)  # type: ignore[arg-type]
        return Learned(blend, mixed(trees.left_out, networks.left_out, weight))

    def _sparing_a_tenth(self, items: Sequence[Any], rows: Features, values: Floats, seed: int) -> Learned:
        order = np.random.default_rng(seed).permutation(len(items))
        tenth, rest = order[: len(order) // _TENTH], order[len(order) // _TENTH :]
        shown, asked = [items[row] for row in rest], [items[row] for row in tenth]
        trees = self.recipe.learn(shown, rows[rest], values[rest], seed).mind
        each = (self.tuning.learn(shown, rows[rest], values[rest], seed + one).mind for one in range(self.members))
        first_net, *others = cast("Iterator[Networks]", each)
        networks = replace(first_net, states=sum((net.states for net in others), first_net.states))
        first, second = trees(asked, rows[tenth]).values, networks(asked, rows[tenth]).values
        weight = best_weight(first, second, values[tenth], self.task)
        left_out = np.full(len(items), np.nan)
        left_out[tenth] = mixed(first, second, weight)
        return Learned(Blend(trees, networks, weight), left_out)  # type: ignore[arg-type]


def mixed(first: Floats, second: Floats, weight: float) -> Floats:
    """The mean of two (n,), in which the second has this weight."""
    return np.asarray((1.0 - weight) * first + weight * second)


def best_weight(first: Floats, second: Floats, truth: Floats, task: Task) -> float:
    """The weight of the second answers at which the mean is best on objects that neither had seen.

    Args:
        first: (n,) answers.
        second: (n,) answers.
        truth: (n,) what is right.
        task: a class is judged by the log-loss, a number by the mean absolute error.
    """

    def loss(weight: float) -> float:
        said = mixed(first, second, weight)
        if task != "class":
            return float(np.abs(said - truth).mean())
        sure = np.clip(np.where(truth > 0.5, said, 1.0 - said), _SMALLEST, 1.0)
        return float(-np.log(sure).mean())

    return float(min(_WEIGHTS, key=loss))


def teacher_words(teacher: Teacher, members: int = 0) -> str:
    """A teacher in words, for the card; ``members`` as of :class:`Blending`."""
    if isinstance(teacher, Blending):
        networks = teacher_words(teacher.tuning, teacher.members)
        return f"gradient-boosted trees and {networks}, blended"
    if not isinstance(teacher, Tuning):
        return "gradient-boosted trees"
    inside, head, whole = teacher.counts()
    return (
        f"{teacher.encoder.name} ({teacher.encoder.hash}) fine-tuned by method {teacher.method}: {inside:,} of its "
        f"{whole:,} parameters and {head:,} of the head trained, {members or teacher.folds} network(s)"
    )
