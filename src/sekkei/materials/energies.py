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
from sekkei.zoo import HULLS

FORMATION_COLUMNS = ("formation_energy_per_atom", "formation_energy", "e_form")
"""Names of a column of formation energies [eV/atom]; the elements are then at 0."""

TOTAL_COLUMNS = ("energy_per_atom", "energy")
"""Names of a column of potential energies [eV/atom]; the elements are then rows like any other."""

_UNITS = {"": 1.0, "ev/atom": 1.0, "mev/atom": 1e-3}
_KINDS = (".csv", ".tsv", ".parquet", ".extxyz", ".xyz")
_FACT = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_TOLD = re.compile(r"(?P<kind>[a-z]+(?:_[a-z]+)*): (?P<message>.+)")
"""How ``sekkei relax`` says what went wrong with a row; any other text of such a column is a user's own."""


@dataclass(frozen=True)
class EnergyLine:
    """One row of a file.

    Attributes:
        line: row of the file, from 1.
        name: its name, empty where the file gives none.
        formula: the formula as the file has it.
        energy: its energy [eV/atom], NaN where there is none.
        problem: why there is no energy or no formula.
        potential: name of the potential it is of, empty where the file does not say.
    """

    line: int
    name: str
    formula: str
    energy: float
    problem: Problem | None = None
    potential: str = ""


@dataclass(frozen=True)
class Energies:
    """A file of energies.

    Attributes:
        rows: its rows, none left out.
        formation: whether they are formation energies.
        potential: the potential of all of them, where the file is a hull that ships.
    """

    rows: tuple[EnergyLine, ...]
    formation: bool
    potential: str = ""

    @property
    def potentials(self) -> frozenset[str]:
        """Names of the potentials that it is known to be of, none where it does not say."""
        stated = {row.potential for row in self.rows if row.problem is None}
        return frozenset(stated | {self.potential}) - {""}


def read_energies(path: Path, column: str | None = None, *, total: bool = False) -> Energies:
    """Read formulas and energies.

    Args:
        path: ``.csv``, ``.tsv`` (also ``.gz``), ``.parquet``, or ``.extxyz`` with ``energy_per_atom=`` in its frames.
        column: heading of the energies [eV/atom]; guessed where None. One that begins with ``formation`` or ``e_form``
            holds formation energies. Behind a heading may stand ``[eV/atom]`` or ``[meV/atom]``.
        total: of a table with both take the total energies, not those of formation.

    Raises:
        UserError: the file is missing, unreadable, empty or of an unknown kind, lacks the column, or has it in a unit
            that is not one per atom.
    """
    kind = kind_of(path, _KINDS)
    try:
        if kind in (".extxyz", ".xyz"):
            return Energies(tuple(_frames(path)), formation=False)
        fields, rows = _parquet(path) if kind == ".parquet" else _table(path)
        plain = [field.split(" [")[0].strip() for field in fields]
        formula = find_column(plain, None, path, FORMULA_COLUMNS, "formulas")
        usual = (*TOTAL_COLUMNS, *FORMATION_COLUMNS) if total else (*FORMATION_COLUMNS, *TOTAL_COLUMNS)
        energy = find_column(plain, column, path, usual, "energies")
        scale = _scale(fields[energy], path)
        beside = (NAME_COLUMNS, ("potential",), ("problem",))
        places = [next((at for at, field in enumerate(plain) if field.lower() in names), None) for names in beside]
        found = tuple(_row(number, row, (formula, energy, *places), scale) for number, row in enumerate(rows, start=1))
    except (UnicodeDecodeError, OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise unreadable(path, error) from error
    if not found:
        raise UserError("holds no energies", str(path), "a table with a header, a formula and an energy a row")
    shipped = path.stem if path.resolve().parent == HULLS else ""
    return Energies(found, plain[energy].lower().startswith(("formation", "e_form")), shipped)


def _scale(heading: str, path: Path) -> float:
    """Factor to eV/atom from the unit in brackets behind a heading."""
    unit = heading.partition(" [")[2].rstrip("] ").strip()
    if unit.lower() not in _UNITS:
        what = f"has the energies in '{unit}'"
        raise UserError(what, str(path), "give energies per atom, in eV/atom or meV/atom")
    return _UNITS[unit.lower()]


def _table(path: Path) -> tuple[list[str], Iterator[Sequence[Any]]]:
    fields, rows = table_of(path)
    return fields, (row for _, row in rows if row)


def _parquet(path: Path) -> tuple[list[str], Iterator[Sequence[Any]]]:
    table = pq.read_table(path)
    return table.column_names, zip(*(column.to_pylist() for column in table.columns), strict=True)


def _row(number: int, row: Sequence[Any], places: Sequence[int | None], scale: float) -> EnergyLine:
    """A row of a table: where its formula, energy, name and potential stand, and what went wrong with it."""
    cells = [row[place] if place is not None and place < len(row) else None for place in places]
    text, label, judge, why = (str(cells[place] or "").strip() for place in (0, 2, 3, 4))
    judge = "" if _is_number(judge) else judge  # a column of voltages, say
    if not text:
        return EnergyLine(number, label, "", math.nan, _told(why) or Problem("empty", "the row has no formula"))
    try:
        value = float(cells[1] if cells[1] is not None else "") * scale
    except (TypeError, ValueError):
        value = math.nan
    missing = None if math.isfinite(value) else Problem("no_energy", "the row has no energy")
    problem = _told(why) or missing
    return EnergyLine(number, label, text, value if problem is None else math.nan, problem, judge)


def _told(words: str) -> Problem | None:
    """What a relaxation said of a row that it broke off."""
    found = _TOLD.fullmatch(words)
    return Problem(found["kind"], found["message"]) if found else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _frames(path: Path) -> Iterator[EnergyLine]:
    energies = _frame_energies(path)
    for line in read_crystals(path):
        value, judge, why = next(energies, (math.nan, "", ""))
        formula = line.item.composition.formula if line.item else ""
        missing = None if math.isfinite(value) else Problem("no_energy", "the frame has no energy_per_atom=")
        yield EnergyLine(line.line, line.name, formula, value, line.problem or _told(why) or missing, judge)


def _frame_energies(path: Path) -> Iterator[tuple[float, str, str]]:
    """The energy in the comment line of each frame, the potential it is of, and what went wrong with it."""
    lines = lines_of(path)
    for head in lines:
        if not head.strip():
            continue
        if not head.strip().isdecimal():
            return
        comment = next(lines, "")
        facts = {one[1]: one[3] or one[2].replace('\\"', '"') for one in _FACT.finditer(comment)}
        try:
            value = float(facts.get("energy_per_atom", math.nan))
        except ValueError:
            value = math.nan
        yield value, facts.get("potential", ""), facts.get("problem", "")
        for _ in range(int(head.strip()[:9])):
            if not next(lines, ""):
                return
