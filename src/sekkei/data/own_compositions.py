"""Compositions and labels from a file of your own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.data.compositions import TARGETS, KnownCompositions
from sekkei.materials.files import read_formulas
from sekkei.materials.formula import Composition, parse_formula


def compositions_of(path: Path, say: Callable[[str], None] = lambda _: None) -> KnownCompositions:
    """The compositions of a file of your own, each once; columns named as in :data:`TARGETS` are labels in their units.

    Of several values of one formula the mean counts. ``say`` is told what is no formula.

    Raises:
        UserError: the file cannot be read, or not one line is a formula.
    """
    lines = read_formulas(path)
    table = _labels_beside(path, len(lines))
    items: dict[str, Composition] = {}
    unread: list[str] = []
    several: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for line, row in zip(lines, table, strict=True):
        item = parse_formula(line.text)
        if isinstance(item, Problem):
            unread.append(line.text)
        else:
            items[item.formula] = item
            several[item.formula].append(row)
    if not items:
        raise UserError("holds no readable formula", str(path), "one formula a line, or a table with a header")
    values = np.full((len(items), len(TARGETS)), np.nan, dtype=np.float32)
    for place, formula in enumerate(sorted(items)):
        known = np.isfinite(rows := np.array(several[formula]))
        total, count = np.where(known, rows, 0.0).sum(axis=0), known.sum(axis=0)
        values[place, count > 0] = (total / np.maximum(count, 1))[count > 0]
    kept, source = [items[formula] for formula in sorted(items)], f"the user's file {path.name}"
    found = KnownCompositions(kept, values, [source], unread)
    for words in unread_words(found):
        say(words)
    return found


def unread_words(known: KnownCompositions) -> list[str]:
    """How many lines are no formula, and the first of them; empty where all are."""
    if not known.unread:
        return []
    first = ", ".join(f"'{text[:20]}'" for text in known.unread[:5])
    return [f"{len(known.unread):,} lines are no formula and left out, such as {first}"]


def _labels_beside(path: Path, rows: int) -> NDArray[np.float64]:
    """(rows, 3) numbers of the label columns of a CSV or Parquet file, NaN where there are none."""
    values = np.full((rows, len(TARGETS)), np.nan)
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    if suffixes[-1:] not in ([".csv"], [".parquet"]):
        return values
    frame = pd.read_parquet(path) if suffixes[-1] == ".parquet" else pd.read_csv(path, skip_blank_lines=True)
    if len(frame) != rows:
        raise UserError(f"has {rows} formulas but {len(frame)} rows of labels", str(path), "remove half-empty rows")
    for place, name in enumerate(TARGETS):
        if name in frame:
            values[:, place] = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
    return values
