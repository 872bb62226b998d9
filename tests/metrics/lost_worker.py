"""A cluster of two workers of which one is lost; run by test_parallel.py in a process of its own."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import distributed
import numpy as np
import pytest

from sekkei.campaign.judge import Candidate, Judge
from sekkei.campaign.store import Store
from sekkei.core.errors import UserError
from sekkei.core.types import Column, Measure
from sekkei.metrics import parallel
from sekkei.metrics.parallel import share, workers_of

MEASURE = Measure("length")


class Slow:
    """As dear as it takes to be caught at work; notes on disk what it begins, and dies once in the middle."""

    name, version, measures = "slow", "1", (MEASURE,)

    def __init__(self, folder, dies_at=-1):
        self.folder, self.dies_at = folder, dies_at

    def __call__(self, items):
        (row,) = (len(item) for item in items)
        times = begun(self.folder, row)
        time.sleep(0.05)
        if row == self.dies_at and times == 1:
            time.sleep(0.5)  # what the worker finished before has been fetched
            os.kill(os.getpid(), signal.SIGKILL)
        return [Column(MEASURE, np.array([float(row)]))]


def begun(folder, row):
    path = folder / str(row)
    with path.open("a", encoding="utf-8") as file:
        file.write("begun\n")
    return len(path.read_text(encoding="utf-8").splitlines())


class Recorded(Store):
    """Remembers what it was given to keep."""

    def add_results(self, evaluator, version, results):
        self.given = [*getattr(self, "given", []), *(result.key for result in results)]
        super().add_results(evaluator, version, results)


def test_a_lost_worker_loses_nothing_and_nothing_is_done_twice(tmp_path):
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    candidates = [Candidate(row, f"key {row}", "x", "x" * row) for row in range(60)]
    notes = tmp_path / "notes"
    notes.mkdir()
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "local_directory": str(tmp_path)}
    with (
        distributed.LocalCluster(**settings) as here,
        Recorded(tmp_path / "store.db") as store,
        workers_of(1, here.scheduler_address) as pool,
    ):
        before = {worker.pid for worker in here.workers.values()}
        problems = Judge(store, pool).evaluate(Slow(notes, dies_at=25), candidates, 1, parallel=True)
        kept = store.results("slow", "1", [one.key for one in candidates])
        after = {worker.pid for worker in here.workers.values()}
    assert len(before) == 2
    assert after != before
    assert problems == [None] * 60
    assert [one.values["length"] for one in candidates] == list(range(60))
    assert len(kept) == 60
    assert sorted(store.given) == sorted(one.key for one in candidates)
    counts = [len((notes / str(row)).read_text(encoding="utf-8").splitlines()) for row in range(60)]
    assert counts == [2 if row == 25 else 1 for row in range(60)]


def test_what_is_shared_goes_to_the_workers_of_a_cluster_once(tmp_path):
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    thing = Large(tmp_path)
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "local_directory": str(tmp_path)}
    with distributed.LocalCluster(**settings) as here, workers_of(1, here.scheduler_address) as pool:
        standing = [share(pool, thing) for _ in range(30)]
        found = list(pool.map(owner, standing, range(30)))
    assert [row for _, row in found] == list(range(30))
    assert len({where for where, _ in found}) == 2
    loaded = (tmp_path / "loaded").read_text(encoding="utf-8").splitlines()
    assert len(loaded) <= 4  # the scheduler, a worker, and from there the other one


class Large:
    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return load, (self.folder,)


def load(folder):
    with (folder / "loaded").open("a", encoding="utf-8") as file:
        file.write("loaded\n")
    return Large(folder)


def owner(thing, row):
    time.sleep(0.02)
    return os.getpid(), row


def test_where_every_worker_is_lost_work_ends_with_words_and_what_was_done_is_kept(tmp_path, monkeypatch):
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    monkeypatch.setattr(parallel, "_LOOK", 0.2)
    monkeypatch.setattr(parallel, "_ALONE", 0.6)
    candidates = [Candidate(row, f"key {row}", "x", "x" * row) for row in range(60)]
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "local_directory": str(tmp_path)}
    with distributed.LocalCluster(**settings) as here, Store(tmp_path / "store.db") as store:

        def measured():
            with workers_of(1, here.scheduler_address) as pool:
                threading.Timer(0.8, lambda: here.scale(0)).start()
                Judge(store, pool).evaluate(Slow(tmp_path), candidates, 1, parallel=True)

        with pytest.raises(UserError, match="no worker has been there"):
            measured()
        kept = store.results("slow", "1", [one.key for one in candidates])
    assert 0 < len(kept) < 60
