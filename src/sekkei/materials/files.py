"""Compositions and crystals from and to files: tables and lists of formulas, CIF, POSCAR, extended XYZ, Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from sekkei.core.errors import UserError
from sekkei.core.files import replacing
from sekkei.core.textfiles import find_column, kind_of, lines_of, table_of, unreadable, within_a_line
from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal, cif

FORMULA_COLUMNS = ("formula", "composition", "pretty_formula", "formula_pretty", "reduced_formula", "material")
"""Names of a column of formulas that are understood without being told, in any case, the first the most likely."""

NAME_COLUMNS = ("name", "id", "material_id", "mp_id", "task_id", "label")
"""Names of a column of names."""

_KINDS = (".txt", ".csv", ".tsv", ".jsonl", ".parquet")
_BLANK = Problem("empty", "the line is blank")


@dataclass(frozen=True)
class FormulaLine:
    """One formula of a file, readable or not.

    Attributes:
        line: line of the file where it begins, from 1; in a Parquet file the row, from 1.
        name: its name, empty where the file gives none.
        text: the formula as the file has it; empty where there is none.
        problem: why there is no text; a wrong formula is not judged here.
    """

    line: int
    name: str
    text: str
    problem: Problem | None = None


def read_formulas(path: Path, column: str | None = None, blanks: bool = False) -> list[FormulaLine]:
    """Read the formulas of a file, in its order, none left out. The text ``NaN`` is sodium nitride, no missing value.

    Args:
        path: ``.txt`` (a formula, then a name), ``.csv``, ``.tsv``, ``.jsonl`` or ``.parquet``; all but the last also
            with ``.gz`` behind.
        column: the column or key of formulas; guessed from its name where None.
        blanks: keep a blank line of a list, or of a table of one column, as a row without a formula.

    Raises:
        UserError: the file is missing, unreadable, empty or of an unknown kind, or lacks the column.
    """
    kind = kind_of(path, _KINDS)
    try:
        if kind == ".parquet":
            found = list(_parquet(path, column))
        elif kind == ".jsonl":
            found = list(_json_lines(lines_of(path), column, path))
        else:
            found = list(_list(lines_of(path), blanks) if kind == ".txt" else _table(path, column, blanks))
    except (UnicodeDecodeError, OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise unreadable(path, error) from error
    if all(line.problem is _BLANK for line in found):
        raise UserError("holds no formulas", str(path), "one formula a line, or a table with a header")
    return found


def write_table(path: Path, rows: Sequence[Mapping[str, str | float | None]]) -> None:
    """Write rows as CSV, gzipped for ``.gz``; columns in the order in which they first appear, None as an empty cell.

    Raises:
        UserError: the file cannot be written.
    """
    with replacing(path) as temporary, _create(temporary) as stream:
        _write_rows(stream, rows)


def table_text(rows: Sequence[Mapping[str, str | float | None]]) -> str:
    """The same table as a text."""
    stream = io.StringIO()
    _write_rows(stream, rows)
    return stream.getvalue()


def _write_rows(stream: TextIO, rows: Sequence[Mapping[str, str | float | None]]) -> None:
    fields = list(dict.fromkeys(itertools.chain.from_iterable(rows)))
    writer = csv.DictWriter(stream, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def write_cifs(folder: Path, items: Sequence[Crystal], names: Sequence[str], symprec: float | None = None) -> None:
    """Write one CIF per crystal into a folder, or all into one archive where the path ends in ``.zip``.

    Args:
        folder: folder, made if need be, or archive to write.
        items: n crystals.
        names: n file names without ending; what a file system dislikes becomes ``_``, repetitions are numbered.
        symprec: tolerance [Angstrom] with which symmetry is used; None writes every atom (P1).

    Raises:
        UserError: the folder or a file cannot be written.
    """
    texts = zip(_file_names(names), (cif(item, symprec) for item in items), strict=True)
    if folder.suffix.lower() == ".zip":
        with replacing(folder) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in texts:
                archive.writestr(zipfile.ZipInfo(name), text)  # a fixed date: the same crystals, the same bytes
        return
    write_each(folder, texts)


def write_each(folder: Path, texts: Iterable[tuple[str, str]]) -> None:
    """Write one file per (name, text) into a folder, made if need be.

    Raises:
        UserError: the folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot be made: {error.strerror}", str(folder), "choose another place") from error
    for name, text in texts:
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")


def _create(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return cast("TextIO", gzip.open(path, "wt", encoding="utf-8", newline=""))
    return path.open("w", encoding="utf-8", newline="")


def _list(lines: Iterator[str], blanks: bool) -> Iterator[FormulaLine]:
    """A formula, then blanks and a name; water of crystallisation may have blanks about its point."""
    for number, line in enumerate(lines, start=1):
        words = line.replace(" · ", "·").replace(" * ", "*").split(maxsplit=1)
        if words and not (number == 1 and words[0].lower() in FORMULA_COLUMNS):
            yield FormulaLine(number, words[1].strip() if len(words) > 1 else "", words[0])
        elif blanks and not words:
            yield FormulaLine(number, "", "", _BLANK)


def _table(path: Path, column: str | None, blanks: bool) -> Iterator[FormulaLine]:
    fields, rows = table_of(path)
    formula, name = _columns(fields, column, path)
    for number, row in rows:
        if row:
            cell = within_a_line(row[formula], path, number) if formula < len(row) else ""
            yield _line(number, row[name] if name is not None and name < len(row) else "", cell)
        elif blanks:
            yield FormulaLine(number, "", "", _BLANK)


def _json_lines(lines: Iterator[str], column: str | None, path: Path) -> Iterator[FormulaLine]:
    """One JSON text or object a line; a line that is neither is a row with its Problem."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield FormulaLine(number, "", "", Problem("syntax", "the line is not JSON"))
            continue
        if isinstance(value, dict):
            formula, name = _columns(list(value), column, path)
            cells = list(value.values())
            yield _line(number, str(cells[name] or "") if name is not None else "", cells[formula])
        else:
            yield _line(number, "", value)


def _parquet(path: Path, column: str | None) -> Iterator[FormulaLine]:
    with pq.ParquetFile(path) as file:
        fields = file.schema_arrow.names
        formula, name = _columns(fields, column, path)
        wanted = [fields[formula]] + ([fields[name]] if name is not None and name != formula else [])
        number = 0
        for batch in file.iter_batches(columns=wanted):
            cells = [batch.column(field).to_pylist() for field in wanted]
            for row in zip(*cells, strict=True):
                number += 1
                yield _line(number, str(row[1] or "") if len(row) > 1 else "", row[0])


def _line(number: int, name: str, cell: object) -> FormulaLine:
    if not isinstance(cell, str) or not cell.strip():
        return FormulaLine(number, name.strip(), "", Problem("empty", "the row has no formula"))
    return FormulaLine(number, name.strip(), cell.strip())


def _columns(fields: Sequence[str], column: str | None, path: Path) -> tuple[int, int | None]:
    lower = [field.lower() for field in fields]
    name = next((lower.index(word) for word in NAME_COLUMNS if word in lower), None)
    return find_column(fields, column, path, FORMULA_COLUMNS, "formulas"), name


def _file_names(names: Iterable[str]) -> Iterator[str]:
    taken: set[str] = set()
    for name in names:
        plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)[:100].strip(".")
        stem = plain or "crystal"
        fresh = next(s for s in itertools.chain([stem], (f"{stem}-{n}" for n in itertools.count(2))) if s not in taken)
        taken.add(fresh)
        yield f"{fresh}.cif"
