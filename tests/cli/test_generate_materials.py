"""``sekkei generate materials``: what it writes and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR

WORDS = ("generate", "materials", "--level", "composition")


def test_it_writes_a_table_that_keeps_the_constraints_and_repeats_itself(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        asked = ("-n", "30", "--seed", "4", "--contains", "Li,O", "--max-elements", "4", "--out", str(tmp_path / name))
        assert run([*WORDS, *asked]) == EXIT_OK
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert len({row["reduced_formula"] for row in rows}) == 30
    assert all("Li" in row["formula"] and "O" in row["formula"] and row["balanced"] == "yes" for row in rows)
    assert {row["novelty"] for row in rows} == {"known", "new"}


def test_json_names_model_seed_and_constraints(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WORDS, "-n", "3", "--beam", "3", "--formula-pattern", "ABX3", "--json"]) == EXIT_OK
    printed = json.loads(capsys.readouterr().out)
    assert printed["model"] == "matgpt"
    assert "of the type ABX3" in printed["constraints"]
    assert [row["type"] for row in printed["compositions"]] == ["ABC3"] * 3


def test_a_system_with_few_formulas_gives_fewer_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WORDS, "-n", "50", "--system", "Na-Cl", "--profile", "electronegativity_balanced"]) == EXIT_PARTIAL
    assert "found" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--exclude", "Xx", "no element 'Xx'"),
        ("--exclude", "lead", "did you mean Pb?"),
        ("--out", "x.extxyz", "written as CSV"),
        ("--profile", "smakt", "did you mean 'smact'"),
        ("--target", "band_gap=90", "covers band_gap"),
        ("--target", "gap=2", "unknown property"),
        ("--formula-pattern", "A0B", "cannot be read"),
        ("--spacegroup", "225", "for crystals"),
        ("--model", "moses", "model of molecules"),
    ],
)
def test_what_it_refuses(capsys: pytest.CaptureFixture[str], option: str, value: str, words: str) -> None:
    assert run([*WORDS, "-n", "1", option, value]) == EXIT_USER_ERROR
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
