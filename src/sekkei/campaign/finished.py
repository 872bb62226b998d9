"""Finished relaxations in a file beside the one to be written, so that a run that was stopped goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Self, TextIO

import numpy as np

from sekkei.core.errors import UserError
from sekkei.core.files import cannot_write
from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal, crystal
from sekkei.predict.potentials import potential
from sekkei.predict.relaxation import Limits, Relaxed

_PLAIN = [one.name for one in fields(Relaxed) if one.name not in ("item", "moments", "problem")]


class Finished:
    """The relaxations of one run that are done. Use it as a context manager; leaving it closes the file.

    The first line of the file says what was asked, each further one is a row and what became of it (JSON).

    Attributes:
        path: ``OUT.part``; it is there from the first row until :meth:`remove`.
        rows: what is done, by row.
    """

    def __init__(self, out: Path, items: Sequence[Crystal], name: str, limits: Limits, *, resume: bool) -> None:
        """Read what an earlier run left.

        Args:
            out: the file that will be written in the end.
            items: the crystals.
            name: the potential.
            limits: when each relaxation stops.
            resume: go on from what is there.

        Raises:
            UserError: something is there that is not to be gone on from, was asked differently, or is damaged; or
                there is no such potential.
        """
        self.path = out.with_name(f"{out.name}.part")
        self.rows: dict[int, Relaxed] = {}
        self._asked = {
            "potential": f"{name} {potential(name).version}",
            "limits": str(limits),
            "structures": _digest(items),
        }
        self._file: TextIO | None = None
        if not self.path.exists():
            return
        if not resume:
            hint = f"add --resume to go on, or remove {self.path.name} to begin again"
            raise UserError("a run that was stopped has left finished rows", str(self.path), hint)
        self._read(items)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: int, done: Relaxed) -> None:
        """Keep one; it is in the file when this returns.

        Raises:
            UserError: the file cannot be written.
        """
        self.rows[row] = done
        try:
            if self._file is None:
                self._file = self.path.open("a", encoding="utf-8", newline="")
                if not self._file.tell():
                    self._file.write(json.dumps(self._asked) + "\n")
            self._file.write(json.dumps([row, _as_json(done)]) + "\n")
            self._file.flush()
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def remove(self) -> None:
        """Take the file away, once everything it holds is written elsewhere."""
        self.path.unlink(missing_ok=True)

    def _read(self, items: Sequence[Crystal]) -> None:
        try:
            with self.path.open("r+b") as file:
                whole = file.read().rpartition(b"\n")[0]
                file.truncate(len(whole) + 1 if whole else 0)  # a line that was being written when the run was stopped
            first, *others = [json.loads(line) for line in whole.splitlines()] or [self._asked]
            self._compare(dict(first))
            self.rows = {row: _from_json(kept, items[row]) for row, kept in others}
        except OSError as error:
            raise cannot_write(self.path, error) from error
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise UserError("is damaged", str(self.path), "remove it and begin again") from error

    def _compare(self, begun: dict[str, str]) -> None:
        other = ", ".join(name for name, asked in self._asked.items() if begun.get(name) != asked)
        if other:
            what = f"the stopped run was asked differently: {other}"
            raise UserError(what, str(self.path), "repeat the first command, or remove the file and begin again")


def _digest(items: Sequence[Crystal]) -> str:
    found = sha256()
    for item in items:
        found.update(np.int64(len(item)).tobytes())
        for part in (item.lattice, item.numbers, item.positions):
            found.update(part.tobytes())
    return found.hexdigest()[:12]


def _as_json(done: Relaxed) -> dict[str, Any]:
    return {
        **{name: getattr(done, name) for name in _PLAIN},
        "lattice": done.item.lattice.tolist(),
        "positions": done.item.positions.tolist(),
        "moments": done.moments.tolist(),
        "problem": [done.problem.kind, done.problem.message] if done.problem else None,
    }


def _from_json(kept: dict[str, Any], before: Crystal) -> Relaxed:
    item = crystal(kept["lattice"], before.numbers, kept["positions"])
    if isinstance(item, Problem):
        raise ValueError(item.message)  # noqa: TRY004 - it ends as damage of the file
    problem = Problem(*kept["problem"]) if kept["problem"] else None
    moments = np.array(kept["moments"], dtype=np.float64)
    return Relaxed(item, moments=moments, problem=problem, **{name: kept[name] for name in _PLAIN})
