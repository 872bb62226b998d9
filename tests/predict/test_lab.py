from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pytest

from sekkei.campaign.plan import read
from sekkei.campaign.side import side
from sekkei.campaign.spec import campaign
from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR
from sekkei.materials.formula import SYMBOLS
from sekkei.predict.lab_table import read_lab
from sekkei.predict.shelf import load


def lab(path, n, extra=()):
    """Invented hardness of alloys: a sum over the elements, and whatever rows a careless table has."""
    random = np.random.default_rng(0)
    made = {}
    while len(made) < n:
        first, second = random.choice(np.arange(20, 50), size=2, replace=False)
        share = int(random.integers(1, 9))
        made[f"{SYMBOLS[first]}{share}{SYMBOLS[second]}{10 - share}"] = (share * first + (10 - share) * second) / 10.0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["composition", "hardness"])
        writer.writerows([*made.items(), *extra])


def finetune(source, out, *options):
    return run(["finetune", "materials", "--data", str(source), "--target", "hardness", "--out", str(out), *options])


def test_a_small_table_becomes_a_predictor_and_nothing_is_lost_in_silence(tmp_path, capsys):
    source, out = tmp_path / "lab.csv", tmp_path / "mine"
    lab(source, 120, [("Qq2O", "3"), ("Fe2O3", "very hard"), ("NaN", "12"), ("Na3N3", "14")])
    assert finetune(source, out, "--unit", "GPa", "--json") == EXIT_PARTIAL
    printed = capsys.readouterr()
    facts = json.loads(printed.out)
    assert [row["row"] for row in facts["unused_rows"]] == [121, 122]
    assert facts["objects"]["train"] == 121  # the two spellings of sodium nitride are one structure
    assert facts["held_out"]["mae"] < 0.5 * facts["held_out"]["mad"]
    assert facts["held_out"]["coverage"] == pytest.approx(0.9, abs=0.05)
    assert "'very hard'" in printed.err
    assert "NaN 12, Na3N3 14; the mean counts" in printed.err
    formulas = tmp_path / "new.txt"
    formulas.write_text("Fe5Ni5\nHgF2\n", encoding="utf-8")
    assert run(["predict", "materials", str(formulas), "-p", str(out), "--json"]) == EXIT_OK
    alloy, strange = json.loads(capsys.readouterr().out)
    assert alloy["hardness low"] < alloy["hardness [GPa]"] < alloy["hardness high"]
    assert alloy["hardness [GPa]"] == pytest.approx(26.0, abs=4.0)
    assert strange["hardness in_domain"] == "no"


def test_a_table_of_semicolons_with_decimal_commas_is_read_as_any_other(tmp_path):
    lab(tmp_path / "lab.csv", 60)
    text = (tmp_path / "lab.csv").read_text(encoding="utf-8").replace(",", ";").replace(".", ",")
    (tmp_path / "excel.csv").write_text(text, encoding="utf-8")
    plain, excel = (read_lab("materials", tmp_path / name, "hardness") for name in ("lab.csv", "excel.csv"))
    assert plain.texts == excel.texts
    np.testing.assert_array_equal(plain.values, excel.values)


def test_stereoisomers_are_one_structure_and_their_rows_are_named(tmp_path, capsys):
    rows = [f"{'C' * size}O,{size}" for size in range(1, 60)]
    rows += ["C[C@H](N)C(=O)O,1", "C[C@@H](N)C(=O)O,9"]
    (tmp_path / "lab.csv").write_text("\n".join(["smiles,activity", *rows]), encoding="utf-8")
    asked = ["finetune", "molecules", "--data", str(tmp_path / "lab.csv"), "--target", "activity"]
    assert run([*asked, "--out", str(tmp_path / "mine")]) == EXIT_OK
    said = capsys.readouterr().err
    assert "such as C[C@H](N)C(=O)O 1, C[C@@H](N)C(=O)O 9; the mean counts" in said
    assert "stereoisomers, isotopes and ions of one molecule are one structure" in said


def test_what_learned_nothing_says_so_wherever_it_is_used(tmp_path, capsys):
    lab(tmp_path / "lab.csv", 60)
    heading, *rows = (tmp_path / "lab.csv").read_text(encoding="utf-8").split()
    noise = np.random.default_rng(3).normal(size=len(rows))
    shuffled = [f"{row.split(',')[0]},{value:.3f}" for row, value in zip(rows, noise, strict=True)]
    (tmp_path / "noise.csv").write_text("\n".join([heading, *shuffled]), encoding="utf-8")
    assert finetune(tmp_path / "noise.csv", tmp_path / "mine") == EXIT_OK
    assert "do not act on it" in capsys.readouterr().err
    found = load("materials", str(tmp_path / "mine"))
    assert found.no_better
    assert "no better than a guess" in found.card
    (tmp_path / "new.txt").write_text("Fe2O3\n", encoding="utf-8")
    assert run(["predict", "materials", str(tmp_path / "new.txt"), "-p", str(tmp_path / "mine")]) == EXIT_OK
    assert "no better than a guess" in capsys.readouterr().err
    wish = {"domain": "materials", "level": "composition", "targets": ["hardness>=1"]}
    spec = campaign({**wish, "evaluators": [str(tmp_path / "mine")]})
    assert any("no better than a guess" in text for text in read(spec, side(spec.kind).load(spec)).warnings)


def test_coverage_of_a_small_table_is_judged_by_errors_that_did_not_make_the_intervals(tmp_path, capsys):
    lab(tmp_path / "lab.csv", 90)
    shares = []
    for seed in range(3):
        assert finetune(tmp_path / "lab.csv", tmp_path / str(seed), "--seed", str(seed), "--json") == EXIT_OK
        shares.append(json.loads(capsys.readouterr().out)["held_out"]["coverage"])
    circular = np.ceil(0.9 * 91) / 90  # what a quantile of the same ninety errors always holds
    assert any(share != pytest.approx(circular, abs=1e-4) for share in shares)
    assert np.mean(shares) == pytest.approx(0.9, abs=0.06)


def test_true_and_false_are_classes_and_a_heading_may_hold_a_comma(tmp_path, capsys):
    lab(tmp_path / "lab.csv", 60)
    heading, *rows = (tmp_path / "lab.csv").read_text(encoding="utf-8").splitlines()
    frame = pd.DataFrame([row.split(",") for row in rows], columns=heading.split(","))
    frame["Hard, or not"] = frame["hardness"].astype(float) > 30
    frame.to_csv(tmp_path / "lab.csv", index=False)
    words = ["--data", str(tmp_path / "lab.csv"), "--target", "Hard, or not", "--out", str(tmp_path / "mine")]
    assert run(["finetune", "materials", *words, "--task", "class"]) == EXIT_OK
    assert "'Hard, or not' is called hard_or_not" in capsys.readouterr().err
    assert json.loads((tmp_path / "mine" / "predictor.json").read_text(encoding="utf-8"))["measure"]["high"] == 1.0
    assert run(["finetune", "materials", *words[:-1], str(tmp_path / "other")]) == EXIT_USER_ERROR  # a number is asked
    assert "too little to learn from" in capsys.readouterr().err


def test_trees_alone_are_trained_once_and_stand_beside_nothing(tmp_path):
    lab(tmp_path / "lab.csv", 80)
    assert finetune(tmp_path / "lab.csv", tmp_path / "mine") == EXIT_OK
    card = (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")
    assert "LightGBM, 5 boosters of 250 trees" in card
    assert "judged by the same objects" not in card
    assert not (tmp_path / "mine" / "baseline").exists()


def test_classes_are_decided_by_most_rows_and_a_rare_one_can_be_learned(tmp_path, capsys):
    source, out = tmp_path / "lab.csv", tmp_path / "mine"
    rows = [(f"Fe{n}O{n + 1}", "0") for n in range(1, 80)] + [(f"Au{n}O", "1") for n in range(1, 6)]
    twice = [("LiO", "0"), ("LiO", "1"), ("LiO", "0"), ("KO", "0"), ("KO", "1")]
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("formula", "hardness"), *rows, *twice])
    assert finetune(source, out, "--task", "class", "--json") == EXIT_PARTIAL
    printed = capsys.readouterr()
    facts = json.loads(printed.out)
    assert facts["objects"]["train"] == len(rows) + 1
    assert [row["text"] for row in facts["unused_rows"]] == ["KO", "KO"]
    assert "LiO 0, LiO 1, LiO 0; most count" in printed.err
    (tmp_path / "new.txt").write_text("Au3O\nFe2O3\n", encoding="utf-8")
    assert run(["predict", "materials", str(tmp_path / "new.txt"), "-p", str(out), "--json"]) == EXIT_OK
    gold, iron = json.loads(capsys.readouterr().out)
    assert gold["hardness"] > iron["hardness"]
    assert iron["hardness high"] == 1.0  # of a class of five nothing can be ruled out


def test_a_class_too_rare_to_be_kept_aside_is_cross_validated(tmp_path):
    metals = [SYMBOLS[a] for a in range(18, 56)]
    many = [(f"{a}{b}{n}", "0") for a in metals[:20] for b in metals[20:30] for n in (2, 3, 4)]
    with (tmp_path / "more.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("formula", "hardness"), *many, *((f"Au{n}O", "1") for n in range(1, 12))])
    assert finetune(tmp_path / "more.csv", tmp_path / "other", "--task", "class") == EXIT_OK
    facts = json.loads((tmp_path / "other" / "predictor.json").read_text(encoding="utf-8"))["training"]
    assert facts["cross_validated"]
    assert facts["objects"]["train"] == 611


def test_headings_as_chemists_write_them_become_name_and_unit(tmp_path, capsys):
    lab(tmp_path / "lab.csv", 60)
    text = (
        (tmp_path / "lab.csv")
        .read_text(encoding="utf-8")
        .replace("composition,hardness", "formula,Vickers Hardness (GPa)")
    )
    (tmp_path / "lab.csv").write_text(text, encoding="utf-8")
    asked = ["finetune", "materials", "--data", str(tmp_path / "lab.csv"), "--target", "Vickers Hardness (GPa)"]
    assert run([*asked, "--out", str(tmp_path / "mine")]) == EXIT_OK
    assert "is called vickers_hardness [GPa]" in capsys.readouterr().err
    (tmp_path / "new.txt").write_text("Fe5Ni5\n", encoding="utf-8")
    assert run(["predict", "materials", str(tmp_path / "new.txt"), "-p", str(tmp_path / "mine"), "--json"]) == EXIT_OK
    row = json.loads(capsys.readouterr().out)[0]
    assert row["vickers_hardness low"] < row["vickers_hardness [GPa]"]
    assert row["input"] == "Fe5Ni5"
    (tmp_path / "new.txt").write_text("Fe5Ni5\n\nO3 Fe2\n", encoding="utf-8")
    asked = ["predict", "materials", str(tmp_path / "new.txt"), "-p", str(tmp_path / "mine")]
    assert run([*asked, "--out", str(tmp_path / "new.parquet")]) == EXIT_PARTIAL
    found = pd.read_parquet(tmp_path / "new.parquet")
    assert found["line"].tolist() == [1, 2, 3]
    assert (found["problem"] != "").tolist() == [False, True, False]
    assert found["vickers_hardness [GPa]"].isna().tolist() == [False, True, False]


def test_two_predictors_of_one_name_are_not_mixed(tmp_path, capsys):
    lab(tmp_path / "lab.csv", 60)
    for name in ("one", "two"):
        assert finetune(tmp_path / "lab.csv", tmp_path / name, "--unit", name) == EXIT_OK
    (tmp_path / "new.txt").write_text("Fe5Ni5\n", encoding="utf-8")
    both = f"{tmp_path / 'one'},{tmp_path / 'two'}"
    assert run(["predict", "materials", str(tmp_path / "new.txt"), "-p", both]) == EXIT_USER_ERROR
    assert "two predictors are named 'hardness'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("heading", "options", "words"),
    [
        ("composition,hardness", ["--low", "5", "--high", "1"], "5 is not below 1"),
        ("composition,hardness", ["--low", "0", "--high", "30"], "lie outside"),
        ("composition,hardness,hardness", [], "2 columns 'hardness'"),
        ("composition,hardness,composition", [], "2 columns 'composition'"),
        ("composition,line", ["--target", "line"], "'line' is what a column of every table is called"),
    ],
)
def test_columns_and_bounds_that_contradict_are_refused(tmp_path, capsys, heading, options, words):
    lab(tmp_path / "lab.csv", 60)
    _, *rows = (tmp_path / "lab.csv").read_text(encoding="utf-8").splitlines()
    more = ",1" * (heading.count(",") - 1)
    (tmp_path / "lab.csv").write_text("\n".join([heading, *(row + more for row in rows)]), encoding="utf-8")
    assert finetune(tmp_path / "lab.csv", tmp_path / "mine", *options) == EXIT_USER_ERROR
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("Fe2O3", "1")] * 100, "too little"),
        ([(f"Fe{n}O", "1.5") for n in range(1, 90)], "not all alike"),
        ([(f"Fe{n}O", "soft") for n in range(1, 90)], "too little"),
    ],
)
def test_tables_that_teach_nothing_are_refused(tmp_path, capsys, rows, words):
    source = tmp_path / "lab.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("formula", "hardness"), *rows])
    assert finetune(source, tmp_path / "mine") == EXIT_USER_ERROR
    assert words in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_wrong_options_are_refused(tmp_path, capsys):
    source = tmp_path / "lab.csv"
    lab(source, 60)
    assert finetune(source, tmp_path / "mine", "--method", "luck") == EXIT_USER_ERROR
    assert finetune(source, tmp_path) == EXIT_USER_ERROR
    capsys.readouterr()
    assert run(["finetune", "materials", "--data", str(source), "--target", "hardnes", "--out", "x"]) == EXIT_USER_ERROR
    assert "hardnes" in capsys.readouterr().err
