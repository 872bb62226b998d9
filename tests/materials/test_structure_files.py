from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekkei.core.errors import UserError
from sekkei.materials.crystal import MAX_SITES, cif
from sekkei.materials.structure_files import passed_over, read_crystals

POSCAR = "salt\n1.0\n4 0 0\n0 4 0\n0 0 4\nNa Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"
FRAME = '2\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 id=first pbc="T T T"\nNa 0 0 0\nCl 2 2 2\n'
ROW = {
    "material_id": ["mp-1", None, "bad"],
    "a": [4.0, 4.0, 4.0],
    "b": [4.0, None, 4.0],
    "c": [4.0, 4.0, 4.0],
    "alpha": [90.0, 90.0, 5.0],
    "beta": [90.0, 90.0, 90.0],
    "gamma": [90.0, 90.0, 5.0],
    "numbers": [[11, 17], [11, 17], [11]],
    "frac_coords": [[0, 0, 0, 0.5, 0.5, 0.5], [0.0] * 6, [0.0] * 3],
}


def formulas(path):
    return [(line.line, line.name, line.item.composition.formula if line.item else line.problem.kind)
            for line in read_crystals(path)]  # fmt: skip


def test_a_folder_is_read_whole_with_its_broken_files(tmp_path, rocksalt, diamond):
    (tmp_path / "a.cif").write_text(cif(rocksalt))
    (tmp_path / "b.cif").write_text("data_broken\n_cell_length_a x\n")
    (tmp_path / "c.cif.gz").write_bytes(gzip.compress(cif(diamond).encode()))
    (tmp_path / "d.cif.gz").write_bytes(b"not packed")
    (tmp_path / "e.cif").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "POSCAR_1").write_text(POSCAR)
    (tmp_path / "notes.txt").write_text("no structure")
    found = formulas(tmp_path)
    assert [kind for _, _, kind in found] == ["NaCl", "NaCl", "syntax", "C", "file", "file"]
    assert [line for line, _, _ in found] == [1, 2, 3, 4, 5, 6]
    assert found[0][1] == "POSCAR_1"
    assert found[1][1] == "NaCl (a.cif)"  # files of a folder may all name their structure alike
    assert found[2][1] == "broken (b.cif)"


def test_several_blocks_of_a_cif_are_several_structures(tmp_path, rocksalt, diamond):
    path = tmp_path / "two.cif"
    path.write_text(cif(rocksalt) + cif(diamond) + "data_empty\n")
    assert formulas(path) == [(1, "NaCl", "NaCl"), (2, "C", "C"), (3, "empty", "syntax")]


def test_a_global_block_without_atoms_is_no_structure(tmp_path, rocksalt):
    path = tmp_path / "published.cif"
    path.write_text("data_global\n_journal_name_full 'Acta Cryst.'\n" + cif(rocksalt))
    assert formulas(path) == [(1, "NaCl", "NaCl")]
    path.write_text(cif(rocksalt).replace("data_NaCl", "data_global"))
    assert formulas(path) == [(1, "global", "NaCl")]


def test_what_a_folder_holds_beside_structures_is_counted(tmp_path, rocksalt):
    (tmp_path / "a.cif").write_text(cif(rocksalt))
    assert passed_over(tmp_path) == (0, 0)
    (tmp_path / "notes.txt").write_text("no structure")
    (tmp_path / "more.cif").mkdir()
    (tmp_path / "more.cif" / "b.cif").write_text(cif(rocksalt))
    assert passed_over(tmp_path) == (1, 1)
    assert passed_over(tmp_path / "a.cif") == (0, 0)
    assert len(formulas(tmp_path)) == 1


def test_extended_xyz(tmp_path):
    path = tmp_path / "gen.extxyz"
    loose = "1\nno lattice here\nNa 0 0 0\n"
    wrong = FRAME.replace("Cl 2 2 2", "Cl 2 x 2").replace("first", "second")
    unknown = FRAME.replace("Cl 2", "Qq 2")
    large = f"{MAX_SITES + 1}\ncomment\n" + "Na 0 0 0\n" * (MAX_SITES + 1)
    path.write_text(FRAME + loose + wrong + unknown + large + FRAME + "3\ncut\nNa 0 0 0\n")
    found = formulas(path)
    assert [kind for _, _, kind in found] == [
        "NaCl", "no_lattice", "syntax", "syntax", "too_large", "NaCl", "syntax"
    ]  # fmt: skip
    assert found[0][1] == "first"


def test_what_is_no_frame_ends_the_file_with_a_reason(tmp_path):
    path = tmp_path / "gen.xyz"
    for head in ("\u00b2", "-1", "two"):
        path.write_text(FRAME + head + "\nx\n", encoding="utf-8")
        assert [kind for _, _, kind in formulas(path)] == ["NaCl", "syntax"]


def test_parquet(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(ROW), path)
    assert formulas(path) == [(1, "mp-1", "NaCl"), (2, "t.parquet", "empty"), (3, "bad", "flat_cell")]
    pq.write_table(pa.table({"a": [1.0]}), path)
    with pytest.raises(UserError, match="has no columns b, c"):
        formulas(path)


def test_poscar(tmp_path):
    for name in ("POSCAR", "x.vasp", "CONTCAR.gz"):
        packed = gzip.compress(POSCAR.encode()) if name.endswith(".gz") else POSCAR.encode()
        (tmp_path / name).write_bytes(packed)
        assert formulas(tmp_path / name) == [(1, name, "NaCl")]


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.cif").write_text("")
    for path, words in (
        (tmp_path / "a.txt", "unknown kind"),
        (tmp_path / "absent.cif", "no such file"),
        (tmp_path / "a.cif", "holds no structures"),
    ):
        with pytest.raises(UserError, match=words):
            formulas(path)
    (tmp_path / "a.cif").unlink()
    with pytest.raises(UserError, match="holds no structures"):
        formulas(tmp_path)


def test_the_real_tables_are_read(data_file):
    for name in ("mp20_structures", "mpts52_structures", "perov5_structures", "carbon24_structures"):
        for place, line in enumerate(read_crystals(data_file(f"crystals/{name}.parquet"))):
            assert line.problem is None
            assert line.name
            if place == 200:
                break
