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
from sekkei.metrics.parallel import workers_of

MEASURE = Measure("length")


class Slow:
    """As dear as it takes to be caught at work."""

    name, version, measures = "slow", "1", (MEASURE,)

    def __call__(self, items):
        time.sleep(0.05)
        return [Column(MEASURE, np.array([float(len(item)) for item in items]))]


def test_a_lost_worker_loses_nothing_and_no_row_changes_its_place(tmp_path):
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    candidates = [Candidate(row, f"key {row}", "x", "x" * row) for row in range(60)]
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "local_directory": str(tmp_path)}
    with (
        distributed.LocalCluster(**settings) as here,
        Store(tmp_path / "store.db") as store,
        workers_of(1, here.scheduler_address) as pool,
    ):
        first, second = (worker.pid for worker in here.workers.values())
        assert first != second
        written = Judge(store, pool)
        killer = threading.Timer(0.5, os.kill, (first, signal.SIGKILL))
        killer.start()
        problems = written.evaluate(Slow(), candidates, 1, parallel=True)
        killer.join()
        kept = store.results("slow", "1", [one.key for one in candidates])
    assert problems == [None] * 60
    assert [one.values["length"] for one in candidates] == list(range(60))
    assert len(kept) == 60


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
                Judge(store, pool).evaluate(Slow(), candidates, 1, parallel=True)

        with pytest.raises(UserError, match="no worker has been there"):
            measured()
        kept = store.results("slow", "1", [one.key for one in candidates])
    assert 0 < len(kept) < 60
