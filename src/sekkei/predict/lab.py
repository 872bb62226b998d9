"""Train a predictor on a table of one's own: 50 to 100,000 rows with a structure and a number each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sekkei.core.errors import UserError
from sekkei.core.textfiles import find_column, kind_of, unreadable
from sekkei.core.types import Floats, Measure, Problem
from sekkei.predict.baseline import BaselinePredictor, Brain
from sekkei.predict.calibrate import Margin
from sekkei.predict.card import predictor_card
from sekkei.predict.describe import Describer, describer
from sekkei.predict.fit import Labels, Recipe, errors_of, fit, learn, merged
from sekkei.predict.forest import Settings
from sekkei.predict.reach import Reach

FEW = 500
"""Objects below which nothing is kept aside: intervals and errors come from cross-validation instead."""

_LEAST = 50
_MOST = 1_000_000
_TREES = Settings(trees=250, leaves=31, rate=0.06, least=4, columns=0.3)
_COLUMNS = {
    "materials": ("formula", "composition", "pretty_formula", "formula_pretty", "reduced_formula", "material"),
    "molecules": ("smiles", "canonical_smiles", "isomeric_smiles", "smi", "structure", "molecule", "mol", "drug"),
}


@dataclass(frozen=True)
class LabTable:
    """A table as it was read.

    Attributes:
        texts: n structures as the file has them.
        values: (n,) numbers, NaN where there is none.
        items: n structures, or the Problem of the row.
    """

    texts: list[str]
    values: Floats
    items: list[Any]

    @property
    def problems(self) -> list[tuple[int, str, Problem]]:
        """Rows that are not used, from 1, with their text and the reason."""
        rows = enumerate(zip(self.texts, self.items, strict=True), start=1)
        return [(row, text, item) for row, (text, item) in rows if isinstance(item, Problem)]


def read_lab(domain: str, path: Path, target: str, column: str | None = None) -> LabTable:
    """Read structures and one number each from ``.csv``, ``.tsv`` or ``.parquet``; the formula ``NaN`` is no gap.

    Args:
        domain: ``materials`` or ``molecules``.
        path: the file.
        target: heading of the column of numbers.
        column: heading of the column of structures; guessed where None.

    Raises:
        UserError: the file or a column is missing, or there are more than a million rows.
    """
    frame = _frame(path)
    names = [str(name) for name in frame.columns]
    texts = frame.iloc[:, find_column(names, column, path, _COLUMNS[domain], "structures")].astype(str).str.strip()
    cells = frame.iloc[:, find_column(names, target, path, (), "the target")].tolist()
    values = np.array([_value(cell) for cell in cells])
    words = describer(domain)
    items: list[Any] = []
    for text, cell, value in zip(texts, cells, values, strict=True):
        item = words.parse(text)
        if not isinstance(item, Problem):
            item = words.unknown(item) or item
        if not isinstance(item, Problem) and np.isnan(value):
            item = Problem("target", f"'{str(cell)[:30]}' in column {target} is no number")
        items.append(item)
    return LabTable(list(texts), values, items)


def fit_lab(domain: str, table: LabTable, measure: Measure, source: str, seed: int = 0) -> BaselinePredictor:
    """Train on a user's own table; several values of one structure count with their mean.

    Args:
        domain: ``materials`` or ``molecules``.
        table: what :func:`read_lab` read.
        measure: what the numbers mean.
        source: name of the data for the card.
        seed: of everything random.

    Raises:
        UserError: fewer than fifty different structures with a value, or all values alike.
    """
    words = describer(domain)
    good = [row for row, item in enumerate(table.items) if not isinstance(item, Problem)]
    items = [table.items[row] for row in good]
    labels = merged(items, [words.key(item) for item in items], table.values[good], np.mean)  # noqa: PD011 - a LabTable's
    if len(labels.items) < _LEAST or np.ptp(labels.values) == 0:
        what = f"{len(labels.items)} different structures with {len(np.unique(labels.values))} different values"
        raise UserError(f"{what} are too little to learn from", measure.name, f"give at least {_LEAST}, not all alike")
    recipe = Recipe("number", _TREES, folds=5)
    record = {
        "title": f"trained on {source}",
        "sources": [source],
        "how": f"{len(good)} usable rows of {len(table.items)}; several values of one structure count with their mean.",
        "limits": "It knows structures like those of the table.",
        "task": "number",
        "recipe": f"LightGBM, {recipe.folds} boosters of {recipe.trees.trees} trees",
    }
    if len(labels.items) >= FEW:
        return fit(words, measure, labels, recipe, seed, record=record)
    return _cross_validated(words, measure, labels, recipe, seed, record)


def _cross_validated(
    words: Describer, measure: Measure, labels: Labels, recipe: Recipe, seed: int, record: dict[str, Any]
) -> BaselinePredictor:
    """Too few to keep any aside: each object is judged by the booster that had not seen it.

    Intervals of one width come from those errors, as in the jackknife+ (Barber et al., Ann. Stat. 49, 486, 2021).
    """
    rows = words.features(labels.items)
    learned = learn(rows, labels.values, recipe, seed)
    left_out = np.clip(learned.left_out, measure.low, measure.high)
    margin = Margin.fit(np.abs(labels.values - left_out), np.ones(len(left_out)))  # noqa: PD011
    present = np.asarray(words.present(labels.items), dtype=bool)
    order = np.random.default_rng(seed).permutation(len(rows))
    fifth = len(rows) // 5
    short = rows[:, : words.compared]
    reach = Reach.fit(short[order[fifth:]], short[order[:fifth]], present, words.bounded, seed)
    brain = Brain(learned.value, None, None, margin, measure.low, measure.high)
    answer = brain(rows)
    half = margin.half(np.ones(len(left_out)))
    ends = np.clip(np.stack([left_out - half, left_out + half], axis=1), measure.low, measure.high)
    inside = np.array([not why for why in reach.outside(short, present, words.elements, words.names)], dtype=bool)
    errors = errors_of(type(answer)(left_out, ends, None), labels.values, inside, "number")
    sizes = {"train": len(rows), "calibrate": 0, "test": 0}
    facts = {**record, "objects": sizes, "held_out": errors, "cross_validated": True, "seed": seed}
    return BaselinePredictor(words, measure, brain, reach, facts, "unsaved", "")


def with_card(predictor: BaselinePredictor) -> BaselinePredictor:
    """The same predictor with its card written."""
    return replace(predictor, card=predictor_card(predictor))


def conflicts(table: LabTable, key: Any, least: float = 0.0) -> list[tuple[str, Sequence[float]]]:
    """Structures that stand in the table with different values, and those values."""
    found: dict[str, list[float]] = {}
    for item, value in zip(table.items, table.values, strict=True):
        if not isinstance(item, Problem):
            found.setdefault(key(item), []).append(float(value))
    return [(name, values) for name, values in found.items() if np.ptp(values) > least]


def _frame(path: Path) -> pd.DataFrame:
    kind = kind_of(path, (".csv", ".tsv", ".parquet"))
    try:
        if kind == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(
                path, sep="\t" if kind == ".tsv" else ",", dtype=str, keep_default_na=False, nrows=_MOST + 1
            )
    except (OSError, ValueError, pa.ArrowException) as error:
        raise unreadable(path, error) from error
    if len(frame) > _MOST:
        raise UserError(f"has more than {_MOST:,} rows", str(path), "give a sample of it")
    return frame


def _value(cell: object) -> float:
    try:
        value = float(str(cell))
    except ValueError:
        return float("nan")
    return value if np.isfinite(value) else float("nan")
