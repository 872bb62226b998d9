"""Formulas with energies from files: tables, or the frames that a relaxation wrote."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sekkei.core.errors import UserError
from sekkei.core.textfiles import find_column, kind_of, lines_of, table_of, unreadable
from sekkei.core.types import Problem
from sekkei.materials.files import FORMULA_COLUMNS, NAME_COLUMNS
from sekkei.materials.structure_files import read_crystals

FORMATION_COLUMNS = ("formation_energy_per_atom", "formation_energy", "e_form")
"""Names of a column of formation energies [eV/atom]; the elements are then at 0."""

TOTAL_COLUMNS = ("energy_per_atom", "energy")
"""Names of a column of potential energies [eV/atom]; the elements are then rows like any other."""

POTENTIAL = "potential"
"""Name of the column, and of the key of a frame, that says whose energies these are."""

_KINDS = (".csv", ".tsv", ".parquet", ".extxyz", ".xyz")
_ENERGY = re.compile(r"(?:^|\s)energy_per_atom=(\S+)")
_POTENTIAL = re.compile(r"(?:^|\s)potential=(\S+)")


@dataclass(frozen=True)
class EnergyLine:
    """One row of a file.

    Attributes:
        line: row of the file, from 1.
        name: its name, empty where the file gives none.
        formula: the formula as the file has it.
        energy: its energy [eV/atom], NaN where there is none.
        problem: why there is no energy or no formula.
    """

    line: int
    name: str
    formula: str
    energy: float
    problem: Problem | None = None


@dataclass(frozen=True)
class Energies:
    """A file of energies.

    Attributes:
        rows: its rows, none left out.
        formation: whether they are formation energies.
        potentials: names of the potentials that the file says its energies are of; none where it does not say.
    """

    rows: tuple[EnergyLine, ...]
    formation: bool
    potentials: frozenset[str] = frozenset()


def read_energies(path: Path, column: str | None = None) -> Energies:
    """Read formulas and energies.

    Args:
        path: ``.csv``, ``.tsv`` (also ``.gz``), ``.parquet``, or ``.extxyz`` with ``energy_per_atom=`` in its frames.
        column: heading of the energies [eV/atom]; guessed where None. One that begins with ``formation`` or ``e_form``
            holds formation energies. Units in brackets behind a heading are ignored.

    Raises:
        UserError: the file is missing, unreadable, empty or of an unknown kind, or lacks the column.
    """
    kind = kind_of(path, _KINDS)
    try:
        if kind in (".extxyz", ".xyz"):
            heads = [_POTENTIAL.search(head) for head in _heads(path)]
            named = frozenset(one[1].strip('"').lower() for one in heads if one)
            return Energies(tuple(_frames(path)), formation=False, potentials=named)
        fields, rows = _parquet(path) if kind == ".parquet" else _table(path)
        plain = [field.split(" [")[0].strip() for field in fields]
        formula = find_column(plain, None, path, FORMULA_COLUMNS, "formulas")
        energy = find_column(plain, column, path, (*FORMATION_COLUMNS, *TOTAL_COLUMNS), "energies")
        name = next((place for place, field in enumerate(plain) if field.lower() in NAME_COLUMNS), None)
        kept = list(rows)
        found = tuple(_row(number, row, formula, energy, name) for number, row in enumerate(kept, start=1))
        named = _named(kept, plain.index(POTENTIAL) if POTENTIAL in plain else None)
    except (UnicodeDecodeError, OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise unreadable(path, error) from error
    if not found:
        raise UserError("holds no energies", str(path), "a table with a header, a formula and an energy a row")
    return Energies(found, plain[energy].lower().startswith(("formation", "e_form")), named)


def _table(path: Path) -> tuple[list[str], Iterator[Sequence[Any]]]:
    fields, rows = table_of(path)
    return fields, (row for _, row in rows if row)


def _parquet(path: Path) -> tuple[list[str], Iterator[Sequence[Any]]]:
    table = pq.read_table(path)
    return table.column_names, zip(*(column.to_pylist() for column in table.columns), strict=True)


def _named(rows: Sequence[Sequence[Any]], place: int | None) -> frozenset[str]:
    """The different words of the column of potentials, where there is one."""
    cells = [] if place is None else [row[place] for row in rows if place < len(row)]
    return frozenset(str(one).strip().lower() for one in cells if one is not None) - {""}


def _row(number: int, row: Sequence[Any], formula: int, energy: int, name: int | None) -> EnergyLine:
    cells = [row[place] if place is not None and place < len(row) else None for place in (formula, energy, name)]
    text, label = str(cells[0] or "").strip(), str(cells[2] or "").strip()
    if not text:
        return EnergyLine(number, label, "", math.nan, Problem("empty", "the row has no formula"))
    try:
        value = float(cells[1] if cells[1] is not None else "")
    except (TypeError, ValueError):
        value = math.nan
    problem = None if math.isfinite(value) else Problem("no_energy", "the row has no energy")
    return EnergyLine(number, label, text, value if problem is None else math.nan, problem)


def _frames(path: Path) -> Iterator[EnergyLine]:
    energies = _frame_energies(path)
    for line in read_crystals(path):
        value = next(energies, math.nan)
        formula = line.item.composition.formula if line.item else ""
        missing = None if math.isfinite(value) else Problem("no_energy", "the frame has no energy_per_atom=")
        yield EnergyLine(line.line, line.name, formula, value, line.problem or missing)


def _frame_energies(path: Path) -> Iterator[float]:
    """The energy in the comment line of each frame."""
    for head in _heads(path):
        found = _ENERGY.search(head)
        try:
            yield float(found[1]) if found else math.nan
        except ValueError:
            yield math.nan


def _heads(path: Path) -> Iterator[str]:
    """The comment line of each frame."""
    lines = lines_of(path)
    for head in lines:
        if not head.strip():
            continue
        if not head.strip().isdecimal():
            return
        yield next(lines, "")
        for _ in range(int(head.strip()[:9])):
            if not next(lines, ""):
                return
