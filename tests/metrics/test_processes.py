"""Worker processes: a lost one costs its own task alone, and what is large goes to each once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import chores

from sekkei.metrics.parallel import processes, share
from sekkei.metrics.processes import Lost, Processes
from sekkei.predict.deadline import Overdue


def test_a_task_whose_process_is_lost_is_tried_again_once_and_no_other(tmp_path):
    with processes(2) as pool:
        jobs = [pool.submit(chores.chore, str(tmp_path), row, {3: 1, 5: 2}.get(row, 0)) for row in range(12)]
        answers = [job.exception() or job.result() for job in jobs]
    assert [answer for row, answer in enumerate(answers) if row != 5] == [row for row in range(12) if row != 5]
    assert isinstance(answers[5], Lost)
    assert [chores.times(tmp_path, row) for row in range(12)] == [{3: 2, 5: 2}.get(row, 1) for row in range(12)]


def test_what_a_task_raises_is_raised_and_nothing_is_tried_again(tmp_path):
    with processes(2) as pool:
        assert isinstance(pool.submit(int, "x").exception(), ValueError)
        assert list(pool.map(divmod, [7, 9], [2, 4])) == [(3, 1), (2, 1)]


def test_what_is_shared_goes_to_a_process_once_and_to_a_new_one_again(tmp_path):
    heavy = chores.Heavy(str(tmp_path))
    with processes(2) as pool:
        assert share(pool, heavy) == share(pool, heavy)
        found = list(pool.map(chores.held, [share(pool, heavy)] * 20, range(20)))
        assert [row for row, _ in found] == list(range(20))
        assert len({stands for _, stands in found}) <= 2
        assert chores.times(tmp_path, -1) <= 2
        assert isinstance(pool.submit(os._exit, 9).exception(), Lost)
        again = list(pool.map(chores.held, [share(pool, heavy)] * 20, range(20)))
    assert [row for row, _ in again] == list(range(20))
    assert chores.times(tmp_path, -1) <= 4


def test_a_deadline_holds_in_a_worker_process():
    with processes(2) as pool:
        began = time.monotonic()
        assert isinstance(pool.submit(chores.hang, 0.2).exception(), Overdue)
        assert time.monotonic() - began < 50


def test_what_waits_is_given_up_where_the_block_is_left_by_an_error(tmp_path):
    def stopped():
        with processes(2) as pool:
            for row in range(200):
                pool.submit(chores.chore, str(tmp_path), row)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert len(list(tmp_path.iterdir())) < 200


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    lonely = subprocess.Popen([sys.executable, str(Path(chores.__file__)), str(tmp_path)])
    while not chores.times(tmp_path, 0):
        time.sleep(0.05)
    worker = int((tmp_path / "0").read_text(encoding="utf-8"))
    lonely.kill()
    lonely.wait()
    until = time.monotonic() + 20
    while alive(worker) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(worker)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize(("told", "expected"), [(None, "1"), ("3", "3")])
def test_a_process_has_one_thread_of_blas_unless_told_otherwise(monkeypatch, told, expected):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if told is not None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", told)
    pool = Processes(1)
    try:
        assert pool.submit(os.getenv, "OPENBLAS_NUM_THREADS").result() == expected
    finally:
        pool.shutdown()
    assert os.environ.get("OPENBLAS_NUM_THREADS") == told
