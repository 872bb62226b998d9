from __future__ import annotations

import gzip

import pandas as pd
import pytest
from rdkit import Chem

from sekkei.core.errors import UserError
from sekkei.molecules.files import MoleculeLine, read_molecules, write_sdf, write_smiles


def save(path, text):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["m.smi", "m.txt", "m.SMI", "m.smi.gz"])
def test_smiles_files_keep_line_numbers_names_and_wrong_lines(tmp_path, name):
    path = save(tmp_path / name, "smiles name\nCCO ethanol of wine\n\nnonsense\nCC\n")
    assert read_molecules(path) == [
        MoleculeLine(2, "ethanol of wine", "CCO"),
        MoleculeLine(4, "", "nonsense"),
        MoleculeLine(5, "", "CC"),
    ]


@pytest.mark.parametrize(
    ("name", "header", "delimiter"),
    [("m.csv", "ID,SMILES,y", ","), ("m.csv", "id;y;canonical_smiles", ";"), ("m.tsv.gz", "y\tStructure\tname", "\t")],
)
def test_tables_find_their_columns(tmp_path, name, header, delimiter):
    fields = header.split(delimiter)
    cells = {"id": "a 1", "name": "a 1", "y": "3"}
    row = delimiter.join(cells.get(field.lower(), "CCO") for field in fields)
    path = save(tmp_path / name, f"\ufeff{header}\r\n{row}\r\n{delimiter * 2}\r\n")
    first, second = read_molecules(path)
    assert first == MoleculeLine(2, "a 1", "CCO")
    assert (second.line, second.text, second.problem.kind) == (3, "", "empty")


def test_a_column_can_be_named_and_quoted_fields_keep_the_count_of_lines(tmp_path):
    path = save(tmp_path / "m.csv", 'note,product\n"two\nlines",CCO\nx,CCN\n')
    assert [(line.line, line.text) for line in read_molecules(path, "product")] == [(2, "CCO"), (4, "CCN")]
    with pytest.raises(UserError, match="did you mean 'product'"):
        read_molecules(path, "produkt")
    with pytest.raises(UserError, match="note, product"):
        read_molecules(path)


def test_parquet(tmp_path):
    path = tmp_path / "m.parquet"
    pd.DataFrame({"y": [1, 2], "smiles": ["CCO", None], "name": ["ethanol", None]}).to_parquet(path)
    first, second = read_molecules(path)
    assert first == MoleculeLine(1, "ethanol", "CCO")
    assert (second.line, second.problem.kind) == (2, "empty")


@pytest.mark.parametrize("name", ["m.sdf", "m.sdf.gz"])
def test_sdf_there_and_back(tmp_path, name):
    path = tmp_path / name
    texts = ["C[C@H](N)C(=O)O", "[13CH3]/C=C/F", "[Na+].[Cl-]"]
    mols = [Chem.MolFromSmiles(text) for text in texts]
    write_sdf(path, mols, ["a", "b\n$$$$\nc", ""], [{"logp": 1.5, "why": "two\nlines"}, {}, {}])
    found = read_molecules(path)
    assert [line.text for line in found] == [Chem.CanonSmiles(text) for text in texts]
    assert [line.name for line in found] == ["a", "b $$$$ c", ""]
    assert found[0].line == 1
    assert not mols[0].GetNumConformers()
    whole = (gzip.decompress(path.read_bytes()) if name.endswith("gz") else path.read_bytes()).decode()
    assert ">  <logp>\n1.5\n\n>  <why>\ntwo lines\n\n$$$$\n" in whole


def test_rdkit_reads_the_data_fields(tmp_path):
    path = tmp_path / "m.sdf"
    write_sdf(path, [Chem.MolFromSmiles("CCO")], ["ethanol"], [{"mw": 46.07, "text": "x"}])
    (mol,) = Chem.SDMolSupplier(str(path))
    assert mol.GetPropsAsDict() == {"mw": 46.07, "text": "x"}
    assert mol.GetProp("_Name") == "ethanol"


def test_a_broken_record_stays_a_row(tmp_path):
    good = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")) + "$$$$\n"
    pentavalent = Chem.MolToMolBlock(Chem.MolFromSmiles("C(C)(C)(C)(C)C", sanitize=False), kekulize=False) + "$$$$\n"
    path = save(tmp_path / "m.sdf", f"{good}rubbish\n$$$$\n{pentavalent}{good}")
    found = read_molecules(path)
    assert [line.problem and line.problem.kind for line in found] == [None, "syntax", "valence", None]
    assert found[1].line == good.count("\n") + 1
    assert found[1].name == "rubbish"


@pytest.mark.parametrize("name", ["m.smi", "m.smi.gz"])
def test_written_smiles_read_back(tmp_path, name):
    path = tmp_path / name
    write_smiles(path, ["CCO", "CC"], ["a\tb", ""])
    assert [(line.text, line.name) for line in read_molecules(path)] == [("CCO", "a b"), ("CC", "")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("m.xlsx", b"", "unknown kind"),
        ("m.smi", b"", "holds no molecules"),
        ("m.csv", b"smiles\n", "holds no molecules"),
        ("m.smi", b"\xff\xfe\x00", "UTF-8"),
        ("m.smi.gz", b"not gzip", "cannot be read"),
        ("m.smi.gz", gzip.compress(b"CCO\n" * 1000, mtime=0)[:-12], "cannot be read"),
        ("m.parquet", b"not parquet", "cannot be read"),
        ("m.smi", b"C" * 1_000_001, "line of more than"),
    ],
)
def test_unreadable_files_are_user_errors(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_molecules(path)


def test_missing_places_are_user_errors(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_molecules(tmp_path / "none.smi")
    with pytest.raises(UserError, match="cannot be written"):
        write_smiles(tmp_path / "none" / "m.smi", ["C"])
