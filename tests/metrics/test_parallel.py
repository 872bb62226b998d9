"""Work on the workers of a cluster, one of which is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sekkei.core.errors import UserError
from sekkei.metrics.parallel import cluster


def test_a_lost_worker_of_a_cluster_loses_nothing_and_nothing_is_done_twice():
    pytest.importorskip("distributed")
    case = Path(__file__).with_name("lost_worker.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", str(case)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout


def test_no_scheduler_is_told_in_one_sentence(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("sekkei.metrics.parallel._PATIENCE", 0.3)
    with pytest.raises(UserError, match="no scheduler answers"), cluster("tcp://127.0.0.1:9"):
        pass


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match="sekkei\\[cluster\\]"), cluster("tcp://127.0.0.1:9"):
        pass
