"""Text files and tables that a user hands over: of a known kind, bounded, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO, cast

from sekkei.core.errors import UserError, did_you_mean

_LONGEST_LINE = 1_000_000
_MOST_ROWS = 10_000_000


def kind_of(path: Path, kinds: Sequence[str]) -> str:
    """The ending of a file in lower case, without the ``.gz`` behind it; Parquet files are not gzipped.

    Raises:
        UserError: it is none of ``kinds``.
    """
    endings = [ending.lower() for ending in path.suffixes]
    kind = endings[-2] if endings[-1:] == [".gz"] and len(endings) > 1 else "".join(endings[-1:])
    if kind not in kinds or (kind == ".parquet" and endings[-1] == ".gz"):
        raise UserError("is of an unknown kind", str(path), f"known: {', '.join(kinds)}, and .gz behind a text file")
    return kind


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file, plain or gzipped, with their ends, each of bounded length.

    Raises:
        UserError: a line is longer than a million characters or there are more than ten million.
    """
    with _open(path) as stream:
        for _ in range(_MOST_ROWS):
            line = stream.readline(_LONGEST_LINE + 1)
            if not line:
                return
            if len(line) > _LONGEST_LINE:
                raise UserError(f"has a line of more than {_LONGEST_LINE} characters", str(path), "is it a text file?")
            yield line
    raise UserError(f"has more than {_MOST_ROWS} lines", str(path), "split it")


def table_of(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The heading of a table, and its rows, each with the line where it begins.

    The cells of ``.tsv`` are parted by tabs, those of any other table by what its heading has most of: comma, semicolon
    or tab. A blank line is a row without cells where the table has one column, and none in a wider one.

    Raises:
        UserError: a quotation mark is not closed, which would swallow the rows behind it.
    """
    lines = lines_of(path)
    header = next(lines, "")
    mark = _mark(path, header)
    try:
        fields = [field.strip() for field in next(csv.reader([header], delimiter=mark, strict=True), [])]
    except csv.Error as error:
        raise _stray_quote(path, 1, str(error)) from error
    return fields, _rows(lines, mark, len(fields), path)


def mark_of(path: Path) -> str:
    """What parts the cells of a table, see :func:`table_of`."""
    return _mark(path, next(lines_of(path), ""))


def _mark(path: Path, header: str) -> str:
    tabbed = path.name.lower().removesuffix(".gz").endswith(".tsv")
    return "\t" if tabbed else max(",;\t", key=header.count)


def _rows(lines: Iterator[str], mark: str, width: int, path: Path) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(lines, delimiter=mark, strict=True)
    while True:
        number = rows.line_num + 2
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise _stray_quote(path, number, str(error)) from error
        if row is None:
            return
        if rows.line_num + 1 > number and len(row) != width:
            raise _stray_quote(path, number, f"{len(row)} cells over several lines, the heading has {width}")
        if row or width == 1:
            yield number, row


def within_a_line(cell: str, path: Path, number: int) -> str:
    """The cell of a row that begins in line ``number``, stripped, where what it holds cannot span lines.

    Raises:
        UserError: it does, so that a stray quotation mark has swallowed rows.
    """
    text = cell.strip()
    if "\n" in text:
        raise _stray_quote(path, number, "a cell that belongs into one line spans several")
    return text


def _stray_quote(path: Path, number: int, reason: str) -> UserError:
    hint = 'a cell that begins with " must end with one; remove a stray one'
    return UserError(f"the row of line {number} cannot be read: {reason}", str(path), hint)


def unreadable(path: Path, error: Exception) -> UserError:
    """The error a person sees when ``path`` cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return UserError("is not text in UTF-8", str(path), "save it in UTF-8")
    reason = getattr(error, "strerror", None) or str(error)
    return UserError(f"cannot be read: {reason}", str(path), "check the path and the kind of file")


def find_column(fields: Sequence[str], column: str | None, path: Path, known: Sequence[str], what: str) -> int:
    """Which column of a table holds ``what``: the one asked for, or the first with a known name in any case.

    Raises:
        UserError: there is none, or more than one.
    """
    if column is not None:
        if column not in fields:
            raise UserError(f"has no column '{column}'", str(path), did_you_mean(column, fields))
        if fields.count(column) > 1:
            raise UserError(
                f"has {fields.count(column)} columns '{column}'", str(path), "give each a heading of its own"
            )
        return fields.index(column)
    if not any(fields):
        raise UserError("is empty, or its first line is", str(path), f"a heading first, then {what} a row each")
    lower = [field.lower() for field in fields]
    for word in known:
        if lower.count(word) > 1:
            raise UserError(f"has {lower.count(word)} columns '{word}'", str(path), "give each a heading of its own")
        if word in lower:
            return lower.index(word)
    listed = ", ".join(fields[:20]) + (", ..." if len(fields) > 20 else "")
    raise UserError(f"no column is named like {what} among: {listed}", str(path), "name the column with --column")


def _open(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8-sig"))
    return path.open(encoding="utf-8-sig")
