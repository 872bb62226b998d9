from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR
from sekkei.materials.formula import SYMBOLS


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
    assert "NaN: 12, 14; the mean counts" in printed.err
    formulas = tmp_path / "new.txt"
    formulas.write_text("Fe5Ni5\nHgF2\n", encoding="utf-8")
    assert run(["predict", "materials", str(formulas), "-p", str(out), "--json"]) == EXIT_OK
    alloy, strange = json.loads(capsys.readouterr().out)
    assert alloy["hardness low"] < alloy["hardness [GPa]"] < alloy["hardness high"]
    assert alloy["hardness [GPa]"] == pytest.approx(26.0, abs=4.0)
    assert strange["hardness in_domain"] == "no"


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
