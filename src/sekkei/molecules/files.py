"""Molecules from and to files: SMILES, CSV, TSV, SDF and Parquet, plain or gzipped."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from sekkei.core.errors import UserError
from sekkei.core.files import replacing
from sekkei.core.textfiles import find_column, kind_of, lines_of, table_of, unreadable, within_a_line
from sekkei.core.types import Problem
from sekkei.molecules.domain import as_mol

SMILES_COLUMNS = ("smiles", "canonical_smiles", "isomeric_smiles", "smi", "structure", "molecule", "mol", "drug")
"""Names of a column of SMILES that are understood without being told, in any case, the first the most likely."""

NAME_COLUMNS = ("name", "id", "title", "compound", "drug_id", "molecule_name")
"""Names of a column of names."""

_KINDS = (".smi", ".smiles", ".txt", ".csv", ".tsv", ".sdf", ".parquet")
_LONGEST_RECORD = 20_000
_RECORD_END = "$$$$"
_BLANK = Problem("empty", "the line is blank")


@dataclass(frozen=True)
class MoleculeLine:
    """One molecule of a file, readable or not.

    Attributes:
        line: line of the file where it begins, from 1; in a Parquet file the row, from 1.
        name: its name, empty where the file gives none.
        text: its SMILES as the file has it (from an SDF, the canonical one); empty where there is none.
        problem: why there is no text; a wrong SMILES is not judged here.
    """

    line: int
    name: str
    text: str
    problem: Problem | None = None


def read_molecules(path: Path, column: str | None = None, blanks: bool = False) -> list[MoleculeLine]:
    """Read the molecules of a file, in its order, none left out.

    Args:
        path: ``.smi``, ``.smiles``, ``.txt`` (SMILES, then a name), ``.csv``, ``.tsv``, ``.sdf`` or ``.parquet``; all
            but the last also with ``.gz`` behind.
        column: the column of SMILES in a table; guessed from its name where None.
        blanks: keep a blank line of a list, or of a table of one column, as a row without a molecule.

    Raises:
        UserError: the file is missing, unreadable, empty or of an unknown kind, or lacks the column.
    """
    kind = kind_of(path, _KINDS)
    try:
        if kind == ".parquet":
            found = list(_parquet(path, column))
        elif kind in (".csv", ".tsv"):
            found = list(_table(path, column, blanks))
        else:
            found = list(_sdf(lines_of(path)) if kind == ".sdf" else _smiles(lines_of(path), blanks))
    except (UnicodeDecodeError, OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise unreadable(path, error) from error
    if all(line.problem is _BLANK for line in found):
        raise UserError("holds no molecules", str(path), "one SMILES a line, or a table with a header")
    return found


def write_smiles(path: Path, smiles: Iterable[str], names: Iterable[str] | None = None) -> None:
    """Write one SMILES a line, a tab and the name behind it where names are given; gzipped for ``.gz``.

    Raises:
        UserError: the file cannot be written.
    """
    if names is None:
        _write(path, (f"{text}\n" for text in smiles))
    else:
        _write(path, (f"{text}\t{_one_line(name)}\n" for text, name in zip(smiles, names, strict=True)))


def write_sdf(
    path: Path, mols: Sequence[Chem.Mol], names: Sequence[str], values: Sequence[Mapping[str, float | str]]
) -> None:
    """Write molecules with their names and values; those without coordinates are laid out in two dimensions.

    Args:
        path: file to write; gzipped for ``.gz``.
        mols: n molecules; they are not changed.
        names: n titles.
        values: n sets of data fields.

    Raises:
        UserError: the file cannot be written.
    """
    _write(path, (_record(*parts) for parts in zip(mols, names, values, strict=True)))


def _smiles(lines: Iterator[str], blanks: bool) -> Iterator[MoleculeLine]:
    for number, line in enumerate(lines, start=1):
        words = line.split(maxsplit=1)
        if words and not (number == 1 and words[0].lower() in SMILES_COLUMNS):
            yield MoleculeLine(number, words[1].strip() if len(words) > 1 else "", words[0])
        elif blanks and not words:
            yield MoleculeLine(number, "", "", _BLANK)


def _table(path: Path, column: str | None, blanks: bool) -> Iterator[MoleculeLine]:
    fields, rows = table_of(path)
    smiles, name = _columns(fields, column, path)
    for number, row in rows:
        if row:
            cells = [within_a_line(cell, path, number) for cell in row[smiles : smiles + 1]]
            yield _line(number, row[name] if name is not None and name < len(row) else "", cells)
        elif blanks:
            yield MoleculeLine(number, "", "", _BLANK)


def _line(number: int, name: str, cells: Sequence[str]) -> MoleculeLine:
    text = cells[0].strip() if cells else ""
    return MoleculeLine(number, name.strip(), text, None if text else Problem("empty", "the row has no SMILES"))


def _columns(fields: Sequence[str], column: str | None, path: Path) -> tuple[int, int | None]:
    lower = [field.lower() for field in fields]
    name = next((lower.index(word) for word in NAME_COLUMNS if word in lower), None)
    return find_column(fields, column, path, SMILES_COLUMNS, "SMILES"), name


def _parquet(path: Path, column: str | None) -> Iterator[MoleculeLine]:
    with pq.ParquetFile(path) as file:
        fields = file.schema_arrow.names
        smiles, name = _columns(fields, column, path)
        wanted = [fields[smiles]] + ([fields[name]] if name is not None and name != smiles else [])
        number = 0
        for batch in file.iter_batches(columns=wanted):
            cells = [batch.column(field).to_pylist() for field in wanted]
            for row in zip(*cells, strict=True):
                number += 1
                yield _line(number, str(row[1] or "") if len(row) > 1 else "", [str(row[0] or "")])


def _sdf(lines: Iterator[str]) -> Iterator[MoleculeLine]:
    record: list[str] = []
    start = 1
    for number, line in enumerate(lines, start=1):
        if line.startswith(_RECORD_END):
            yield _from_block(start, record)
            record, start = [], number + 1
        elif len(record) <= _LONGEST_RECORD:
            record.append(line)
    if "".join(record).strip():
        yield _from_block(start, record)


def _from_block(start: int, record: Sequence[str]) -> MoleculeLine:
    name = record[0].strip() if record else ""
    if len(record) > _LONGEST_RECORD:
        return MoleculeLine(start, name, "", Problem("too_large", f"more than {_LONGEST_RECORD} lines"))
    with rdBase.BlockLogs():
        try:
            graph = Chem.MolFromMolBlock("".join(record), sanitize=False, removeHs=False)
        except RuntimeError:
            graph = None
    mol = Problem("syntax", "it is no MDL mol block") if graph is None else as_mol(graph)
    if isinstance(mol, Problem):
        return MoleculeLine(start, name, "", mol)
    return MoleculeLine(start, name, str(Chem.MolToSmiles(mol)))


def _record(mol: Chem.Mol, name: str, values: Mapping[str, float | str]) -> str:
    copy = Chem.Mol(mol)
    if not copy.GetNumConformers():
        rdDepictor.Compute2DCoords(copy)
    copy.SetProp("_Name", _one_line(name))
    fields = [f">  <{_one_line(key)}>\n{_one_line(f'{value}')}\n\n" for key, value in values.items()]
    return f"{Chem.MolToMolBlock(copy)}{''.join(fields)}{_RECORD_END}\n"


def _one_line(text: str) -> str:
    """A field cannot end its record early."""
    return " ".join(text.split())


def _write(path: Path, parts: Iterable[str]) -> None:
    with replacing(path) as temporary:
        if path.suffix.lower() == ".gz":
            with gzip.open(temporary, "wt", encoding="utf-8", newline="\n") as packed:
                packed.writelines(parts)
        else:
            with temporary.open("w", encoding="utf-8", newline="\n") as plain:
                plain.writelines(parts)
