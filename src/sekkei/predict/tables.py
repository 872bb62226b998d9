"""Labels of compositions from the tables of :mod:`sekkei.materials.datasets`, one value per reduced formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sekkei.core.errors import UserError
from sekkei.core.types import Floats, Problem
from sekkei.data.folder import VARIABLE, find
from sekkei.materials.datasets import MaterialTable, read_compositions
from sekkei.materials.features import unknown
from sekkei.materials.formula import Composition, composition
from sekkei.predict.fit import Labels, merged


def lower_median(values: Floats) -> float:
    """The middle value, the lower one of two: a value that one of them has."""
    return float(np.sort(values)[(len(values) - 1) // 2])


def labels_of(tables: Sequence[MaterialTable], measure: str, how: Callable[[Floats], float]) -> Labels:
    """The labels of several tables together.

    Args:
        tables: where they stand.
        measure: name of the column's measure.
        how: makes one value of those that share a reduced formula.

    Raises:
        UserError: a table is in no data folder.
    """
    items: list[Composition] = []
    values: list[float] = []
    for table in tables:
        found = read_compositions(table, _here(table))
        for item, value in zip(found.items, found.values[measure], strict=True):
            if not isinstance(item, Problem) and unknown(item) is None:
                items.append(item)
                values.append(float(value))
    return merged(items, [item.formula for item in items], np.array(values), how)


def known_formulas(tables: Sequence[MaterialTable]) -> list[Composition]:
    """The different readable compositions of several tables, in the order of their formulas."""
    found: dict[str, Composition] = {}
    for table in tables:
        for item in read_compositions(replace(table, measures={}), _here(table)).items:
            if not isinstance(item, Problem) and unknown(item) is None:
                found[item.formula] = item
    return [found[formula] for formula in sorted(found)]


def decoys(known: Sequence[Composition], n: int, seed: int) -> list[Composition]:
    """Invented compositions: the proportions of a known one with other elements, drawn as often as they occur.

    None of them is known. This is how SynthNN makes its unlabelled formulas (Antoniuk et al., npj Comput. Mater. 9,
    155, 2023), except that there the proportions are drawn, too.
    """
    random = np.random.default_rng(seed)
    taken = {item.formula for item in known}
    symbols = [symbol for item in known for symbol in item.symbols]
    made: list[Composition] = []
    while len(made) < n:
        amounts = [amount for _, amount in known[int(random.integers(len(known)))].amounts]
        drawn = {symbols[int(random.integers(len(symbols)))] for _ in amounts}
        if len(drawn) < len(amounts):
            continue
        fresh = composition(dict(zip(random.permutation(sorted(drawn)).tolist(), amounts, strict=True)))
        if not isinstance(fresh, Problem) and fresh.formula not in taken:
            taken.add(fresh.formula)
            made.append(fresh)
    return made


def _here(table: MaterialTable) -> Path:
    path = find(table.file)
    if path is None:
        what = f"{table.file} is in no data folder"
        raise UserError(what, f"table {table.name}", f"put it under a folder of {VARIABLE}")
    return path
