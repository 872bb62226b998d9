"""Predictions of texts as a table: value, interval, domain and reason, and no row left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sekkei.core.errors import UserError
from sekkei.core.types import Floats, Problem
from sekkei.predict.describe import describer
from sekkei.predict.predictor import Predictor

TEXT_COLUMN = {"materials": "formula", "molecules": "smiles"}
"""Heading of the column of structures by domain."""

RESERVED = ("line", "name", "input", "problem", *TEXT_COLUMN.values())
"""Headings that no property may have."""


def predict_table(domain: str, texts: Sequence[str], predictors: Sequence[Predictor]) -> pd.DataFrame:
    """Predict properties of structures given as text.

    Args:
        domain: ``materials`` (formulas) or ``molecules`` (SMILES).
        texts: n structures.
        predictors: of that domain, at least one.

    Returns:
        n rows in the order given: ``input``, the canonical text (as given where unreadable), and per property the
        columns ``<name> [<unit>]``, ``<name> low`` and ``<name> high`` (90 % interval, for a class the classes that
        cannot be ruled out), ``<name> baseline`` (what trees say that learned from the same, where the predictor is an
        encoder with such trees beside it), ``<name> in_domain`` (yes or no, empty without a value) and ``<name> note``;
        then ``problem``, empty where all went well.

    Raises:
        UserError: no predictor, one of another domain, or two of one name.
    """
    if not predictors:
        raise UserError("no property is named", "property", "name at least one")
    words = describer(domain)
    for one in predictors:
        if one.domain != domain:
            raise UserError(f"predicts {one.domain}, not {domain}", one.name, "give one of the right domain")
    check_names(predictors)
    items = [words.parse(text) for text in texts]
    problems = [[item.message] if isinstance(item, Problem) else [] for item in items]
    good = [row for row, item in enumerate(items) if not isinstance(item, Problem)]
    shown = [text if isinstance(item, Problem) else words.text(item) for text, item in zip(texts, items, strict=True)]
    columns: dict[str, Any] = {"input": list(texts), TEXT_COLUMN[domain]: shown}
    for one in predictors:
        columns |= _columns(one, [items[row] for row in good], good, problems)
    columns["problem"] = ["; ".join(dict.fromkeys(reasons)) for reasons in problems]
    return pd.DataFrame(columns)


def check_name(name: str, where: str) -> None:
    """Refuse a property that would be called like a column that every table has.

    Raises:
        UserError: it would.
    """
    if name in RESERVED:
        raise UserError(f"'{name}' is what a column of every table is called", where, "choose another name")


def rounded(values: Floats) -> Floats:
    """Six significant digits: no prediction holds more, and the last bits depend on what else was asked."""
    return np.array([float(f"{value:.6g}") for value in values.ravel()]).reshape(values.shape)


def check_names(predictors: Sequence[Predictor]) -> None:
    """Refuse predictors whose columns could not be told apart from each other, or from those every table has.

    Raises:
        UserError: two predict a property of the same name, or one has the name of a column.
    """
    names = [one.name for one in predictors]
    for name in names:
        check_name(name, "-p")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UserError(f"two predictors are named '{twice}'", "-p", "ask them one after the other, into two files")


def _columns(
    predictor: Predictor, items: Sequence[Any], good: Sequence[int], problems: list[list[str]]
) -> dict[str, Any]:
    """The columns of one property; the reasons of rows without a value go to ``problems``."""
    size = len(problems)
    column = predictor.predict(items)[0]
    value, low, high = (np.full(size, np.nan) for _ in range(3))
    place = np.array(good, dtype=int)
    value[place] = rounded(column.values)
    inside, notes = [""] * size, [""] * size
    if column.interval is not None:
        low[place], high[place] = rounded(column.interval.T)
    for order, row in enumerate(good):
        problem = column.problems[order]
        if problem is not None:
            problems[row].append(problem.message)
            continue
        if column.in_domain is not None:
            inside[row] = "yes" if column.in_domain[order] else "no"
        notes[row] = column.notes[order] if column.notes else ""
    name, beside = predictor.name, {}
    if predictor.baseline:
        beside[f"{name} baseline"] = np.full(size, np.nan)
        beside[f"{name} baseline"][place] = rounded(predictor.baseline.predict(items)[0].values)
    return {
        column.measure.heading: value,
        f"{name} low": low,
        f"{name} high": high,
        **beside,
        f"{name} in_domain": inside,
        f"{name} note": notes,
    }
