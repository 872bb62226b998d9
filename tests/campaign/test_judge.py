"""Evaluations: made once, stored, and the same however they are spread over workers."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from deadly import Deadly

from sekkei.campaign.judge import CHUNK, Candidate, Judge
from sekkei.campaign.store import Store
from sekkei.core.errors import UserError
from sekkei.core.evaluators import FunctionEvaluator
from sekkei.core.types import Column, Measure, Problem
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.energies import read_energies
from sekkei.materials.hull import hull_of
from sekkei.metrics.parallel import processes
from sekkei.metrics.processes import Processes
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.evaluators import EVALUATORS
from sekkei.predict.crystals import EnergyEvaluator
from sekkei.zoo import HULLS

LENGTH, UPPER = Measure("length"), Measure("upper")


@dataclass(frozen=True)
class Counting:
    """Measures words twice over and remembers which ones."""

    version: str = "1"
    name: str = "counting"
    measures: tuple[Measure, ...] = (LENGTH, UPPER)
    seen: list[str] = field(default_factory=list)

    def __call__(self, items) -> list[Column]:
        self.seen.extend(items)
        problems = [Problem("empty", "no letters") if not item else None for item in items]
        lengths = np.array([len(item) or np.nan for item in items])
        uppers = np.array([float(sum(map(str.isupper, item))) for item in items])
        return [
            Column(LENGTH, lengths, lengths / 10, problems),
            Column(UPPER, uppers, notes=[f"of {i}" for i in items]),
        ]


def words(*texts: str) -> list[Candidate[str]]:
    return [Candidate(i, text, text, text) for i, text in enumerate(texts)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "a.db") as opened:
        yield opened


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as opened:
        yield opened


def test_no_structure_is_judged_twice(store: Store, pool: Executor) -> None:
    judge, evaluator = Judge(store, pool), Counting()
    first = words("Cat", "", "DOG")
    problems = judge.evaluate(evaluator, first, size=2, parallel=True)
    again = words("DOG", "bird", "Cat", "")
    assert [p and p.kind for p in problems] == [None, "empty", None]
    assert [p and p.kind for p in judge.evaluate(evaluator, again)] == [None, None, None, "empty"]
    assert sorted(evaluator.seen) == ["", "Cat", "DOG", "bird"]
    assert again[0].values == first[2].values == {"length": 3.0, "upper": 3.0}
    assert again[0].notes == {"upper": "of DOG"}
    assert np.isnan(again[3].values["length"])


def test_another_version_is_judged_anew(store: Store, pool: Executor) -> None:
    judge, old, new = Judge(store, pool), Counting("1"), Counting("2")
    judge.evaluate(old, words("a", "b"))
    judge.evaluate(new, words("a", "b"))
    assert new.seen == ["a", "b"]


def test_what_an_evaluator_raises_stays_with_its_rows(store: Store, pool: Executor) -> None:
    def fail(item: str) -> float:
        raise ValueError(item)

    batch = Counting(measures=(LENGTH,))
    object.__setattr__(batch, "seen", None)
    for evaluator in (FunctionEvaluator(Measure("fragile"), fail), batch):
        problems = Judge(store, pool).evaluate(evaluator, words("a", "b"))
        assert [problem.kind for problem in problems] == ["failed", "failed"]


def test_a_wrong_number_of_columns_is_the_evaluators_fault(store: Store, pool: Executor) -> None:
    with pytest.raises(UserError, match="evaluator 'counting': must give length with 2 rows"):
        Judge(store, pool).evaluate(Counting(measures=(LENGTH,)), words("a", "b"))


def test_workers_change_nothing(tmp_path: Path, smiles: list[str]) -> None:
    texts = [*smiles, *("C" * n for n in range(1, CHUNK + 5))]
    found = []
    pools = [ThreadPoolExecutor(1), ThreadPoolExecutor(3), ProcessPoolExecutor(2, get_context("spawn"))]
    for number, pool in enumerate(pools):
        mols = {MOLECULES.key(mol): mol for mol in map(MOLECULES.parse, texts)}
        candidates = [Candidate(0, key, "", mol) for key, mol in mols.items()]
        with pool, Store(tmp_path / f"{number}.db") as store:
            problems = Judge(store, pool).evaluate(EVALUATORS["strain"], candidates, CHUNK, parallel=True)
        found.append((problems, np.array([c.values["strain"] for c in candidates])))
    for problems, values in found[1:]:
        assert problems == found[0][0]
        np.testing.assert_array_equal(values, found[0][1])


def test_a_structure_that_costs_two_processes_keeps_its_row_and_the_run_goes_on(store: Store) -> None:
    candidates = words("one", "death", "three", "fourth")
    with processes(2) as pool:
        problems = Judge(store, pool).evaluate(Deadly(), candidates, 1, parallel=True)
    assert [problem and problem.kind for problem in problems] == [None, "worker", None, None]
    assert [candidate.values["length"] for candidate in candidates][2:] == [5.0, 6.0]
    assert "2 processes" in candidates[1].notes["length"]


def test_a_hull_goes_to_a_process_once_and_tasks_are_small(store: Store, tmp_path: Path, monkeypatch) -> None:
    hull = hull_of(*zip(*((row.formula, row.energy) for row in read_energies(HULLS / "chgnet.csv").rows), strict=True))
    evaluator = EnergyEvaluator(hull=hull)
    items = [read_symmetric(f"225 Na:a Cl:b | {5.2 + 0.1 * row:.2f}").crystal() for row in range(6)]
    sent: list[int] = []
    submit = ProcessPoolExecutor.submit

    def recorded(self, work, /, *arguments):
        sent.append(len(pickle.dumps((work, arguments))))
        return submit(self, work, *arguments)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", recorded)
    apart = [Candidate(row, str(row), "", item) for row, item in enumerate(items)]
    for candidate in apart:
        assert candidate.item.structure  # looked at before, as in a campaign
    with Processes(1) as pool:
        Judge(store, pool).evaluate(evaluator, apart, 1, parallel=True)
    here = [Candidate(row, str(row), "", item) for row, item in enumerate(items)]
    with Store(tmp_path / "b.db") as other, ThreadPoolExecutor(1) as thread:
        Judge(other, thread).evaluate(evaluator, here)
    assert [one.values for one in apart] == [one.values for one in here]
    assert [one.notes for one in apart] == [one.notes for one in here]
    large = [size for size in sent if size > 30_000]
    assert len(large) == 1
    assert large[0] > 1_000_000
    assert len(sent) == 2 + len(items)  # one begins the process, one brings the hull
