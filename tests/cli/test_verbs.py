"""The command line: what goes to which stream, exit codes, and refusals of one line."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR
from sekkei.molecules.properties import PROPERTIES
from sekkei.version import __version__


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line a refused command prints."""
    assert run(arguments) == EXIT_USER_ERROR
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("sekkei: ")
    return printed.err


def test_version_in_words_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["version"]) == EXIT_OK
    assert capsys.readouterr().out == f"{__version__}\n"
    assert run(["version", "--json"]) == EXIT_OK
    assert json.loads(capsys.readouterr().out) == {"version": __version__}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["desing"], ["desing", "design"]),
        (["design", "molecules", "--tagret", "logp=2"], ["--tagret", "--target"]),
        (["design", "molecules", "--target", "logp=2"], ["--out"]),
        (["design", "molecules", "--out", "x", "-n", "many"], ["-n", "integer"]),
        (["design", "molecules", "--out", "x", "-n", "0"], ["n", "0"]),
        (["design", "molecules", "--out", "x", "--max-sa", "11"], ["max_sa", "10"]),
        (["design", "molecules", "--out", "x", "--config", "absent.toml"], ["absent.toml"]),
        (["design", "materials", "--out", "x", "--exclude", "Pbb"], ["Pbb", "did you mean"]),
        (["design", "materials", "--out", "x", "--contains", "Li", "--exclude", "Li"], ["Li", "excluded"]),
        (["design", "materials", "--out", "x", "--system", "Li-P-S", "--max-elements", "2"], ["3", "2"]),
        (
            ["design", "materials", "--out", "x", "--level", "composition", "--formula-pattern", "ab"],
            ["pattern", "ABX3"],
        ),
        (["design", "materials", "--out", "x", "--profile", "smat"], ["did you mean 'smact'"]),
        (["design", "materials", "--out", "x", "--level", "crystals"], ["level", "'crystal' or 'composition'"]),
        (["design", "materials", "--out", "x", "--generator", "magic"], ["generators", "exchange"]),
        (["score", "materials", "absent.txt", "-e", "cost"], ["absent.txt"]),
        (["generate", "molecules", "-n", "0"], ["n", "0"]),
        (["generate", "molecules", "--beam", "5", "--raw"], ["--raw", "--beam"]),
        (["generate", "molecules", "--temperature", "0"], ["temperature"]),
        (["generate", "molecules", "--model", "no-such-model"], ["no-such-model"]),
        (["score", "molecules", "absent.smi", "-e", "qed"], ["absent.smi"]),
        (["score", "molecules", "absent.smi", "-e", ","], ["-e"]),
        (["train", "molecules", "--data", "mosess", "--out", "x"], ["mosess", "did you mean 'moses'"]),
        (["train", "molecules", "--data", "moses", "--out", "x", "--total", "0"], ["total", "1 or more"]),
        (["train", "molecules", "--data", "moses", "--out", "x", "--rate", "nan"], ["rate"]),
        (["train", "molecules", "--out", "x", "--data", "moses", "--kind", "diffusion", "--refine", "9"], ["--refine"]),
        (["train", "materials", "--out", "x", "--kind", "diffusion", "--rules", "9"], ["--rules", "token by token"]),
        (["generate", "molecules", "--model", "diffusion", "--temperature", "2"], ["--temperature", "the vector"]),
        (["generate", "molecules", "--steps", "20"], ["--steps", "token by token"]),
        (["generate", "materials", "--level", "composition", "--steps", "20"], ["--steps", "token by token"]),
        (["generate", "materials", "--steps", "20"], ["--steps", "not for crystals"]),
        (["data", "describe", "mosess"], ["did you mean 'moses'"]),
        (["data", "fetch", "gsk3"], ["gsk3", "SEKKEI_DATA"]),
        (["models", "show", "no-such-model"], ["no-such-model"]),
    ],
)
def test_what_the_user_can_put_right_is_one_line(
    arguments: list[str],
    words: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    line = refusal(capsys, *arguments)
    assert all(word in line for word in words), line
    assert list(tmp_path.iterdir()) == []


def test_score_keeps_every_row_and_says_which_is_broken(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source, out = tmp_path / "mols.smi", tmp_path / "scores.csv"
    source.write_text("CCO ethanol\nC1CC broken\nc1ccccc1 benzene\n", encoding="utf-8")
    assert run(["score", "molecules", str(source), "-e", "mw,logp", "--out", str(out)]) == EXIT_PARTIAL
    assert "1 of 3" in capsys.readouterr().err
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert [row["name"] for row in rows] == ["ethanol", "broken", "benzene"]
    assert float(rows[0]["mw [Da]"]) == pytest.approx(46.069, abs=1e-3)
    assert rows[1]["mw [Da]"] == ""
    assert rows[1]["problem"]
    assert rows[2]["problem"] == ""


def test_score_prints_strict_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = tmp_path / "mols.smi"
    source.write_text("CCO\nC1CC\n", encoding="utf-8")
    assert run(["score", "molecules", str(source), "-e", "mw", "--json"]) == EXIT_PARTIAL
    rows = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert rows[1]["mw [Da]"] is None


def test_generate_raw_writes_one_line_per_attempt_and_repeats_itself(tiny_model: Path, tmp_path: Path) -> None:
    files = [tmp_path / "one.smi", tmp_path / "two.smi"]
    for file in files:
        command = ["generate", "molecules", "-n", "40", "--raw", "--seed", "3", "--model", str(tiny_model)]
        assert run([*command, "--out", str(file)]) == EXIT_OK
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_text(encoding="utf-8").count("\n") == 40


def test_generate_under_a_target_names_the_model(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["generate", "molecules", "-n", "3", "--raw", "--target", "logp=1", "--model", str(tiny_model), "--json"]
    assert run(command) == EXIT_OK
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["smiles"]) == 3
    assert len(answer["hash"]) == 12


def test_a_target_outside_the_training_data_is_refused_with_the_range(
    tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refusal(capsys, "generate", "molecules", "--target", "esol=10", "--model", str(tiny_model))
    assert "esol from" in line


def test_models_show_prints_card_and_ranges(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "show", str(tiny_model), "--json"]) == EXIT_OK
    shown = json.loads(capsys.readouterr().out)
    assert set(shown["ranges"]) == set(PROPERTIES)
    assert run(["models", "show", str(tiny_model)]) == EXIT_OK
    assert shown["hash"] in capsys.readouterr().out


def test_a_reader_of_the_pipe_who_leaves_is_no_failure() -> None:
    command = [sys.executable, "-m", "sekkei", "data", "list"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_data_convert_keeps_every_row_both_ways(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source, out = tmp_path / "in.smi", tmp_path / "out.csv"
    source.write_text("OCC ethanol\nC1CC open\n", encoding="utf-8")
    assert run(["data", "convert", str(source), "--to", "selfies", "--out", str(out)]) == EXIT_PARTIAL
    with out.open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["name"], first["given"], first["selfies"]) == ("ethanol", "OCC", "[C][C][O]")
    assert (second["selfies"], "ring closure" in second["problem"]) == ("", True)
    out.write_text("selfies\n[C][C][O]\n", encoding="utf-8")
    assert run(["data", "convert", str(out), "--to", "smiles", "--column", "selfies", "--json"]) == EXIT_OK
    assert json.loads(capsys.readouterr().out)[0]["smiles"] == "CCO"
    assert run(["data", "convert", str(source), "--to", "inchi"]) == EXIT_USER_ERROR


def test_data_list_names_every_data_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "list", "--json"]) == EXIT_OK
    known = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert known["moses"]["rows"] == 1_584_663
    assert known["moses"]["fetchable"]


def test_doctor_reports_a_damaged_model(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "tiny"
    damaged.mkdir()
    for file in tiny_model.iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    codec = damaged / "codec.json"
    codec.write_text(codec.read_text(encoding="utf-8") + " ", encoding="utf-8")
    monkeypatch.setattr("sekkei.zoo.FOLDER", tmp_path)
    assert run(["doctor", "--json"]) == EXIT_USER_ERROR
    findings = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert not findings["model tiny"]["good"]
    assert "hash" in findings["model tiny"]["found"]
    assert findings["torch"]["good"]
