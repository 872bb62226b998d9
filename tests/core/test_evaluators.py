"""Functions of a user as evaluators."""

from __future__ import annotations

import math

from sekkei.core.evaluators import FunctionEvaluator
from sekkei.core.types import Measure


def answer(item: str) -> object:
    return {"good": (1.0, "fine"), "nan": math.nan, "text": "three", "long": (1.0, "a", "b"), "none": None}[item]


def test_an_answer_that_is_no_number_costs_only_its_row() -> None:
    items = ["good", "nan", "text", "long", "none", "absent"]
    (column,) = FunctionEvaluator(Measure("answer"), answer)(items)  # type: ignore[arg-type]
    kinds = [problem.kind if problem else "" for problem in column.problems or []]
    assert kinds == ["", "undefined", "failed", "failed", "failed", "failed"]
    assert column.values[0] == 1.0
    assert all(math.isnan(value) for value in column.values[1:])
