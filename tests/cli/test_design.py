"""``sekkei design`` from the outside: files, replay, resume, Ctrl-C."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from sekkei.cli.main import run
from sekkei.cli.output import EXIT_INTERRUPTED
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR

EASY = ["--allow-known", "--allow-alerts", "--max-sa", "10", "--budget", "600", "-n", "2", "--seed", "1"]


@pytest.fixture
def easy(tiny_model: Path) -> list[str]:
    """A campaign that a barely trained model can end."""
    return ["design", "molecules", "--model", str(tiny_model), "--target", "mw>=10", *EASY]


def test_design_writes_its_files_and_replays_from_one_of_them(
    easy: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    code = run([*easy, "--out", str(first), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert code == (EXIT_OK if answer["found"] == 2 else EXIT_PARTIAL)
    names = {path.name for path in first.iterdir()}
    assert names >= {"campaign.toml", "campaign.db", "candidates.csv", "candidates.sdf", "report.html"}
    replay = ["design", "molecules", "--config", str(first / "campaign.toml"), "--out", str(again)]
    assert run(replay) == code
    assert (first / "candidates.csv").read_bytes() == (again / "candidates.csv").read_bytes()


def test_options_beside_a_campaign_file_replace_its_entries(easy: list[str], tmp_path: Path) -> None:
    first, other = tmp_path / "first", tmp_path / "other"
    run([*easy, "--out", str(first)])
    replay = ["design", "molecules", "--config", str(first / "campaign.toml"), "--out", str(other)]
    run([*replay, "--seed", "2", "--max-sa", "9", "--elements", "C, N,O"])
    old = tomllib.loads((first / "campaign.toml").read_text(encoding="utf-8"))
    new = tomllib.loads((other / "campaign.toml").read_text(encoding="utf-8"))
    assert (new["seed"], new["limits"]["max_sa"], new["constraints"]["elements"]) == (2, 9.0, ["C", "N", "O"])
    assert (new["targets"], new["limits"]["alerts"]) == (old["targets"], old["limits"]["alerts"])


def test_a_folder_with_a_run_is_kept_unless_resumed(
    easy: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    code = run([*easy, "--out", str(out)])
    table = (out / "candidates.csv").read_bytes()
    capsys.readouterr()
    assert run([*easy, "--out", str(out)]) == EXIT_USER_ERROR
    assert "--resume" in capsys.readouterr().err
    assert run(["design", "molecules", "--out", str(out), "--resume"]) == code
    assert (out / "candidates.csv").read_bytes() == table


def test_ctrl_c_says_how_to_go_on_and_the_end_is_the_same(
    easy: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    code = run([*easy, "--out", str(whole)])

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sekkei.campaign.run.choose", interrupt)
        capsys.readouterr()
        assert run([*easy, "--out", str(stopped)]) == EXIT_INTERRUPTED
    assert "--resume" in capsys.readouterr().err
    assert run([*easy, "--out", str(stopped), "--resume"]) == code
    assert (stopped / "candidates.csv").read_bytes() == (whole / "candidates.csv").read_bytes()


def test_fewer_than_asked_is_a_partial_result_with_the_reason(
    easy: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*easy, "--out", str(tmp_path / "run"), "--elements", "Xe"]) == EXIT_PARTIAL
    assert "0 of 2" in capsys.readouterr().err


def test_a_predictor_of_ones_own_is_a_target_by_its_folder(
    easy: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{'C' * n}{end},{n}" for n in range(1, 30) for end in ("O", "N")]
    (tmp_path / "lab.csv").write_text("\n".join(["smiles,chain", *rows]), encoding="utf-8")
    mine = str(tmp_path / "chain")
    assert run(["finetune", "--data", str(tmp_path / "lab.csv"), "--target", "chain", "--out", mine]) == EXIT_OK
    capsys.readouterr()
    code = run([*easy, "--target", "chain>=0", "--predictor", mine, "--out", str(tmp_path / "run"), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert code in (EXIT_OK, EXIT_PARTIAL)
    assert all(row["values"]["chain"] >= 0 for row in answer["candidates"])
    spec = tomllib.loads((tmp_path / "run" / "campaign.toml").read_text(encoding="utf-8"))
    assert spec["evaluators"] == [mine]
    assert run([*easy, "--predictor", str(tmp_path), "--out", str(tmp_path / "no")]) == EXIT_USER_ERROR
    assert "no folder of a predictor" in capsys.readouterr().err
