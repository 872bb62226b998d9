"""Run evaluators on given structures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sekkei.campaign.judge import OUTSIDE
from sekkei.campaign.plan import load_evaluators
from sekkei.campaign.side import Side, side
from sekkei.core.errors import UserError
from sekkei.core.protocols import Evaluator
from sekkei.core.types import Column, Floats, Problem


def score(
    structures: Iterable[Any], evaluators: str | Sequence[str | Evaluator[Any]], domain: str = "molecules"
) -> pd.DataFrame:
    """Evaluate structures one's own way.

    Args:
        structures: SMILES or RDKit molecules; for materials formulas or compositions.
        evaluators: names such as ``qed`` or ``mypkg.scores:f``, or evaluators themselves; one name alone will do.
        domain: ``molecules`` or ``materials``.

    Returns:
        One row per structure in the order given: ``smiles`` or ``formula`` (canonical; as given where unreadable), a
        column per measure headed by name and unit, columns ``<name> low`` and ``<name> high`` where it is uncertain
        (90 % interval), a column ``<name> note`` where an evaluator explains itself, and ``problem``, empty where all
        went well.

    Raises:
        UserError: an unknown evaluator, or one text instead of a list.
    """
    if isinstance(evaluators, str):
        evaluators = [evaluators]
    if isinstance(structures, str):
        raise UserError("is one text, not a list of structures", "structures", f"write [{structures!r:.60}]")
    part = side(domain)
    named = [one if not isinstance(one, str) else load_evaluators([one], part)[0] for one in evaluators]
    given = list(structures)
    items = [part.read(structure) for structure in given]
    problems = [[item.message] if isinstance(item, Problem) else [] for item in items]
    readable = [row for row, item in enumerate(items) if not isinstance(item, Problem)]
    texts = [_text(part, a, b) for a, b in zip(given, items, strict=True)]
    columns: dict[str, Any] = {part.WORDS.text: texts}
    for one in named:
        for column in one([items[row] for row in readable]):
            columns[column.measure.heading] = _numbers(column.values, readable, len(items))
            if column.interval is not None:
                for end, word in enumerate(("low", "high")):
                    heading = replace(column.measure, name=f"{column.measure.name} {word}").heading
                    columns[heading] = _numbers(column.interval[:, end], readable, len(items))
            notes = _notes(column)
            if any(notes):
                columns[f"{column.measure.name} note"] = _spread(notes, readable, len(items))
            for row, problem in zip(readable, column.problems, strict=True):
                if problem:
                    problems[row].append(problem.message)
    columns["problem"] = ["; ".join(dict.fromkeys(reasons)) for reasons in problems]
    return pd.DataFrame(columns)


def _text(part: Side, given: Any, item: Any) -> str:
    if isinstance(item, Problem):
        return given if isinstance(given, str) else ""
    return part.DOMAIN.text(item)


def _notes(column: Column) -> list[str]:
    """The column's notes; one outside the predictor's domain says so first."""
    notes = list(column.notes or [""] * len(column.values))
    if column.in_domain is None:
        return notes
    pairs = zip(column.in_domain, notes, strict=True)
    return [note if inside else "; ".join(filter(None, (OUTSIDE, note))) for inside, note in pairs]


def _numbers(values: Floats, rows: Sequence[int], size: int) -> Floats:
    spread = np.full(size, np.nan)
    spread[rows] = values
    return spread


def _spread(notes: Sequence[str], rows: Sequence[int], size: int) -> list[str]:
    spread = [""] * size
    for row, note in zip(rows, notes, strict=True):
        spread[row] = note
    return spread
