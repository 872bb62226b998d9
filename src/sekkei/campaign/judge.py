"""Evaluate candidates in batches, each structure at most once by each evaluator."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from sekkei.campaign.store import Result, Store
from sekkei.core.errors import UserError
from sekkei.core.protocols import Evaluator
from sekkei.core.types import Column, Floats, Problem
from sekkei.metrics.parallel import share
from sekkei.metrics.processes import Lost

T = TypeVar("T")

OUTSIDE = "outside what the predictor has seen"
"""First words of the note of a value that the predictor should not be trusted with."""

CHUNK = 16
"""Structures that a slow evaluator is given at a time; their answers are stored before it goes on."""


@dataclass(frozen=True)
class Candidate(Generic[T]):
    """A readable structure on its way through the funnel.

    Attributes:
        index: the attempt that drew it first.
        key: its identity.
        text: its canonical text.
        item: the structure itself.
        values: what is known of it so far, by the name of the measure [the measure's unit]; NaN for a problem.
        notes: explanations, by the name of the measure.
        intervals: ends of the 90 % interval by the name of the measure [its unit], where it is uncertain.
    """

    index: int
    key: str
    text: str
    item: T
    values: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Judge:
    """Runs evaluators and remembers their answers.

    Attributes:
        store: where answers are kept, also across runs that were stopped.
        workers: where dear evaluators run.
    """

    store: Store
    workers: Executor

    def evaluate(
        self,
        evaluator: Evaluator[T],
        candidates: Sequence[Candidate[T]],
        size: int | None = None,
        parallel: bool = False,
    ) -> list[Problem | None]:
        """Fill in what an evaluator measures.

        Args:
            evaluator: the judge.
            candidates: n different structures; their values and notes are filled in.
            size: structures evaluated and stored together, such as :data:`CHUNK` where each takes long; all at once
                where not given. The answers do not depend on it.
            parallel: let the workers do it.

        Returns:
            For each candidate the first problem met, None where all went well.
        """
        keys = [candidate.key for candidate in candidates]
        known = self.store.results(evaluator.name, evaluator.version, keys)
        names = [measure.name for measure in evaluator.measures]
        missing = [c for c in candidates if not set(names) <= known.get(c.key, {}).keys()]
        for results in self._fresh(evaluator, missing, size or max(1, len(missing)), parallel):
            self.store.add_results(evaluator.name, evaluator.version, results)
            for result in results:
                known.setdefault(result.key, {})[result.measure] = result
        return [_fill(candidate, [known[candidate.key][name] for name in names]) for candidate in candidates]

    def _fresh(
        self, evaluator: Evaluator[T], candidates: Sequence[Candidate[T]], size: int, parallel: bool
    ) -> Iterator[list[Result]]:
        chunks = [candidates[start : start + size] for start in range(0, len(candidates), size)]
        items = [[candidate.item for candidate in chunk] for chunk in chunks]
        here = ((place, _columns(evaluator, part)) for place, part in enumerate(items))
        for place, columns in self._apart(evaluator, items) if parallel else here:
            yield [_result(one.key, column, row) for column in columns for row, one in enumerate(chunks[place])]

    def _apart(self, evaluator: Evaluator[T], parts: Sequence[Sequence[T]]) -> Iterator[tuple[int, list[Column]]]:
        """Places and answers as the workers have them: what is finished must not wait for what is not to be kept."""
        standing = share(self.workers, evaluator)
        jobs = {self.workers.submit(_columns, standing, part): place for place, part in enumerate(parts)}
        try:
            for job in as_completed(jobs):
                place = jobs[job]
                try:
                    yield place, job.result()
                except Lost as error:
                    lost = Problem("worker", f"{evaluator.name}: {error}")
                    yield place, _nothing(evaluator, len(parts[place]), lost)
        finally:
            for job in jobs:
                job.cancel()


def _columns(evaluator: Evaluator[Any], items: Sequence[Any]) -> list[Column]:
    """Run an evaluator; what it raises becomes the problem of these rows."""
    try:
        columns = list(evaluator(items))
    except Exception as error:  # noqa: BLE001 - a user's evaluator may raise anything; the rows keep the reason
        problem = Problem("failed", f"{evaluator.name}: {type(error).__name__}: {error}")
        return _nothing(evaluator, len(items), problem)
    expected = [measure.name for measure in evaluator.measures]
    if [c.measure.name for c in columns] != expected or any(len(c.values) != len(items) for c in columns):
        what = f"must give {', '.join(expected)} with {len(items)} rows for {len(items)} structures"
        raise UserError(what, f"evaluator '{evaluator.name}'", "one column per measure, one row per structure")
    return columns


def _nothing(evaluator: Evaluator[Any], count: int, problem: Problem) -> list[Column]:
    """Columns without a value, all for the same reason."""
    gone = np.full(count, np.nan)
    return [Column(measure, gone, problems=[problem] * count) for measure in evaluator.measures]


def _result(key: str, column: Column, row: int) -> Result:
    value, problem = float(column.values[row]), column.problems[row]
    if problem is None and math.isnan(value):
        problem = Problem("undefined", f"{column.measure.name} is not defined for this structure")
    return Result(
        key,
        column.measure.name,
        None if problem else value,
        None if column.std is None or problem else float(column.std[row]),
        problem,
        column.notes[row] if column.notes else "",
        None
        if column.interval is None or problem
        else (float(column.interval[row, 0]), float(column.interval[row, 1])),
        None if column.in_domain is None else bool(column.in_domain[row]),
    )


def _ends(interval: Floats) -> tuple[float, float]:
    return float(interval[0]), float(interval[1])


def _fill(candidate: Candidate[Any], results: Sequence[Result]) -> Problem | None:
    for result in results:
        candidate.values[result.measure] = math.nan if result.value is None else result.value
        words = [part for part in (OUTSIDE if result.in_domain is False else "", result.note) if part]
        if result.interval is not None:
            candidate.intervals[result.measure] = result.interval
        if result.problem is not None:
            words.append(result.problem.message)
        if words:
            candidate.notes[result.measure] = "; ".join(words)
    return next((result.problem for result in results if result.problem), None)
