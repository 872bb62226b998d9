"""Predictors of a table's own labels: what compositions that a generator writes would measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sekkei.core.types import Floats
from sekkei.data.compositions import TARGETS, KnownCompositions
from sekkei.materials.formula import Composition
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels, fit
from sekkei.predict.materials_recipes import MATERIALS
from sekkei.predict.predictor import Predictor

FEWEST = 2000
"""Labels that a judge needs: of fewer a generator would learn the judge's errors."""

Judge = Callable[[Sequence[Composition]], Floats]
"""n compositions to their properties (n, 3) in the order of :data:`TARGETS`, NaN where nothing can be said."""


def judges_of(known: KnownCompositions, say: Callable[[str], None] = print) -> dict[str, Predictor]:
    """One predictor for each property with enough labels, by the recipe of the shipped one.

    Args:
        known: compositions with the labels to learn.
        say: called with one line per predictor.
    """
    made = {}
    labelled = np.flatnonzero(np.isfinite(known.values).any(axis=1))
    features = describer("materials").features([known.items[row] for row in labelled])  # once for all properties
    for name, column in zip(TARGETS, known.values.T, strict=True):
        rows = np.flatnonzero(np.isfinite(column))
        if len(rows) < FEWEST or np.ptp(column[rows]) == 0:
            continue
        items = [known.items[row] for row in rows]
        labels = Labels(items, [item.formula for item in items], column[rows].astype(float),
                        features[np.searchsorted(labelled, rows)])  # fmt: skip
        made[name] = fit(describer("materials"), TARGETS[name], labels, MATERIALS[name].recipe)
        error = made[name].training["held_out"]["mae"]
        say(f"judge of {name}: {len(rows):,} labels, error {error:.3g} {TARGETS[name].unit} on a tenth kept aside")
    return made


def judge_by(predictors: dict[str, Predictor]) -> Judge:
    """What predictors, by property, say of compositions."""

    def judge(items: Sequence[Composition]) -> Floats:
        told = np.full((len(items), len(TARGETS)), np.nan)
        rows = describer("materials").features(items)
        for column, name in enumerate(TARGETS):
            if name in predictors:
                told[:, column] = predictors[name].brain(items, rows).values
        return told

    return judge


def judged_by(known: KnownCompositions, say: Callable[[str], None] = print) -> Judge:
    """A judge that has learned the labels of known compositions."""
    return judge_by(judges_of(known, say))
