"""Crystals from files and folders: CIF, POSCAR, extended XYZ and Parquet tables, each row with its Problem."""

from __future__ import annotations

import io
import math
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ase.io import extxyz

from sekkei.core.errors import UserError
from sekkei.core.textfiles import lines_of, unreadable
from sekkei.core.types import Problem
from sekkei.materials.crystal import MAX_SITES, MAX_TEXT, Crystal, crystal, from_parameters, parse_cif, parse_poscar
from sekkei.materials.files import NAME_COLUMNS

CELL_COLUMNS = ("a", "b", "c", "alpha", "beta", "gamma", "numbers", "frac_coords")
"""Columns of a Parquet table of structures: cell [Angstrom, deg], atomic numbers, fractional coordinates row by row."""

_MOST_FILES = 1_000_000
_POSCAR = re.compile(r"(^|[._-])(poscar|contcar)([._-]|$)|\.vasp$", re.IGNORECASE)
_XYZ = (".xyz", ".extxyz")


@dataclass(frozen=True)
class CrystalLine:
    """One structure of a file or folder, readable or not.

    Attributes:
        line: place in the file or folder, from 1.
        name: its name, or the name of its file.
        item: the crystal, None where there is none.
        problem: why there is none.
        values: what else the file says of it in numbers, such as ``e_above_hull``: columns of a Parquet table, entries
            of the comment line of an XYZ frame.
    """

    line: int
    name: str
    item: Crystal | None
    problem: Problem | None = None
    values: Mapping[str, float] = field(default_factory=dict)


class _Found(NamedTuple):
    name: str
    item: Crystal | Problem
    values: Mapping[str, float] = MappingProxyType({})


def read_crystals(path: Path) -> Iterator[CrystalLine]:
    """Read structures one after the other, none left out.

    Args:
        path: a ``.cif`` (several data blocks are several structures), ``.xyz`` or ``.extxyz`` with a lattice,
            ``.parquet`` with the columns of :data:`CELL_COLUMNS`, a POSCAR, or a folder of such files, which are read
            in the order of their names, without its subfolders; text files also with ``.gz`` behind.

    Raises:
        UserError: the path is missing, unreadable, empty or of an unknown kind.
    """
    number = 0
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.is_file() and _reader(file))
        if not files:
            raise UserError("holds no structures", str(path), "put .cif, .extxyz or POSCAR files into it")
        if len(files) > _MOST_FILES:
            raise UserError(f"holds more than {_MOST_FILES} files", str(path), "use one table instead")
    else:
        files = [path]
    for file in files:
        before = number
        try:
            for found in _read(file):
                number += 1
                yield _line(number, _named(found.name, file, within=path.is_dir()), found.item, found.values)
        except UserError as error:
            if not path.is_dir():
                raise
            number += 1
            yield _line(number, file.name, Problem("file", error.what))
        if path.is_dir() and number == before:
            number += 1
            yield _line(number, file.name, Problem("empty", "the file holds no structure"))
    if not number:
        raise UserError("holds no structures", str(path), "is it a CIF, POSCAR, extended XYZ or Parquet file?")


def _named(name: str, file: Path, *, within: bool) -> str:
    """A structure's own name or that of its file; both in a folder, whose files may all name theirs alike."""
    if within and name and name != file.name:
        return f"{name} ({file.name})"
    return name or file.name


def passed_over(path: Path) -> tuple[int, int]:
    """How many subfolders and other files of a folder :func:`read_crystals` does not read, hidden ones apart."""
    if not path.is_dir():
        return 0, 0
    found = [one for one in path.iterdir() if not one.name.startswith(".")]
    folders = sum(one.is_dir() for one in found)
    return folders, len(found) - folders - sum(one.is_file() and bool(_reader(one)) for one in found)


def _line(
    number: int, name: str, found: Crystal | Problem, values: Mapping[str, float] = MappingProxyType({})
) -> CrystalLine:
    item, problem = (None, found) if isinstance(found, Problem) else (found, None)
    return CrystalLine(number, name, item, problem, dict(values))


def numbers_of(row: Mapping[str, Any]) -> dict[str, float]:
    """The entries of a row that are single finite numbers."""
    return {
        str(key): float(value)
        for key, value in row.items()
        if isinstance(value, int | float | np.integer | np.floating)
        and not isinstance(value, bool)
        and math.isfinite(value)
    }


def _reader(path: Path) -> str:
    """Which kind of file it is; empty where it is none that holds structures."""
    name = path.name.removesuffix(".gz")
    ending = Path(name).suffix.lower()
    if ending == ".parquet" and name == path.name:
        return "parquet"
    if ending == ".cif":
        return "cif"
    if ending in _XYZ:
        return "xyz"
    return "poscar" if _POSCAR.search(name) else ""


def _read(path: Path) -> Iterator[_Found]:
    kind = _reader(path)
    if not path.exists():
        raise UserError("there is no such file", str(path))
    if not kind:
        raise UserError("is of an unknown kind", str(path), "known: .cif, .xyz, .extxyz, .parquet, .vasp, POSCAR")
    try:
        if kind == "parquet":
            yield from _parquet(path)
        elif kind == "xyz":
            yield from _frames(lines_of(path))
        elif kind == "cif":
            yield from _blocks(lines_of(path))
        else:
            yield _Found(path.name, parse_poscar(_bounded(path)))
    except (UnicodeDecodeError, OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise unreadable(path, error) from error


def _bounded(path: Path) -> str:
    parts: list[str] = []
    length = 0
    for line in lines_of(path):
        parts.append(line)
        length += len(line)
        if length > MAX_TEXT:
            break  # the parser refuses a text of this length
    return "".join(parts)


def _blocks(lines: Iterator[str]) -> Iterator[_Found]:
    """The data blocks of a CIF."""
    name, length = "", 0
    parts: list[str] = []
    for line in lines:
        if line[:5].lower() == "data_":
            if _has_content(name, parts):
                yield _Found(name, parse_cif("".join(parts)))
            name, parts, length = line[5:].strip()[:100], [], 0
        length += len(line)
        if length <= MAX_TEXT + len(line):
            parts.append(line)
    if _has_content(name, parts):
        yield _Found(name, parse_cif("".join(parts)))


def _has_content(name: str, parts: list[str]) -> bool:
    """Whether a block is a structure or should be one; ``data_global`` may hold the words about all the others."""
    if name.lower() == "global" and not any("_atom_site_" in line.lower() for line in parts):
        return False
    return any(line.strip() and not line.lstrip().startswith("#") for line in parts)


def _frames(lines: Iterator[str]) -> Iterator[_Found]:
    """The frames of an extended XYZ file: a count, a comment with ``Lattice=...``, one line per atom."""
    for head in lines:
        if not head.strip():
            continue
        if not head.strip().isdecimal():
            yield _Found(
                "", Problem("syntax", "a frame of XYZ begins with the number of its atoms; the rest is not read")
            )
            return
        count = int(head.strip()[:9])  # ten digits would be more lines than are read at all
        frame = [head, next(lines, "")]
        for _ in range(count):
            line = next(lines, "")
            if not line:
                yield _Found("", Problem("syntax", f"the file ends before the {count} atoms of its last frame"))
                return
            if count <= MAX_SITES:
                frame.append(line)
        yield _frame(count, frame)


def _frame(count: int, frame: list[str]) -> _Found:
    if count > MAX_SITES:
        return _Found("", Problem("too_large", f"{count} atoms in the cell are more than {MAX_SITES}"))
    try:
        atoms = next(iter(extxyz.read_extxyz(io.StringIO("".join(frame)))))
    except Exception as error:  # noqa: BLE001 - the reader raises whatever a broken frame leads it to
        return _Found("", Problem("syntax", f"it is no extended XYZ: {error!s:.120}"))
    name = next((str(atoms.info[key]) for key in NAME_COLUMNS if key in atoms.info), "")
    if atoms.cell.rank != 3:
        return _Found(name, Problem("no_lattice", "the frame has no three cell vectors (Lattice=...)"))
    item = crystal(atoms.cell.array, atoms.numbers, atoms.get_scaled_positions(wrap=False))
    return _Found(name, item, numbers_of(atoms.info))


def _parquet(path: Path) -> Iterator[_Found]:
    with pq.ParquetFile(path) as file:
        fields = file.schema_arrow.names
        if missing := [field for field in CELL_COLUMNS if field not in fields]:
            raise UserError(f"has no columns {', '.join(missing)}", str(path), "see the reference of materials files")
        name = next((field for field in fields if field.lower() in NAME_COLUMNS), None)
        kinds = file.schema_arrow
        others = [f for f in fields if f not in CELL_COLUMNS and _is_number(kinds.field(f).type)]
        for batch in file.iter_batches(columns=[*dict.fromkeys([*CELL_COLUMNS, *([name] if name else []), *others])]):
            for row in batch.to_pylist():
                values = numbers_of({field: row[field] for field in others})
                yield _Found(str(row[name] or "") if name else "", from_row(row), values)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def from_row(row: Mapping[str, Any]) -> Crystal | Problem:
    """A crystal from a row with the columns of :data:`CELL_COLUMNS`."""
    if any(row[field] is None for field in CELL_COLUMNS):
        return Problem("empty", "the row lacks a part of the structure")
    try:
        positions = np.reshape(np.asarray(row["frac_coords"], dtype=np.float64), (-1, 3))
        lengths, angles = [float(row[k]) for k in ("a", "b", "c")], [float(row[k]) for k in ("alpha", "beta", "gamma")]
    except (TypeError, ValueError):
        return Problem("shape", "the cell or the coordinates are not numbers, or not three per atom")
    return from_parameters(lengths, angles, row["numbers"], positions)
