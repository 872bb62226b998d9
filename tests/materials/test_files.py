from __future__ import annotations

import csv
import gzip
import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekkei.core.errors import UserError
from sekkei.materials.crystal import parse_cif
from sekkei.materials.files import FormulaLine, read_formulas, write_cifs, write_table


def save(path, text):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["f.txt", "f.TXT", "f.txt.gz"])
def test_lists_keep_line_numbers_names_and_wrong_lines(tmp_path, name):
    path = save(tmp_path / name, "formula name\nFe2O3 rust\n\nnonsense\nNaN\nCuSO4 · 5H2O blue vitriol\n")
    assert read_formulas(path) == [
        FormulaLine(2, "rust", "Fe2O3"),
        FormulaLine(4, "", "nonsense"),
        FormulaLine(5, "", "NaN"),
        FormulaLine(6, "blue vitriol", "CuSO4·5H2O"),
    ]


@pytest.mark.parametrize(
    ("name", "header", "delimiter"),
    [("f.csv", "id,Formula,y", ","), ("f.csv", "id;y;pretty_formula", ";"), ("f.tsv.gz", "y\tComposition\tname", "\t")],
)
def test_tables_find_their_columns_and_sodium_nitride_stays(tmp_path, name, header, delimiter):
    fields = header.split(delimiter)
    cells = {"id": "a 1", "name": "a 1", "y": "3"}
    row = delimiter.join(cells.get(field.lower(), "NaN") for field in fields)
    path = save(tmp_path / name, f"\ufeff{header}\r\n{row}\r\n{delimiter * 2}\r\n")
    first, second = read_formulas(path)
    assert first == FormulaLine(2, "a 1", "NaN")
    assert (second.line, second.text, second.problem.kind) == (3, "", "empty")


def test_json_lines_and_their_broken_ones(tmp_path):
    path = save(tmp_path / "f.jsonl", '{"formula": "Fe2O3", "id": "x"}\n"NaCl"\n{oops\n{"formula": null}\n3\n\n')
    found = read_formulas(path)
    assert [(line.line, line.text) for line in found] == [(1, "Fe2O3"), (2, "NaCl"), (3, ""), (4, ""), (5, "")]
    assert [line.problem and line.problem.kind for line in found] == [None, None, "syntax", "empty", "empty"]
    assert found[0].name == "x"


def test_parquet(tmp_path):
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"y": [1, 2, 3], "formula": ["NaN", None, "Fe2O3"], "id": ["a", None, "c"]}), path)
    first, second, third = read_formulas(path)
    assert first == FormulaLine(1, "a", "NaN")
    assert (second.line, second.problem.kind) == (2, "empty")
    assert third == FormulaLine(3, "c", "Fe2O3")


def test_a_column_can_be_named(tmp_path):
    path = save(tmp_path / "f.csv", "note,product\nx,Fe2O3\n")
    assert [line.text for line in read_formulas(path, "product")] == ["Fe2O3"]
    with pytest.raises(UserError, match="did you mean 'product'"):
        read_formulas(path, "produkt")
    with pytest.raises(UserError, match="note, product"):
        read_formulas(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("f.doc", b"Fe", "unknown kind"),
        ("f.txt", b"", "holds no formulas"),
        ("f.txt", b"\xff\xfe\x00", "UTF-8"),
        ("f.txt.gz", b"Fe2O3", "cannot be read"),
        ("f.parquet", b"Fe2O3", "cannot be read"),
        ("f.txt", b"x" * 1_000_001, "characters"),
    ],
)
def test_unreadable_files_are_named(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_formulas(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_formulas(tmp_path / "absent.txt")


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_table_comes_back(tmp_path, name):
    path = tmp_path / name
    write_table(path, [{"formula": "NaN", "gap": 1.5}, {"formula": "Fe2O3", "why": "two\nlines, quoted"}])
    data = path.read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    assert list(csv.DictReader(io.StringIO(text))) == [
        {"formula": "NaN", "gap": "1.5", "why": ""},
        {"formula": "Fe2O3", "gap": "", "why": "two\nlines, quoted"},
    ]


def test_cifs_in_a_folder_and_an_archive(tmp_path, rocksalt, diamond):
    names = ["a/../b", "same", "same"]
    items = [rocksalt, diamond, diamond]
    write_cifs(tmp_path / "out", items, names)
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == ["a_.._b.cif", "same-2.cif", "same.cif"]
    assert parse_cif((tmp_path / "out" / "a_.._b.cif").read_text()).composition.formula == "NaCl"
    write_cifs(tmp_path / "out.zip", items, names, symprec=0.01)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert sorted(archive.namelist()) == files
        assert "F m -3 m" in archive.read("a_.._b.cif").decode() or "Fm-3m" in archive.read("a_.._b.cif").decode()
    with pytest.raises(UserError, match="cannot be"):
        write_cifs(tmp_path / "out.zip" / "inside", items, names)
