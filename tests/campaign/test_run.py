"""Whole campaigns: what is promised, what is repeated, and what survives a stop."""

from __future__ import annotations

import csv
import hashlib
import signal
import sqlite3
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import replay

from sekkei.campaign.outcome import Outcome
from sekkei.campaign.run import design
from sekkei.campaign.spec import Campaign, campaign, read_campaign
from sekkei.core.errors import UserError
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.properties import logp, mw

FILES = {"campaign.db", "campaign.toml", "candidates.csv", "candidates.sdf", "report.html"}

OWN = '''
import os
import signal
from pathlib import Path

from sekkei.molecules.domain import MOLECULES

def heteroatoms(mol):
    """Atoms other than carbon and hydrogen."""
    with Path("seen.txt").open("a") as file:
        file.write(MOLECULES.key(mol) + "\\n")
    if "DIE_AT" in os.environ and len(Path("seen.txt").read_text().split()) == int(os.environ["DIE_AT"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return sum(atom.GetAtomicNum() not in (1, 6) for atom in mol.GetAtoms())
'''

CHILD = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started without it
sys.path.insert(0, sys.argv[1])
import replay
from pathlib import Path
from sekkei.campaign.run import design
from sekkei.campaign.spec import read_campaign

def stop(now):
    print(now.generated, flush=True)
    if now.round == int(sys.argv[3]):
        os.kill(os.getpid(), getattr(signal, sys.argv[2]))

design(read_campaign(Path("asked.toml")), "out", progress=stop, model=replay.model())
"""


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "candidates.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_funnel(outcome: Outcome) -> None:
    steps = outcome.report.steps
    assert steps[0].entered == outcome.generated
    assert steps[-1].kept == len(outcome.ranked)
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        assert step.entered - step.kept == sum(step.reasons.values())
        assert after is None or after.entered == step.kept


def test_the_list_holds_what_was_asked(model: replay.Replay, spec: Campaign, tmp_path: Path) -> None:
    told = []
    outcome = design(spec, tmp_path / "a" / "b", progress=told.append, model=model)
    table = rows(outcome.folder)
    assert {path.name for path in outcome.folder.iterdir()} == FILES
    assert len(table) == len(outcome.ranked) == 10
    assert outcome.partial == ""
    mols = [MOLECULES.parse(row["smiles"]) for row in table]
    assert all(140 <= mw(mol) <= 260 and 0.5 <= logp(mol) <= 3 for mol in mols)
    assert [float(row["mw [Da]"]) for row in table] == pytest.approx([mw(mol) for mol in mols], rel=1e-5)
    assert [row["key"] for row in table] == [MOLECULES.key(mol) for mol in mols]
    assert len({row["key"] for row in table}) == 10
    scores = [float(row["score"]) for row in table]
    assert scores == sorted(scores, reverse=True)
    assert all(MOLECULES.text(MOLECULES.parse(model.texts[int(r["index"])])) == r["smiles"] for r in table)
    assert {row["nearest_in_sample"] for row in table} <= set(model.reference.smiles)
    assert {(row["novel"], row["satisfied"], row["alerts"]) for row in table} == {("yes", "yes", "")}
    check_funnel(outcome)
    assert [now.round for now in told] == list(range(1, len(told) + 1))
    assert told[-1].kept >= told[-1].wanted


def test_everything_lost_is_lost_for_its_reason(model: replay.Replay, tmp_path: Path) -> None:
    spec = campaign({"n": 100_000, "budget": {"max_generated": 210}})
    outcome = design(spec, tmp_path / "out", model=model)
    steps = {step.name: step.reasons for step in outcome.report.steps}
    assert {"empty", "ring_closure", "parenthesis", "valence"} <= steps["valid"].keys()
    assert steps["new"]["drawn before"] > 10
    assert any("nitro" in reason for reason in steps["synthesizable"])
    assert sum(steps["novel"].values()) == 1
    assert outcome.generated == 210
    check_funnel(outcome)


def test_the_written_campaign_runs_again_to_the_same_table(
    model: replay.Replay, spec: Campaign, tmp_path: Path
) -> None:
    first = design(spec, tmp_path / "one", model=model).folder
    with ThreadPoolExecutor(1) as pool:
        design(read_campaign(first / "campaign.toml"), tmp_path / "two", model=model, workers=pool)
    for name in ("candidates.csv", "candidates.sdf", "campaign.toml"):
        assert (first / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_too_few_is_told_with_the_nearest_misses(model: replay.Replay, tmp_path: Path) -> None:
    spec = campaign({"targets": ["mw=200±60", "tpsa=29.1±0.001"], "n": 30, "budget": {"max_generated": 100}})
    outcome = design(spec, tmp_path / "out", model=model)
    assert 0 < len(outcome.ranked) < 30
    assert f"Only {len(outcome.ranked)} of 30 were found in 100 attempts" in outcome.partial
    assert outcome.partial in outcome.report.warnings
    listed = {row.key for row in outcome.report.rows}
    misses = outcome.report.near_misses
    assert misses
    assert all(miss.why and miss.rank == 0 and miss.key not in listed for miss in misses)
    check_funnel(outcome)


def test_nothing_found_is_still_a_whole_result(model: replay.Replay, tmp_path: Path) -> None:
    spec = campaign({"targets": ["mw=10000..20000"], "n": 3, "extrapolate": True, "budget": {"max_generated": 60}})
    outcome = design(spec, tmp_path / "out", model=model)
    assert outcome.ranked == []
    assert "Only 0 of 3" in outcome.partial
    assert "far out" in outcome.report.warnings
    assert rows(outcome.folder) == []
    assert {path.name for path in outcome.folder.iterdir()} == FILES


def test_conflicting_wishes_are_sorted_in_fronts(model: replay.Replay, tmp_path: Path) -> None:
    spec = campaign({"targets": ["min:mw", "max:logp"], "n": 20, "budget": {"max_generated": 210}})
    table = rows(design(spec, tmp_path / "out", model=model).folder)
    best = [(float(row["mw [Da]"]), -float(row["logp"])) for row in table if row["front"] == "1"]
    everything = [(float(row["mw [Da]"]), -float(row["logp"])) for row in table]
    assert 1 <= len(best) < len(table)
    assert not any(a[0] < b[0] and a[1] < b[1] for a in everything for b in best)


def test_flags_and_constraints(model: replay.Replay, tmp_path: Path) -> None:
    limits = {"alerts": "flag", "novel": False}
    nitro = campaign(
        {"n": 5, "limits": limits, "constraints": {"require": ["[N+](=O)[O-]"]}, "budget": {"max_generated": 210}}
    )
    outcome = design(nitro, tmp_path / "out", model=model)
    assert [("nitro" in row["alerts"], row["novel"]) for row in rows(outcome.folder)] == [(True, "yes")]
    assert any("carry structural alerts" in text for text in outcome.report.warnings)
    assert outcome.report.constraints


def test_a_users_evaluator_can_be_a_target(
    model: replay.Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_counts.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    spec = campaign(
        {
            "n": 4,
            "targets": ["mw=200±60", "heteroatoms=3"],
            "evaluators": ["own_counts:heteroatoms"],
            "budget": {"max_generated": 210},
        }
    )
    table = rows(design(spec, tmp_path / "out", model=model).folder)
    assert [row["heteroatoms"] for row in table] == ["3"] * 4
    with pytest.raises(UserError, match="did you mean 'heteroatoms'"):
        design(campaign({"targets": ["heteroatom=3"], "evaluators": ["own_counts:heteroatoms"]}), "x", model=model)


def test_a_used_folder_is_not_touched(model: replay.Replay, spec: Campaign, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"not empty.*--resume"):
        design(spec, tmp_path, model=model)
    with pytest.raises(UserError, match=r"no campaign\.db"):
        design(spec, tmp_path, resume=True, model=model)
    with pytest.raises(UserError, match="cannot be written"):
        design(spec, tmp_path / "notes.txt", model=model)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_changed_campaign_or_model_does_not_go_on(model: replay.Replay, spec: Campaign, tmp_path: Path) -> None:
    out = design(spec, tmp_path / "out", model=model).folder
    before = (out / "candidates.csv").read_bytes()
    changed = campaign({**spec.model_dump(), "seed": 5, "limits": {"max_sa": 3.0}})
    with pytest.raises(UserError, match=r"limits\.max_sa was 4\.5, seed was 0"):
        design(changed, out, resume=True, model=model)
    with pytest.raises(UserError, match="model 0123456789ab is now ffff"):
        design(spec, out, resume=True, model=replay.model(hash="ffff"))
    assert (out / "candidates.csv").read_bytes() == before


def test_a_replay_with_other_weights_is_refused(model: replay.Replay, spec: Campaign, tmp_path: Path) -> None:
    out = design(spec, tmp_path / "out", model=model).folder
    with pytest.raises(UserError, match=r"is about model 0123456789ab, .* is ffff"):
        design(read_campaign(out / "campaign.toml"), tmp_path / "two", model=replay.model(hash="ffff"))
    assert not (tmp_path / "two").exists()


def test_resuming_a_finished_run_repeats_nothing(model: replay.Replay, spec: Campaign, tmp_path: Path) -> None:
    out = design(spec, tmp_path / "out", model=model).folder
    before = (out / "candidates.csv").read_bytes()
    again = replay.model()
    design(spec, out, resume=True, model=again)
    assert again.asked == []
    assert (out / "candidates.csv").read_bytes() == before


def stopped(folder: Path, name: str, after: int) -> tuple[Campaign, subprocess.CompletedProcess[str]]:
    """Run a campaign in a process of its own that gets a signal."""
    (folder / "own_stops.py").write_text(OWN)
    targets = ["mw=200±60", "logp=0.5..3"]
    entries = {"targets": targets, "n": 12, "evaluators": ["own_stops:heteroatoms"]}
    asked = campaign({**entries, "budget": {"batch": 20, "max_generated": 210}})
    (folder / "asked.toml").write_text(asked.toml(), encoding="utf-8")
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parent), name, str(after)]
    return asked, subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def check_same_end(asked: Campaign, model: replay.Replay) -> None:
    resumed = design(asked, "out", resume=True, model=model)
    whole = design(asked, "whole", model=replay.model())
    assert (whole.folder / "candidates.csv").read_bytes() == (resumed.folder / "candidates.csv").read_bytes()
    assert whole.report.steps == resumed.report.steps


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
def test_a_stopped_run_goes_on_to_the_same_table(
    name: str, model: replay.Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked, child = stopped(tmp_path, name, after=2)
    assert child.returncode == (-signal.SIGKILL if name == "SIGKILL" else 1)
    assert name == "SIGKILL" or "the same command with --resume goes on" in child.stderr
    assert not Path("out", "candidates.csv").exists()
    monkeypatch.setenv("DIE_AT", "0")
    before = Path("seen.txt").read_text().split()
    design(asked, "out", resume=True, model=model)
    seen = Path("seen.txt").read_text().split()
    assert 0 < len(before) < len(seen) == len(set(seen))
    assert min(first for first, _ in model.asked) == int(child.stdout.split()[-1])
    check_same_end(asked, model)


def test_a_run_killed_amid_an_evaluation_goes_on_to_the_same_table(
    model: replay.Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIE_AT", "8")
    asked, child = stopped(tmp_path, "SIGKILL", after=99)
    monkeypatch.setenv("DIE_AT", "0")
    assert child.returncode == -signal.SIGKILL
    drawn = int(child.stdout.split()[-1])
    check_same_end(asked, model)
    assert min(first for first, _ in model.asked) > drawn


def test_the_store_holds_the_whole_story(model: replay.Replay, spec: Campaign, tmp_path: Path) -> None:
    outcome = design(spec, tmp_path / "out", model=model)
    with sqlite3.connect(outcome.folder / "campaign.db") as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        toml, model_hash, seed = store.execute("SELECT spec, model_hash, seed FROM runs").fetchone()
        kept = {key for (key,) in store.execute("SELECT key FROM candidates WHERE lost_at = ''")}
        draws = store.execute("SELECT count(*) FROM draws").fetchone()[0]
        sums = dict(store.execute("SELECT name, sha256 FROM artifacts"))
        strained = {key for (key,) in store.execute("SELECT key FROM results WHERE evaluator = 'strain'")}
        judged = store.execute("SELECT count(DISTINCT key) FROM results").fetchone()[0]
    assert (tomllib.loads(toml)["n"], model_hash, seed, draws) == (10, model.hash, 0, outcome.generated)
    assert {one.candidate.key for one in outcome.ranked} <= kept <= strained
    assert len(strained) < judged
    for name, digest in sums.items():
        assert hashlib.sha256((outcome.folder / name).read_bytes()).hexdigest() == digest


def test_a_real_network_designs_the_same_twice(tiny_model: Path, tmp_path: Path) -> None:
    entries = {"model": str(tiny_model), "targets": ["mw=20..300"], "n": 2, "limits": {"novel": False}}
    spec = campaign({**entries, "budget": {"max_generated": 300, "batch": 150}})
    one, two = design(spec, tmp_path / "one"), design(spec, tmp_path / "two")
    assert one.generated == two.generated > 0
    assert (one.folder / "candidates.csv").read_bytes() == (two.folder / "candidates.csv").read_bytes()
    check_funnel(one)
