"""A table of one's own: a structure and a number a row, and which rows can teach."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sekkei.core.errors import UserError
from sekkei.core.textfiles import find_column, kind_of, mark_of, unreadable
from sekkei.core.types import Floats, Problem, marked
from sekkei.predict.blend import Blending
from sekkei.predict.describe import describer
from sekkei.predict.fit import Task, Teacher
from sekkei.predict.networks import Tuning

_MOST = 1_000_000
_ENDINGS = (".csv", ".tsv", ".parquet")
_TRUTH = {"true": 1.0, "false": 0.0}
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
    def used(self) -> Floats:
        """The numbers of the rows that can be used."""
        return self.values[[not isinstance(item, Problem) for item in self.items]]

    def without(self, problems: Callable[[Sequence[Any]], Sequence[Problem | None]]) -> LabTable:
        """The same, where what a function finds wrong with usable structures keeps them out."""
        return replace(self, items=marked(self.items, problems))

    @property
    def problems(self) -> list[tuple[int, str, Problem]]:
        """Rows that are not used, from 1, with their text and the reason."""
        rows = enumerate(zip(self.texts, self.items, strict=True), start=1)
        return [(row, text, item) for row, (text, item) in rows if isinstance(item, Problem)]


def read_lab(domain: str, path: Path, target: str, column: str | None = None, task: Task = "number") -> LabTable:
    """Read structures and one number each from ``.csv``, ``.tsv`` or ``.parquet``; the formula ``NaN`` is no gap.

    Args:
        domain: ``materials`` or ``molecules``.
        path: the file.
        target: heading of the column of numbers.
        column: heading of the column of structures; guessed where None.
        task: of a class True and False are 1 and 0.

    Raises:
        UserError: the file or a column is missing, or there are more than a million rows.
    """
    frame = _frame(path)
    names = [str(name) for name in frame.columns]
    texts = frame.iloc[:, find_column(names, column, path, _COLUMNS[domain], "structures")].astype(str).str.strip()
    cells = frame.iloc[:, find_column(names, target, path, (), "the target")].tolist()
    if kind_of(path, _ENDINGS) == ".csv" and mark_of(path) == ";":
        cells = [str(cell).replace(",", ".") for cell in cells]  # where semicolons part cells, commas part decimals
    values = np.array([_value(_TRUTH.get(str(cell).lower(), cell) if task == "class" else cell) for cell in cells])
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


def usable(table: LabTable, domain: str, teacher: Teacher) -> LabTable:
    """The same, less what this way of learning cannot use: structures too long for its encoder, and undecided classes.

    Args:
        table: as it was read.
        domain: ``materials`` or ``molecules``.
        teacher: how it will be learned from.
    """
    tuning = teacher.tuning if isinstance(teacher, Blending) else teacher
    if isinstance(tuning, Tuning):
        table = table.without(tuning.encoder.unread)
    if teacher.task != "class":
        return table
    key = describer(domain).key
    even = {name for name, votes in conflicts(table, key) if math.isnan(majority(np.array(votes)))}
    tie = Problem("tie", "its rows say 0 and 1 equally often")
    return table.without(lambda items: [tie if key(item) in even else None for item in items])


def majority(votes: Floats) -> float:
    """The class that most of 0 and 1 say; NaN where they are even."""
    share = float(votes.mean())
    return math.nan if share == 0.5 else float(share > 0.5)


def conflicts(table: LabTable, key: Any, least: float = 0.0) -> list[tuple[str, Sequence[float]]]:
    """Structures that stand in the table with different values, and those values."""
    found: dict[str, list[float]] = {}
    for item, value in zip(table.items, table.values, strict=True):
        if not isinstance(item, Problem):
            found.setdefault(key(item), []).append(float(value))
    return [(name, values) for name, values in found.items() if np.ptp(values) > least]


def _frame(path: Path) -> pd.DataFrame:
    kind = kind_of(path, _ENDINGS)
    try:
        if kind == ".parquet":
            frame = pd.read_parquet(path)
        else:
            apart = mark_of(path)
            frame = pd.read_csv(path, sep=apart, dtype=str, keep_default_na=False, nrows=_MOST + 1)
            first = pd.read_csv(path, sep=apart, dtype=str, keep_default_na=False, nrows=1, header=None)
            if len(first.columns) == len(frame.columns):
                frame.columns = pd.Index(first.iloc[0])  # pandas would number columns of one name
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
