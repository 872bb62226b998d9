"""``sekkei relax``, ``hull`` and ``view``: good rows, bad rows, streams and exit codes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import cif, crystal
from sekkei.materials.structure_files import read_crystals

SALT = "225 Na:a Cl:b | 5.70"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One sound crystal and one of each kind of trouble."""
    inside = tmp_path / "in"
    inside.mkdir()
    salt = cif(read_symmetric(SALT).crystal())
    large = crystal(np.eye(3) * 25, [14] * 500, np.random.default_rng(0).random((500, 3)))
    texts = {
        "a_salt": salt,
        "b_broken": "data_x\n_cell_length_a 3\n_atom_site_label\nnonsense\n",
        "c_partial": salt.replace("  1\n", "  0.5\n"),
        "d_overlap": cif(crystal(np.eye(3) * 4, [6, 6], [[0, 0, 0], [0.05, 0, 0]])),
        "e_large": cif(large),
        "f_polonium": cif(read_symmetric("221 Po:a | 3.36").crystal()),
        "g_isolated": cif(crystal(np.eye(3) * 12, [6], [[0, 0, 0]])),
        "h_exploding": cif(read_symmetric("225 Na:a Cl:b | 3.10").crystal()),
    }
    for name, text in texts.items():
        (inside / f"{name}.cif").write_text(text, encoding="utf-8")
    return inside


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_relax_keeps_every_row_and_hull_takes_what_it_wrote(folder, tmp_path, capsys):
    out = tmp_path / "relaxed.extxyz"
    assert run(["relax", str(folder), "--out", str(out), "--steps", "8", "--fmax", "0.1", "--json"]) == EXIT_PARTIAL
    printed = capsys.readouterr()
    table = json.loads(printed.out)
    kinds = [row["problem"].split(":")[0] for row in table]
    assert kinds == ["", "syntax", "disorder", "overlap", "too_large", "element", "isolated", "volume"]
    assert "7 of 8 rows have a problem" in printed.err
    salt, exploded = table[0], table[-1]
    assert salt["converged"] == "yes"
    assert (salt["spacegroup_before"], salt["spacegroup_after"]) == (225, 225)
    assert salt["rmsd [Angstrom]"] < 1e-3
    assert salt["max_force [eV/Angstrom]"] < 0.1
    assert exploded["converged"] == "no"
    assert exploded["steps"] > 0
    assert len(rows_of(tmp_path / "relaxed.csv")) == 8

    references = tmp_path / "reference.csv"
    references.write_text("formula,energy_per_atom\nNa,-1.3\nCl,-2.0\n", encoding="utf-8")
    placed = tmp_path / "hull.csv"
    assert run(["hull", str(out), "--reference", str(references), "--out", str(placed)]) == EXIT_PARTIAL
    rows = rows_of(placed)
    assert [row["formula"] for row in rows] == ["NaCl", "NaCl"]
    assert [row["problem"].split(":")[0] for row in rows] == ["", "volume"]  # what broke off has no place
    expected = salt["energy_per_atom [eV/atom]"] + 1.65
    assert float(rows[0]["e_above_hull [eV/atom]"]) == pytest.approx(expected, abs=1e-5)
    assert rows[0]["decomposes_into"] == "Cl + Na"
    assert [row["lowest_of_formula"] for row in rows] == ["yes", ""]
    assert run(["hull", str(out.with_suffix(".csv")), "--reference", str(references), "--json"]) == EXIT_PARTIAL
    told = [row["problem"].split(":")[0] for row in json.loads(capsys.readouterr().out)]
    assert told == kinds
    assert next(row["name"] for row in rows_of(out.with_suffix(".csv"))) == "NaCl (a_salt.cif)"


def test_a_folder_is_not_relaxed_into_what_is_read_from_it(folder, capsys):
    out = folder / "relaxed.extxyz"
    out.write_text("kept", encoding="utf-8")
    assert run(["relax", str(folder), "--out", str(out)]) == EXIT_USER_ERROR
    assert "is in the folder that is read" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "kept"


def test_hull_without_a_reference_takes_the_one_that_ships_and_refuses_other_energies(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SEKKEI_DATA", str(tmp_path / "none"))
    asked, out = tmp_path / "asked.csv", tmp_path / "hull.csv"
    asked.write_text(
        "formula,energy_per_atom [eV/atom],potential\nNaCl,-3.0,chgnet\nNaCl,-3.1,chgnet\n", encoding="utf-8"
    )
    assert run(["hull", str(asked), "--out", str(out)]) == EXIT_OK
    assert "chgnet.csv" in capsys.readouterr().err
    rows = rows_of(out)
    assert [row["lowest_of_formula"] for row in rows] == ["no", "yes"]
    assert 0 < float(rows[0]["e_above_hull [eV/atom]"]) < 1
    for text, words in (
        ("formula,formation_energy\nNaCl,-2.0\n", "formation energies"),
        ("formula,energy_per_atom,potential\nNaCl,-3.0,mace\n", "energies of mace"),
        ("formula,energy_per_atom\nNaCl,\n", "no energy"),
    ):
        asked.write_text(text, encoding="utf-8")
        assert run(["hull", str(asked)]) == EXIT_USER_ERROR
        assert words in capsys.readouterr().err
    frame = '1\nLattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3 energy_per_atom=-1.0{}\nNa 0 0 0\n'
    (tmp_path / "a.extxyz").write_text(frame.format(""), encoding="utf-8")
    assert run(["hull", str(tmp_path / "a.extxyz")]) == EXIT_OK
    assert "does not say whose" in capsys.readouterr().err
    (tmp_path / "a.extxyz").write_text(frame.format(" potential=mace"), encoding="utf-8")
    assert run(["hull", str(tmp_path / "a.extxyz")]) == EXIT_USER_ERROR


def test_a_killed_relax_goes_on_and_does_nothing_twice(folder, tmp_path, capsys):
    for edge in range(6):
        text = cif(read_symmetric(f"225 Na:a Cl:b | {5.4 + 0.1 * edge:.2f}").crystal())
        (folder / f"i_salt{edge}.cif").write_text(text, encoding="utf-8")
    options = ["relax", str(folder), "--steps", "6", "--fmax", "0.001", "--out"]
    out, part = tmp_path / "relaxed.extxyz", tmp_path / "relaxed.extxyz.part"
    killed = subprocess.Popen([sys.executable, "-m", "sekkei", *options, str(out)], stderr=subprocess.DEVNULL)
    while killed.poll() is None and not (part.exists() and part.read_text(encoding="utf-8").count("\n") >= 8):
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    assert not out.exists()
    first, *others = part.read_text(encoding="utf-8").splitlines()
    assert "structures" in json.loads(first)
    marked = [json.dumps([json.loads(line)[0], {**json.loads(line)[1], "seconds": 77.0}]) for line in others[:7]]
    part.write_text("\n".join([first, *marked, '[9, {"conv']), encoding="utf-8")

    assert run([*options, str(out)]) == EXIT_USER_ERROR
    assert "add --resume" in capsys.readouterr().err
    assert run([*options, str(out), "--resume", "--fmax", "0.2"]) == EXIT_USER_ERROR
    assert "limits" in capsys.readouterr().err
    assert run([*options, str(out), "--resume"]) == EXIT_PARTIAL
    assert not part.exists()
    whole = tmp_path / "whole.extxyz"
    assert run([*options, str(whole)]) == EXIT_PARTIAL
    rows, expected = rows_of(out.with_suffix(".csv")), rows_of(whole.with_suffix(".csv"))
    assert len(rows) == 14
    assert sum(row["seconds"] == "77.0" for row in rows) == 7  # what was kept, not a second relaxation
    assert [{**row, "seconds": ""} for row in rows] == [{**row, "seconds": ""} for row in expected]
    for one, other in zip(read_crystals(out), read_crystals(whole), strict=True):
        np.testing.assert_array_equal(one.item.positions, other.item.positions)


def test_hull_keeps_bad_rows_and_refuses_mixed_frames(tmp_path, capsys):
    asked, reference = tmp_path / "asked.csv", tmp_path / "reference.csv"
    asked.write_text("formula,formation_energy\nLiFeO2,-1.7\nXx2,-1\nLiFeO2,\n", encoding="utf-8")
    reference.write_text("formula,formation_energy\nLi2O,-2.0\nFe2O3,-1.7\n", encoding="utf-8")
    assert run(["hull", str(asked), "--reference", str(reference), "--json"]) == EXIT_PARTIAL
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["e_above_hull [eV/atom]"] == pytest.approx(0.1125)
    assert rows[0]["decomposes_into"] == "0.5 Fe2O3 + 0.5 Li2O"
    assert [row["problem"].split(":")[0] for row in rows] == ["", "element", "no_energy"]
    reference.write_text("formula,energy_per_atom\nLi2O,-2.0\n", encoding="utf-8")
    assert run(["hull", str(asked), "--reference", str(reference)]) == EXIT_USER_ERROR
    assert "one frame" in capsys.readouterr().err


def test_view_draws_what_can_be_read_and_lists_the_rest(folder, tmp_path, capsys):
    out = tmp_path / "view.html"
    assert run(["view", str(folder), "--out", str(out), "--json"]) == EXIT_PARTIAL
    told = json.loads(capsys.readouterr().out)
    assert (told["drawn"], len(told["problems"]), told["more"]) == (6, 2, False)
    page = out.read_text(encoding="utf-8")
    assert page.count("<canvas") == 0
    assert page.count("data-scene=") == 6
    assert "partly occupied" in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["relax", "absent.cif", "--out", "x.extxyz"], ["absent.cif"]),
        (["relax", "absent.cif", "--out", "x.cif"], [".extxyz"]),
        (["relax", "{salt}", "--out", "x.extxyz", "--potential", "chgnett"], ["chgnett", "chgnet"]),
        (["relax", "{salt}", "--out", "x.extxyz", "--fmax", "0"], ["--fmax"]),
        (["relax", "{salt}", "--out", "x.extxyz", "--workers", "0"], ["--workers"]),
        (["hull", "absent.csv", "--reference", "absent.csv"], ["absent.csv"]),
        (["view", "{salt}", "--most", "0"], ["--most"]),
        (["view", "absent.cif", "--out", "x.html"], ["absent.cif"]),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(arguments, words, folder, capsys):
    salt = str(folder / "a_salt.cif")
    assert run([argument.format(salt=salt) for argument in arguments]) == EXIT_USER_ERROR
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert all(word in printed.err for word in words)


def test_generate_writes_frames_a_table_and_cifs(tiny_crystals, tmp_path, capsys):
    common = ["generate", "materials", "--level", "crystal", "--model", str(tiny_crystals), "-n", "6"]
    out = tmp_path / "gen.extxyz"
    assert run([*common, "--composition", "SrTiO3", "--spacegroup", "221,62", "--out", str(out)]) == EXIT_OK
    rows = rows_of(out.with_suffix(".csv"))
    found = list(read_crystals(out))
    assert [row["name"] for row in rows] == [line.name for line in found]
    assert {row["formula"] for row in rows} == {line.item.composition.formula for line in found} == {"SrTiO3"}
    assert {row["spacegroup"] for row in rows} <= {"221", "62"}
    assert all(row["novelty"].startswith(("known", "polymorph of a known")) for row in rows)
    assert "attempts" in capsys.readouterr().err
    cifs = tmp_path / "cifs"
    assert run([*common, "--system", "Li-O", "--profile", "none", "--out", str(cifs)]) == EXIT_OK
    assert len(list(cifs.glob("*.cif"))) == 6
    assert run([*common, "--out", str(cifs)]) == EXIT_USER_ERROR  # no old CIF stays among new ones
    assert {line.item.composition.system for line in read_crystals(cifs)} == {"Li-O"}
    capsys.readouterr()
    code = run([*common, "--exclude", "O", "--raw", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert len(printed["crystals"]) == printed["attempts"] == 6
    assert code == (EXIT_PARTIAL if printed["lost"] else EXIT_OK)


def test_energies_of_another_potential_find_no_place_on_the_hull_of_the_materials_project(tmp_path, capsys):
    table = tmp_path / "mine.csv"
    table.write_text("formula,energy_per_atom,potential\nNaCl,-3.38,sevennet\n", encoding="utf-8")
    assert run(["hull", str(table), "--reference", "mp"]) == EXIT_USER_ERROR
    assert "sevennet are not in the frame" in capsys.readouterr().err


def test_known_structure_types_of_a_composition(capsys, tmp_path):
    words = [
        "generate",
        "materials",
        "--composition",
        "SrTiO3",
        "--model",
        "prototypes",
        "--out",
        str(tmp_path / "s.extxyz"),
    ]
    assert run([*words, "--json"]) == EXIT_OK
    printed = json.loads(capsys.readouterr().out)
    first = printed["crystals"][0]
    assert (first["spacegroup"], first["atoms"], first["formula"]) == (221, 5, "SrTiO3")
    assert first["line"].startswith("221 Sr:a Ti:b O:c | ")
    assert len(list(read_crystals(tmp_path / "s.extxyz"))) == len(printed["crystals"]) > 5
    assert all(row["formula"] == "SrTiO3" and not row["problem"] for row in printed["crystals"])


def test_structures_of_ones_own_are_structure_types_too(capsys, tmp_path):
    for name, line in (("odd", "129 K:c Cl:c O:c | 5.00 9.00 K@.100 Cl@.350 O@.700"), ("salt", "225 Na:a Cl:b | 5.64")):
        (tmp_path / f"{name}.cif").write_text(cif(read_symmetric(line).crystal()), encoding="utf-8")
    words = ["generate", "materials", "--composition", "RbBrO", "--profile", "none", "--model", "prototypes", "--json"]
    assert run(words) == EXIT_OK
    before = [row["line"] for row in json.loads(capsys.readouterr().out)["crystals"]]
    assert run([*words, "--prototypes", str(tmp_path)]) == EXIT_OK
    told = capsys.readouterr()
    printed = json.loads(told.out)
    added = {row["line"] for row in printed["crystals"]} - set(before)
    assert added
    assert all(line.startswith("129 ") for line in added)
    assert f"{tmp_path.name} adds 1 prototypes to AFLOW's; 1 are of a type that is there already" in told.err
    assert printed["model"] == f"AFLOW prototypes and {tmp_path.name}"


@pytest.mark.parametrize(
    "options",
    [
        ["--model", "prototypes"],
        ["--model", "prototypes", "--composition", "SrTiO3", "--target", "band_gap=2"],
        ["--model", "prototypes", "--composition", "Sr17Ti4O3"],
        ["--model", "prototypes", "--composition", "SrTiO3", "--prototypes", "missing.cif"],
        ["--level", "crystal", "--prototypes", "missing.cif"],
        ["--level", "composition", "--prototypes", "missing.cif"],
        ["--level", "crystal", "--spacegroup", "Fm-3m"],
        ["--level", "crystal", "--beam", "3"],
        ["--composition", "NaCl2"],
        ["--composition", "Og2O"],
        ["--out", "missing/gen.extxyz"],
        ["--level", "crystal", "--out", "gen.pdb"],
        ["--level", "crystal", "--formula-pattern", "ABX3"],
        ["--level", "prototype"],
        ["--level", "composition", "--composition", "SrTiO3"],
    ],
)
def test_generate_refuses_what_means_nothing(options, tiny_crystals, capsys):
    assert run(["generate", "materials", "--model", str(tiny_crystals), *options]) == EXIT_USER_ERROR
    assert capsys.readouterr().err.startswith("sekkei: ")


def test_train_makes_a_model_of_crystals(crystal_file, tmp_path, capsys):
    out = tmp_path / "own"
    options = ["--data", str(crystal_file), "--out", str(out), "--total", "16", "--batch", "8", "--refine", "0"]
    options += ["--rules", "1"]
    assert run(["train", "materials", *options, "--json"]) == EXIT_OK
    assert json.loads(capsys.readouterr().out)["training"]["parameters"] < 3_000_000
    assert run(["train", "materials", "--level", "prototype", "--out", str(tmp_path / "x")]) == EXIT_USER_ERROR
    assert run(["models", "show", str(out)]) == EXIT_OK
    assert "e_above_hull" in capsys.readouterr().out
