"""Run evaluators on given structures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sekkei.campaign.plan import load_evaluators
from sekkei.core.errors import UserError
from sekkei.core.protocols import Evaluator
from sekkei.core.types import Problem
from sekkei.molecules.domain import MOLECULES, as_mol


def score(structures: Iterable[Any], evaluators: str | Sequence[str | Evaluator[Any]]) -> pd.DataFrame:
    """Evaluate structures one's own way.

    Args:
        structures: SMILES or RDKit molecules.
        evaluators: names such as ``qed`` or ``mypkg.scores:f``, or evaluators themselves; one name alone will do.

    Returns:
        One row per structure in the order given: ``smiles`` (canonical; as given where unreadable), a column per
        measure headed by name and unit, a column ``<name> note`` where an evaluator explains itself, and
        ``problem``, empty where all went well.

    Raises:
        UserError: an unknown evaluator, or one text instead of a list.
    """
    if isinstance(evaluators, str):
        evaluators = [evaluators]
    if isinstance(structures, str):
        raise UserError("is one text, not a list of structures", "structures", f"write [{structures!r:.60}]")
    named = [one if not isinstance(one, str) else load_evaluators([one])[0] for one in evaluators]
    given = list(structures)
    items = [as_mol(structure) for structure in given]
    problems = [[item.message] if isinstance(item, Problem) else [] for item in items]
    readable = [row for row, item in enumerate(items) if not isinstance(item, Problem)]
    columns: dict[str, Any] = {"smiles": [_text(a, b) for a, b in zip(given, items, strict=True)]}
    for one in named:
        for column in one([items[row] for row in readable]):
            spread = np.full(len(items), np.nan)
            spread[readable] = column.values  # noqa: PD011 - a Column's
            columns[column.measure.heading] = spread
            if column.notes:
                columns[f"{column.measure.name} note"] = _spread(column.notes, readable, len(items))
            for row, problem in zip(readable, column.problems, strict=True):
                if problem:
                    problems[row].append(problem.message)
    columns["problem"] = ["; ".join(dict.fromkeys(reasons)) for reasons in problems]
    return pd.DataFrame(columns)


def _text(given: Any, item: Any) -> str:
    if isinstance(item, Problem):
        return given if isinstance(given, str) else ""
    return MOLECULES.text(item)


def _spread(notes: Sequence[str], rows: Sequence[int], size: int) -> list[str]:
    spread = [""] * size
    for row, note in zip(rows, notes, strict=True):
        spread[row] = note
    return spread
