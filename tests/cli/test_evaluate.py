"""``sekkei evaluate``: files written, tables printed, refusals of one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR


@pytest.fixture
def files(tmp_path: Path, smiles: list[str]) -> Path:
    (tmp_path / "gen.smi").write_text("\n".join([*smiles, "C1CC"]), encoding="utf-8")
    (tmp_path / "ref.smi").write_text("CCO\nCCN\nc1ccccc1C\nCC(=O)O\n", encoding="utf-8")
    (tmp_path / "bad.smi").write_text("C1CC\nnothing\n", encoding="utf-8")
    return tmp_path


def evaluate(files: Path, name: str, *more: str) -> int:
    return run(
        ["evaluate", "molecules", str(files / name), "--reference", str(files / "ref.smi"), "--workers", "1", *more]
    )


def test_table_files_and_comparison(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(files, "gen.smi", "--out", str(files / "a")) == EXIT_OK
    printed = capsys.readouterr()
    assert "FCD/reference" in printed.out
    assert "ring_closure 1" in printed.out
    assert "warning: Only" in printed.err
    assert (files / "a" / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    kept = json.loads((files / "a" / "metrics.json").read_text(encoding="utf-8"))
    assert kept["attempts"] == 31
    assert evaluate(files, "ref.smi", "--train", str(files / "ref.smi"), "--out", str(files / "b")) == EXIT_OK
    capsys.readouterr()
    assert run(["evaluate", "compare", str(files / "a"), str(files / "b"), "--json"]) == EXIT_OK
    printed = capsys.readouterr()
    both = json.loads(printed.out)
    assert both["labels"] == ["a", "b"]
    assert both["figures"]["valid"][1]["value"] == 1.0
    assert "attempts differs" in printed.err
    assert run(["evaluate", "compare", str(files / "a"), str(files / "b")]) == EXIT_OK
    assert "unreadable" in capsys.readouterr().out


def test_all_invalid_is_a_partial_result_in_words(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(files, "bad.smi", "--json") == EXIT_PARTIAL
    printed = capsys.readouterr()
    assert json.loads(printed.out)["unreadable"]["share"] == 1.0
    assert "not one sample is a molecule" in printed.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "molecules", "absent.smi", "--reference", "absent.smi"], "absent.smi"),
        (["evaluate", "molecules", "absent.xyz"], "unknown kind"),
        (["evaluate", "compare", "absent"], "absent"),
        (["evaluate", "molecules", "absent.smi", "--set-size", "1"], "--set-size"),
        (["evaluate", "materials", "absent.csv", "--reference", "absent.csv"], "absent.csv"),
        (["evaluate", "materials", "absent.csv"], "--reference"),
    ],
)
def test_refusals_are_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == EXIT_USER_ERROR
    line = capsys.readouterr().err
    assert words in line
    assert line.count("\n") == 1
