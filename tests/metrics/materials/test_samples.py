"""Anyone's file is read, and every row keeps its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from sekkei.core.errors import UserError
from sekkei.materials.crystal import Crystal
from sekkei.metrics.materials.samples import read_samples


def formulas(path: Path) -> list[str | None]:
    return [None if item is None else item.formula for item in read_samples(path).items]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.txt", "NaCl\nXx\nFe2O3 haematite\n", ["NaCl", None, "Fe2O3"]),
        ("b.csv", "id,formula,gap\n1,NaCl,8\n2,,1\n3,NaN,0\n", ["NaCl", None, "NaN"]),
        ("c.tsv", "formula\tid\nNaCl\t1\n", ["NaCl"]),
        ("d.jsonl", '{"formula": "NaCl", "gap": 8}\n{broken\n"KBr"\n', ["NaCl", None, "KBr"]),
        ("e.json", '["NaCl", 3, "KBr"]', ["NaCl", None, "KBr"]),
        ("f.json", '{"formula": ["NaCl"]}', ["NaCl"]),
        ("g.json", '[{"formula": "NaCl"}, {"error": "x"}, {}, {"formula": null}]', ["NaCl", None, None, None]),
        ("i.txt", "\nNaCl\n\nKBr\n\n", [None, "NaCl", None, "KBr", None]),
        ("j.csv", "formula\nNaCl\n\nKBr\n\n", ["NaCl", None, "KBr", None]),
        ("k.csv", "id,formula\n1,NaCl\n\n2,KBr\n", ["NaCl", "KBr"]),
        ("h.jsonl", '{"error": "failed"}\n{"formula": "KBr"}\n', [None, "KBr"]),
    ],
)
def test_common_formats_keep_every_row(tmp_path: Path, name: str, text: str, expected: list[str | None]) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert formulas(path) == expected


def test_numbers_of_a_table_are_kept_by_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("formula,e_above_hull,note\nNaCl,0.1,x\nKBr,,y\n", encoding="utf-8")
    values = read_samples(tmp_path / "a.csv").values
    assert list(values) == ["e_above_hull"]
    assert values["e_above_hull"][0] == 0.1
    assert values["e_above_hull"][1] != values["e_above_hull"][1]


def test_numbers_of_an_xyz_file_are_kept(folder: Path) -> None:
    samples = read_samples(folder / "gen.extxyz")
    assert samples.level == "crystal"
    assert samples.values["e_above_hull"].tolist()[4] == 0.2


def test_cif_texts_in_a_table_are_crystals(folder: Path, tmp_path: Path) -> None:
    cif = next((folder / "known").glob("NaCl*")).read_text(encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps([{"id": "x", "cif": cif}, {"id": "y", "cif": "data_\n"}]), "utf-8")
    samples = read_samples(tmp_path / "a.json")
    assert samples.level == "crystal"
    assert samples.names == ["x", "y"]
    assert samples.problems[0] is None
    assert samples.items[1] is None


def test_cif_texts_of_a_csv_span_lines(folder: Path, tmp_path: Path) -> None:
    cif = next((folder / "known").glob("NaCl*")).read_text(encoding="utf-8")
    quoted = cif.replace('"', '""')
    (tmp_path / "a.csv").write_text(f'id,cif\nx,"{quoted}"\ny,"{quoted}"\n', encoding="utf-8")
    samples = read_samples(tmp_path / "a.csv")
    assert (samples.level, samples.names, samples.problems) == ("crystal", ["x", "y"], [None, None])


def test_crystals_beside_formulas_become_compositions(folder: Path, tmp_path: Path) -> None:
    cif = next((folder / "known").glob("NaCl*")).read_text(encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps([cif, "KBr"]), "utf-8")
    samples = read_samples(tmp_path / "a.json")
    assert samples.mixed
    assert samples.level == "composition"
    assert formulas(tmp_path / "a.json") == ["NaCl", "KBr"]


@pytest.mark.parametrize(("text", "words"), [("{", "no JSON"), ('{"a": 1}', "no list"), ("[]", "no materials")])
def test_json_without_materials_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_samples(tmp_path / "x.json")


def test_an_entry_without_a_formula_is_an_attempt_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"formula": "NaCl"}\n{"id": "x", "error": 1}\n', encoding="utf-8")
    samples = read_samples(tmp_path / "a.jsonl")
    assert samples.names == ["", "x"]
    assert samples.problems[1] is not None
    assert samples.problems[1].kind == "empty"
    with pytest.raises(UserError, match="no column 'material'"):
        read_samples(tmp_path / "a.jsonl", "material")


def test_a_table_without_formulas_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UserError, match="--column"):
        read_samples(tmp_path / "x.csv")


def test_structures_of_pymatgen_in_json(tmp_path: Path) -> None:
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    (tmp_path / "one.json").write_text(json.dumps(salt.as_dict()), encoding="utf-8")
    broken = {"lattice": {}, "sites": [{"xyz": "nowhere"}]}
    (tmp_path / "many.jsonl").write_text(
        "\n".join(json.dumps(one) for one in (salt.as_dict(), {"structure": salt.as_dict()}, broken)), encoding="utf-8"
    )
    (one,) = read_samples(tmp_path / "one.json").items
    assert isinstance(one, Crystal)
    assert one.composition.formula == "NaCl"
    many = read_samples(tmp_path / "many.jsonl")
    assert many.level == "crystal"
    assert [isinstance(item, Crystal) for item in many.items] == [True, True, False]
