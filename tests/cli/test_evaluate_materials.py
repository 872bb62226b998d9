"""``sekkei evaluate materials``: compositions, frames and folders as a user has them, and their comparison."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.extxyz import write_extxyz
from sekkei.materials.files import write_cifs

EDGES = {"NaCl": ([11, 17], 3.4), "CsCl": ([55, 17], 4.12), "NiAl": ([28, 13], 2.88), "KBr": ([19, 35], 3.9)}


def caesium_chloride(name: str) -> Crystal:
    numbers, edge = EDGES[name]
    item = crystal(np.eye(3) * edge, numbers, np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]]))
    assert isinstance(item, Crystal)
    return item


@pytest.fixture
def files(tmp_path: Path) -> Path:
    items = [caesium_chloride(name) for name in ("NaCl", "NaCl", "KBr")]
    write_extxyz(tmp_path / "gen.extxyz", items, [{"name": f"x{row}"} for row in range(3)])
    write_cifs(tmp_path / "gen", items, ["a", "b", "c"])
    (tmp_path / "gen" / "broken.cif").write_text("data_x\n_cell_length_a 4\n", encoding="utf-8")
    (tmp_path / "gen" / "nothing.cif").write_text("", encoding="utf-8")
    write_cifs(tmp_path / "known", [caesium_chloride(name) for name in ("CsCl", "NiAl", "NaCl")], ["1", "2", "3"])
    (tmp_path / "gen.csv").write_text('formula\nNaCl\nKBr\nXx2\n""\n', encoding="utf-8")
    (tmp_path / "known.csv").write_text("formula\nNaCl\nLiF\nMgO\n", encoding="utf-8")
    (tmp_path / "hull.csv").write_text(
        "name,formula,e_above_hull [eV/atom]\nx0,NaCl,0.0\nx1,NaCl,0.0\nx2,KBr,0.05\n", encoding="utf-8"
    )
    return tmp_path


def evaluate(files: Path, name: str, reference: str, *more: str) -> int:
    words = ["evaluate", "materials", str(files / name), "--reference", str(files / reference), "--workers", "1"]
    return run([*words, *more])


def figures(folder: Path) -> dict[str, float]:
    told = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return {figure["name"]: figure["value"] for figure in told["figures"]}


def test_table_and_files_of_compositions(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(files, "gen.csv", "known.csv", "--out", str(files / "a"), "--with-baselines") == EXIT_OK
    printed = capsys.readouterr()
    for words in ("gen.csv: 4 attempts; unreadable 2 (50.00%)", "element 1", "empty 1", "ion_substitution", "random"):
        assert words in printed.out
    assert "Not measured: stability, S.U.N. and M.S.U.N." in printed.err
    assert "--energies" in printed.err
    found = figures(files / "a")
    assert found["unreadable"] == 0.5
    assert found["novel_formula"] == 0.5
    assert "cov_recall" in found or "cov_recall/composition" in found
    assert (files / "a" / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_folder_of_cif_with_broken_and_empty_files_loses_none(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(files, "gen", "known", "--json") == EXIT_OK
    told = json.loads(capsys.readouterr().out)
    assert told["attempts"] == 5
    assert told["unreadable"]["count"] == 2
    assert told["unreadable"]["reasons"] == {"syntax": 1, "empty": 1}
    assert told["unreadable"]["examples"]["empty"].startswith("nothing.cif")


def test_frames_with_the_energies_that_hull_wrote(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    energies = ("--energies", str(files / "hull.csv"), "--hull", "MP", "--potential", "CHGNet")
    assert evaluate(files, "gen.extxyz", "known", *energies, "--out", str(files / "a")) == EXIT_OK
    found = figures(files / "a")
    assert (found["stable"], found["SUN"]) == (pytest.approx(2 / 3), 0.0)  # the stable ones are known
    assert found["MSUN"] == pytest.approx(1 / 3)
    capsys.readouterr()
    for rows, words in (("NaCl,0\n", "1 rows for 3 samples"), ("NaCl,0\nKBr,0\nKBr,0\n", "row 2 is KBr")):
        (files / "other.csv").write_text(f"formula,energy_above_hull\n{rows}", encoding="utf-8")
        assert evaluate(files, "gen.extxyz", "known", "--energies", str(files / "other.csv")) == EXIT_USER_ERROR
        assert words in capsys.readouterr().err
    assert evaluate(files, "gen.extxyz", "known", "--energies", str(files / "known.csv")) == EXIT_USER_ERROR
    assert "no column e_above_hull" in capsys.readouterr().err


def test_two_evaluations_side_by_side(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(files, "gen.csv", "known.csv", "--out", str(files / "a"))
    evaluate(files, "known.csv", "known.csv", "--profile", "wyformer", "--out", str(files / "b"))
    capsys.readouterr()
    assert run(["evaluate", "compare", str(files / "a"), str(files / "b"), "--json"]) == EXIT_OK
    printed = capsys.readouterr()
    both = json.loads(printed.out)
    assert [one["value"] for one in both["figures"]["novel_formula"]] == [0.5, 0.0]
    assert all("low" in one for one in both["figures"]["valid"])
    assert "profile differs" in printed.err
    assert "attempts differs (a 4, b 3)" in printed.err
    assert run(["evaluate", "compare", str(files / "a"), str(files / "b")]) == EXIT_OK
    assert "comp_valid/cdvae" in capsys.readouterr().out


def test_all_broken_is_a_partial_result_and_an_empty_file_a_refusal(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "bad.csv").write_text("formula\nXx\n(FeO\n", encoding="utf-8")
    assert evaluate(files, "bad.csv", "known.csv") == EXIT_PARTIAL
    assert "not one sample is a material" in capsys.readouterr().err
    (files / "empty.csv").write_text("", encoding="utf-8")
    assert evaluate(files, "empty.csv", "known.csv") == EXIT_USER_ERROR
    assert "is empty" in capsys.readouterr().err
