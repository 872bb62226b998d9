"""One SQLite file per campaign: what was asked, drawn, evaluated and written.

Draws are committed before they are judged and evaluations as soon as they are made, so a run killed at any
moment leaves a store from which it goes on. One process at a time holds the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from sekkei.core.errors import UserError
from sekkei.core.types import Draw, Problem

SCHEMA = 2
"""Number of the table layout, kept in SQLite's ``user_version``."""

_TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY CHECK (id = 1), spec TEXT NOT NULL, model_hash TEXT NOT NULL, seed INTEGER NOT NULL);
CREATE TABLE rounds (number INTEGER PRIMARY KEY, first INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE TABLE draws (
    idx INTEGER PRIMARY KEY, round INTEGER NOT NULL REFERENCES rounds, text TEXT NOT NULL);
CREATE TABLE candidates (
    key TEXT PRIMARY KEY, text TEXT NOT NULL, idx INTEGER NOT NULL, lost_at TEXT NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE results (
    evaluator TEXT NOT NULL, version TEXT NOT NULL, key TEXT NOT NULL, measure TEXT NOT NULL,
    value REAL, std REAL, problem TEXT, message TEXT, note TEXT NOT NULL, low REAL, high REAL, in_domain INTEGER,
    PRIMARY KEY (evaluator, version, key, measure)) WITHOUT ROWID;
CREATE TABLE artifacts (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL);
"""
_KEYS_PER_QUERY = 500
_RESULTS = """
SELECT key, measure, value, std, problem, message, note, low, high, in_domain FROM results
WHERE evaluator = ? AND version = ? AND key IN (SELECT value FROM json_each(?))
"""

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Run:
    """What a store was begun for: the resolved campaign as TOML, the model's hash and the seed."""

    spec: str
    model_hash: str
    seed: int


@dataclass(frozen=True)
class Result:
    """One measure of one structure; ``value`` is None exactly where there is a problem.

    The last two are those of :class:`sekkei.core.types.Column`.
    """

    key: str
    measure: str
    value: float | None
    std: float | None = None
    problem: Problem | None = None
    note: str = ""
    interval: tuple[float, float] | None = None
    in_domain: bool | None = None


@dataclass(frozen=True)
class Fate:
    """Where a structure ended: ``lost_at`` names the step, empty where it passed all."""

    key: str
    text: str
    index: int
    lost_at: str = ""
    reason: str = ""


def _speaking(method: Callable[Concatenate[Store, P], R]) -> Callable[Concatenate[Store, P], R]:
    """Turn SQLite's complaints into one line that says which file and what to do."""

    @wraps(method)
    def wrapped(self: Store, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except sqlite3.Error as error:
            raise _explained(error, self.path) from error

    return wrapped


class Store:
    """An open store. Use it as a context manager; leaving it closes the file."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            UserError: it is no store, another version's store, in use, read-only, or the disk is full.
        """
        self.path = path
        try:
            self._connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
        except sqlite3.Error as error:
            raise _explained(error, path) from error
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @_speaking
    def _prepare(self) -> None:
        # Exclusive locking also lets write-ahead logging work on file systems without shared memory.
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("BEGIN IMMEDIATE")
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if found == 0 and tables == 0:
            for statement in _TABLES.strip().split(";\n"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA}")
        elif found != SCHEMA:
            what = f"has layout {found}, this version of Sekkei reads {SCHEMA}" if found else "is no store of Sekkei"
            raise UserError(what, str(self.path), "choose another --out")
        self._connection.execute("COMMIT")

    @_speaking
    def run(self) -> Run | None:
        """What the store was begun for; None in a fresh one."""
        row = self._connection.execute("SELECT spec, model_hash, seed FROM runs").fetchone()
        return Run(*row) if row else None

    @_speaking
    def begin(self, run: Run) -> None:
        """Note what the store is for; only once."""
        self._write([("INSERT INTO runs VALUES (1, ?, ?, ?)", [(run.spec, run.model_hash, run.seed)])])

    @_speaking
    def add_round(self, number: int, draws: Sequence[Draw]) -> None:
        """Commit one round of at least one draw."""
        self._write(
            [
                ("INSERT INTO rounds VALUES (?, ?, ?)", [(number, draws[0].index, len(draws))]),
                ("INSERT INTO draws VALUES (?, ?, ?)", [(d.index, number, d.text) for d in draws]),
            ]
        )

    @_speaking
    def rounds(self) -> int:
        """Number of committed rounds."""
        return int(self._connection.execute("SELECT count(*) FROM rounds").fetchone()[0])

    @_speaking
    def round(self, number: int) -> list[Draw]:
        """The draws of one committed round, in their order."""
        found = self._connection.execute("SELECT idx, text FROM draws WHERE round = ? ORDER BY idx", (number,))
        return [Draw(index, text) for index, text in found]

    @_speaking
    def results(self, evaluator: str, version: str, keys: Sequence[str]) -> dict[str, dict[str, Result]]:
        """What is already known of these structures: key -> measure -> result."""
        found: dict[str, dict[str, Result]] = {}
        for start in range(0, len(keys), _KEYS_PER_QUERY):
            part = list(keys[start : start + _KEYS_PER_QUERY])
            rows = self._connection.execute(_RESULTS, (evaluator, version, json.dumps(part)))
            for key, measure, value, std, kind, message, note, low, high, inside in rows:
                problem = None if kind is None else Problem(kind, message)
                interval = None if low is None or high is None else (low, high)
                within = None if inside is None else bool(inside)
                found.setdefault(key, {})[measure] = Result(key, measure, value, std, problem, note, interval, within)
        return found

    @_speaking
    def add_results(self, evaluator: str, version: str, results: Iterable[Result]) -> None:
        """Commit evaluations."""
        rows = []
        for r in results:
            kind, message = (None, None) if r.problem is None else (r.problem.kind, r.problem.message)
            low, high = r.interval or (None, None)
            plain = (evaluator, version, r.key, r.measure, r.value, r.std, kind, message, r.note)
            rows.append((*plain, low, high, r.in_domain))
        self._write([("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)])

    @_speaking
    def add_fates(self, fates: Iterable[Fate]) -> None:
        """Commit where structures ended; the same structure again replaces its row."""
        rows = [(f.key, f.text, f.index, f.lost_at, f.reason) for f in fates]
        self._write([("INSERT OR REPLACE INTO candidates VALUES (?, ?, ?, ?, ?)", rows)])

    @_speaking
    def add_artifacts(self, checksums: Iterable[tuple[str, str]]) -> None:
        """Commit names and SHA-256 sums of the files written."""
        self._write([("INSERT OR REPLACE INTO artifacts VALUES (?, ?)", list(checksums))])

    def _write(self, changes: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                for statement, rows in changes:
                    cursor.executemany(statement, rows)
                cursor.execute("COMMIT")
            except BaseException:
                # A full disk may already have ended the transaction.
                with suppress(sqlite3.Error):
                    cursor.execute("ROLLBACK")
                raise


def _explained(error: sqlite3.Error, path: Path) -> UserError:
    text = str(error)
    known = {
        "disk is full": ("the disk is full", "free some space and run the same command with --resume"),
        "disk I/O error": ("the disk cannot be read or written", "check the disk"),
        "readonly": ("cannot be written", "check its permissions or choose another --out"),
        "unable to open": ("cannot be opened", "check the folder and its permissions"),
        "not a database": ("is not an SQLite file", "choose another --out"),
        "malformed": ("is damaged", "choose another --out and start again"),
        "locked": ("is in use by another run", "wait for it to end, or choose another --out"),
    }
    for sign, (what, hint) in known.items():
        if sign in text:
            return UserError(what, str(path), hint)
    return UserError(f"the store failed: {text}", str(path), "choose another --out")
