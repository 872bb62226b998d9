"""One property and how it is learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sekkei.core.types import Measure
from sekkei.predict.blend import teacher_words
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels, Teacher, fit
from sekkei.predict.predictor import Predictor
from sekkei.predict.trees import Recipe


@dataclass(frozen=True)
class Lesson:
    """One property and how it is learned.

    Attributes:
        measure: what is predicted.
        title: first line of the card.
        sources: where the labels come from, with their licences.
        labels: reads them.
        recipe: how trees learn them.
        how: what happens to several values of one formula, and other choices a reader must know.
        limits: what the predictor does not say.
        start: trains a booster on other labels to go on from, given the labels.
        teacher: makes of how trees learn what learns in their place; they stay beside it.
    """

    measure: Measure
    title: str
    sources: tuple[str, ...]
    labels: Callable[[], Labels]
    recipe: Recipe
    how: str
    limits: str
    start: Callable[[Labels], str] | None = field(default=None, repr=False)
    teacher: Callable[[Recipe], Teacher] | None = field(default=None, repr=False)

    def train(self, domain: str, seed: int = 0) -> Predictor:
        """Train it from the data in the data folders.

        Raises:
            UserError: a table is in no data folder.
        """
        labels = self.labels()
        record: dict[str, Any] = {
            "title": self.title,
            "sources": list(self.sources),
            "how": self.how,
            "limits": self.limits,
            "task": self.recipe.task,
            "recipe": f"LightGBM, {self.recipe.folds} boosters of {self.recipe.trees.trees} trees",
        }
        recipe = replace(self.recipe, start=self.start(labels) if self.start else None)
        trees = fit(describer(domain), self.measure, labels, recipe, seed, record)
        if self.teacher is None:
            return trees
        teacher = self.teacher(recipe)
        record |= {"recipe": teacher_words(teacher), "baseline": trees.training["held_out"]}
        return replace(fit(describer(domain), self.measure, labels, teacher, seed, record), baseline=trees)
