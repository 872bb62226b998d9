"""The store: what is put in comes out, and every fault of a disk is one clear line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sekkei.campaign.store import Fate, Result, Run, Store
from sekkei.core.errors import UserError
from sekkei.core.types import Draw, Problem

RUN = Run("n = 1\n", "abc", 2**63 - 1)


def test_everything_comes_back_after_closing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    draws = [Draw(5, "CCO"), Draw(6, "not a molecule"), Draw(7, "")]
    good = Result("K1", "strain", 0.25, 0.1, None, "a note")
    bad = Result("K2", "strain", None, None, Problem("embedding", "no conformer"))
    with Store(path) as store:
        assert store.run() is None
        store.begin(RUN)
        store.add_round(0, draws)
        store.add_results("strain", "1", [good, bad])
        store.add_fates([Fate("K1", "CCO", 5, "targets", "missed"), Fate("K1", "CCO", 5)])
        store.add_artifacts([("report.html", "00")])
    with Store(path) as store:
        assert store.run() == RUN
        assert (store.rounds(), store.round(0), store.round(1)) == (1, draws, [])
        keys = ["K0", "K1", "K2", *(f"other {i}" for i in range(1200))]
        assert store.results("strain", "1", keys) == {"K1": {"strain": good}, "K2": {"strain": bad}}
        assert store.results("strain", "2", keys) == store.results("sa", "1", keys) == {}


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db"), pytest.raises(UserError, match="in use by another run"):
        Store(tmp_path / "a.db")


def test_a_store_is_begun_once(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store:
        store.begin(RUN)
        with pytest.raises(UserError):
            store.begin(RUN)
        assert store.run() == RUN


def test_foreign_files_are_left_alone(tmp_path: Path) -> None:
    text, other, newer = tmp_path / "text.db", tmp_path / "other.db", tmp_path / "newer.db"
    text.write_text("no database at all, only some words\n" * 50)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    for path, says in ((text, "not an SQLite file"), (other, "no store of Sekkei"), (newer, "has layout 99")):
        with pytest.raises(UserError, match=says):
            Store(path)
    with sqlite3.connect(other) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be opened"):
        Store(tmp_path / "none" / "a.db")


def test_a_read_only_store_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store:
        store._connection.execute("PRAGMA query_only = 1")
        with pytest.raises(UserError, match="cannot be written"):
            store.begin(RUN)


def test_a_full_disk_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store:
        store.add_round(0, [Draw(0, "CCO")])
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(UserError, match="disk is full"):
            store.add_round(1, [Draw(i, "C" * 200) for i in range(1, 1000)])
        assert store.rounds() == 1
    with Store(tmp_path / "a.db") as store:
        assert store.round(0) == [Draw(0, "CCO")]
        store.add_round(1, [Draw(1, "CC")])
