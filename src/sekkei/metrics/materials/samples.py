"""Anyone's generated materials from a file or folder: every attempt a row, crystals or compositions."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sekkei.core.errors import UserError
from sekkei.core.textfiles import find_column, kind_of, lines_of, table_of, unreadable, within_a_line
from sekkei.core.types import Floats, Problem
from sekkei.materials.crystal import Crystal, parse_cif, parse_structure
from sekkei.materials.files import FORMULA_COLUMNS, NAME_COLUMNS, read_formulas
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.structure_files import CELL_COLUMNS, numbers_of, passed_over, read_crystals

Level = Literal["crystal", "composition"]
Item = Crystal | Composition

CIF_COLUMNS = ("cif", "structure", "cif_text")
"""Names of a column of CIF texts that are understood without being told."""

ENERGY = "e_above_hull"
"""Column of the energies above hull [eV/atom]."""

_ENERGY_NAMES = ("energy_above_hull", "ehull", "e_hull")

_TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
_CIF_SIGN = "_cell_length_a"
_SITES = {"lattice", "sites"}
"""Keys by which a JSON object is a structure of pymatgen."""
_LARGEST_JSON = 2_000_000_000


@dataclass(frozen=True)
class Row:
    """One attempt: its name, what it is or why it is nothing, and its numbers."""

    name: str
    item: Item | Problem
    values: Mapping[str, float]


@dataclass(frozen=True)
class Samples:
    """Generated materials as their file gives them.

    Attributes:
        name: of the file or folder.
        level: ``crystal`` where every readable row is one, else ``composition``.
        names: n names, empty where there is none.
        items: n crystals or compositions, None where the row cannot be read.
        problems: n reasons, None where there is an item.
        values: (n,) numbers by the column of the file that holds them, NaN where there is none.
        mixed: whether crystals stand beside compositions; the crystals are then taken for their compositions.
        passed_over: subfolders and other files of a folder, which were not read.
    """

    name: str
    level: Level
    names: list[str]
    items: list[Item | None]
    problems: list[Problem | None]
    values: dict[str, Floats]
    mixed: bool = False
    passed_over: tuple[int, int] = (0, 0)

    def __len__(self) -> int:
        """Attempts."""
        return len(self.items)


def read_samples(path: Path, column: str | None = None) -> Samples:
    """Read generated materials; a row that cannot be read keeps its place and its reason.

    Args:
        path: crystals as CIF, extended XYZ, POSCAR, a folder of these, a Parquet table of cells, or a table with a
            column of CIF texts; compositions as a list (``.txt``) or a table with a column of formulas.
        column: column of the formulas or CIF texts, where it cannot be guessed.

    Raises:
        UserError: the path is missing, unreadable, empty or of an unknown kind, or lacks the column.
    """
    if not path.exists():
        raise UserError("there is no such file or folder", str(path), "check the path")
    return replace(collect(path.name, _rows(path, column)), passed_over=passed_over(path))


def collect(name: str, rows: Iterable[Row]) -> Samples:
    """Samples from rows."""
    found = list(rows)
    if not found:
        raise UserError("holds no materials", name, "one crystal or formula a row")
    items = [None if isinstance(row.item, Problem) else row.item for row in found]
    crystals = sum(isinstance(item, Crystal) for item in items)
    readable = sum(item is not None for item in items)
    mixed = 0 < crystals < readable
    if mixed:
        items = [item.composition if isinstance(item, Crystal) else item for item in items]
    numbers = [{_heading(key): value for key, value in row.values.items()} for row in found]
    columns = dict.fromkeys(key for row in numbers for key in row)
    values = {key: np.array([row.get(key, np.nan) for row in numbers], dtype=np.float64) for key in columns}
    return Samples(
        name,
        "crystal" if crystals and not mixed else "composition",
        [row.name for row in found],
        items,
        [row.item if isinstance(row.item, Problem) else None for row in found],
        values,
        mixed,
    )


def with_energies(samples: Samples, path: Path) -> Samples:
    """The same samples with the energies above hull of a table, such as ``sekkei hull`` writes, row by row.

    Raises:
        UserError: the table has no such column, not one row per sample, or another formula in a row.
    """
    table = read_samples(path)
    if ENERGY not in table.values:
        raise UserError(f"has no column {ENERGY}", str(path), "`sekkei hull ... --out FILE` writes one")
    if len(table) != len(samples):
        raise UserError(f"has {len(table)} rows for {len(samples)} samples", str(path), "give one per sample, in order")
    for place, (mine, other) in enumerate(zip(samples.items, table.items, strict=True), 1):
        formulas = [None if item is None else composition_of(item).formula for item in (mine, other)]
        if None not in formulas and formulas[0] != formulas[1]:
            told = f"row {place} is {formulas[1]}, the sample {formulas[0]}"
            raise UserError(told, str(path), "give the samples' own rows, in order")
    return replace(samples, values=samples.values | {ENERGY: table.values[ENERGY]})


def composition_of(item: Item) -> Composition:
    """The composition of either."""
    return item.composition if isinstance(item, Crystal) else item


def _heading(key: str) -> str:
    """A heading without its unit; the energy above hull by one name."""
    name = key.partition("[")[0].strip()
    return ENERGY if name.lower() in _ENERGY_NAMES else name


def _rows(path: Path, column: str | None) -> Iterator[Row]:
    name = path.name.lower().removesuffix(".gz")
    if path.is_dir() or not name.endswith((*_TABLES, ".txt")):
        return _crystals(path)
    if name.endswith(".txt"):
        lines = read_formulas(path, column, blanks=True)
        return (Row(line.name, line.problem or parse_formula(line.text), {}) for line in lines)
    try:
        return iter(list(_table(path, column)))
    except (UnicodeDecodeError, OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise unreadable(path, error) from error


def _crystals(path: Path) -> Iterator[Row]:
    for line in read_crystals(path):
        yield Row(line.name, line.item or line.problem or Problem("empty", "there is no structure"), line.values)


def _table(path: Path, column: str | None) -> Iterator[Row]:
    kind = kind_of(path, _TABLES)
    if kind == ".parquet":
        with pq.ParquetFile(path) as file:
            fields = file.schema_arrow.names
            if set(CELL_COLUMNS) <= set(fields) and column is None:
                return _crystals(path)
            cells = (row for batch in file.iter_batches() for row in batch.to_pylist())
            return iter(list(_of_cells(cells, fields, column, path)))
    if kind in (".csv", ".tsv"):
        fields, rows = table_of(path)
        return _of_cells(_by_heading(fields, rows, column, path), fields, column, path)
    return _of_entries(_entries(path, kind), column, path)


def _of_cells(
    cells: Iterable[Mapping[str, Any]], fields: Sequence[str], column: str | None, path: Path
) -> Iterator[Row]:
    """Rows of a table with a heading."""
    name, structure = _named(fields, NAME_COLUMNS), _structure(fields, column, path)
    for row in cells:
        numbers = {key: _number(cell) for key, cell in row.items() if key and key not in (structure, name)}
        yield Row(str((name and row.get(name)) or ""), _item(row.get(structure)), numbers_of(numbers))


def _by_heading(
    fields: Sequence[str], rows: Iterable[tuple[int, list[str]]], column: str | None, path: Path
) -> Iterator[dict[str, str]]:
    """Rows by heading; a formula that spans lines is refused, a CIF text may."""
    place = fields.index(_structure(fields, column, path))
    for number, row in rows:
        if place < len(row) and _CIF_SIGN not in row[place]:
            within_a_line(row[place], path, number)
        yield dict(zip(fields, row, strict=False))


def _structure(fields: Sequence[str], column: str | None, path: Path) -> str:
    """The heading of CIF texts or formulas."""
    found = _named(fields, CIF_COLUMNS)
    if column is not None or found is None:
        return fields[find_column(list(fields), column, path, FORMULA_COLUMNS, "formulas")]
    return found


def _named(fields: Sequence[str], known: Sequence[str]) -> str | None:
    lower = [field.lower() for field in fields]
    return next((fields[lower.index(word)] for word in known if word in lower), None)


def _of_entries(entries: Iterable[Any], column: str | None, path: Path) -> Iterator[Row]:
    """Entries of a JSON file: texts, or objects with one; an object without is an attempt of which nothing came.

    Raises:
        UserError: not one entry holds a text, so that the name of the key is at fault.
    """
    missing: UserError | None = None
    some = False
    for entry in entries:
        if isinstance(entry, dict) and entry.keys() >= _SITES:
            some = True
            yield Row("", _item(entry), {})
        elif isinstance(entry, dict):
            try:
                yield from _of_cells([entry], list(entry), column, path)
                some = True
            except UserError as error:
                missing = missing or error
                name = _named(list(entry), NAME_COLUMNS)
                yield Row(str((name and entry[name]) or ""), Problem("empty", "the entry has no formula"), {})
        else:
            some = some or isinstance(entry, str)
            yield Row("", _item(entry), {})
    if missing and not some:
        raise missing


def _item(cell: object) -> Item | Problem:
    if isinstance(cell, dict):
        return parse_structure(cell)
    if not isinstance(cell, str) or not cell.strip():
        return Problem("empty", "the row has no formula and no structure")
    return parse_cif(cell) if _CIF_SIGN in cell else parse_formula(cell)


def _number(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    try:
        return float(cell)
    except ValueError:
        return None


def _entries(path: Path, kind: str) -> Iterator[Any]:
    if kind != ".json":
        for line in lines_of(path):
            if line.strip():
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    yield None  # a broken line is an attempt of which nothing came
        return
    if path.stat().st_size > _LARGEST_JSON:
        raise UserError(f"is larger than {_LARGEST_JSON} bytes", str(path), "write one entry a line (.jsonl) instead")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"is no JSON: {error}", str(path), "for one object a line name it .jsonl") from error
    if isinstance(content, dict):
        key = next((word for word in (*CIF_COLUMNS, *FORMULA_COLUMNS) if isinstance(content.get(word), list)), "")
        content = [content] if content.keys() >= _SITES else content.get(key)
    if not isinstance(content, list):
        raise UserError(
            "holds no list of materials",
            str(path),
            "a list of formulas, of CIF texts or of objects, pymatgen's structures among them",
        )
    yield from content
