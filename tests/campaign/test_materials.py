"""Campaigns for materials: what is promised of the list, and what is told where knowledge ends."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekkei import zoo
from sekkei.campaign import materials
from sekkei.campaign.mixture import Mixture, beaten
from sekkei.campaign.outcome import Outcome
from sekkei.campaign.run import design
from sekkei.campaign.score import score
from sekkei.campaign.side import side
from sekkei.campaign.spec import campaign, read_campaign
from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_USER_ERROR, UserError
from sekkei.core.targets import parse_target
from sekkei.core.types import Draw, Measure
from sekkei.materials.formula import parse_formula
from sekkei.materials.validity import PROFILES, judge
from sekkei.predict import load
from sekkei.report.content import Share

KNOWN = {
    "CaTiO3": (2.3, -3.4), "SrTiO3": (1.8, -3.5), "NaTaO3": (2.2, -3.1), "LiNbO3": (3.4, -2.9), "BaSnO3": (0.4, -2.6),
    "CaSnO3": (2.3, -2.7), "SrZrO3": (3.6, -3.7), "MgTiO3": (3.6, -3.2), "LiTaO3": (3.7, -3.2), "KNbO3": (1.5, -2.8),
    "Na2ZrO3": (4.4, -3.1), "LaAlO3": (3.3, -3.5), "YAlO3": (5.4, -3.7), "CdTiO3": (2.1, -2.6), "PbTiO3": (1.7, -2.6),
    "Fe2O3": (0.6, -1.7), "Li2TiO3": (3.2, -2.9), "NaNbO3": (2.3, -2.9), "CaO": (3.6, -3.3), "Sr2SnO4": (2.6, -2.8),
}  # fmt: skip
ASKED = {
    "domain": "materials", "level": "composition", "n": 6,
    "targets": ["band_gap=2.3±0.8", "formation_energy<=-1", "cost<=2000"],
    "generators": ["substitution"], "constraints": {"contains": ["O"], "exclude": ["Pb", "Cd"], "max_elements": 4},
    "budget": {"max_generated": 600, "batch": 200},
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    """A data folder with twenty oxides in place of the whole Materials Project."""
    folder = tmp_path_factory.mktemp("data")
    gap, energy = zip(*KNOWN.values(), strict=True)
    labels = {"formula": list(KNOWN), "band_gap": gap, "formation_energy_per_atom": energy}
    (folder / "crystals").mkdir()
    (folder / "hull").mkdir()
    table = pa.table({**labels, "e_above_hull": [0.0] * len(KNOWN)})
    pq.write_table(table, folder / "crystals" / "mp20_properties.parquet")
    pq.write_table(pa.table(labels), folder / "hull" / "mp2021_entries.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEKKEI_DATA", str(folder))
        patch.setenv("XDG_DATA_HOME", str(folder / "own"))
        patch.setattr("sekkei.data.parents.SAMPLE", folder / "none")
        materials.evaluators.cache_clear()
        yield folder
    materials.evaluators.cache_clear()


@pytest.fixture(scope="module")
def finished(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return design(campaign(ASKED), tmp_path_factory.mktemp("run") / "out")


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "candidates.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_both_domains_answer_the_same_questions() -> None:
    # the protocol is checked by mypy; here: nothing of one side is without its twin
    def public(module) -> set[str]:
        functions = {
            name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
        }
        return {name for name in functions if not name.startswith("_")}

    assert public(side("materials")) - public(side("molecules")) <= {"outside"}
    assert public(side("molecules")) <= public(side("materials"))


def test_the_list_holds_what_was_asked(finished: Outcome) -> None:
    table = rows(finished.folder)
    assert len(table) == 6 == len({row["formula"] for row in table})
    items = [parse_formula(row["formula"]) for row in table]
    gaps = load("materials", "band_gap").predict(items)[0]
    assert [float(row["band_gap [eV]"]) for row in table] == pytest.approx(gaps.values, rel=1e-5)
    assert all(1.5 <= value <= 3.1 for value in gaps.values)
    assert [float(row["band_gap low [eV]"]) for row in table] == pytest.approx(gaps.interval[:, 0], rel=1e-4, abs=1e-6)
    assert all(float(row["formation_energy [eV/atom]"]) <= -1 and float(row["cost [USD/kg]"]) <= 2000 for row in table)
    assert all("O" in item.symbols and not {"Pb", "Cd"} & set(item.symbols) for item in items)
    assert all(judge(item, PROFILES["smact"]).valid for item in items)
    assert {row["satisfied"] for row in table} == {"yes"}
    scores = [float(row["score"]) for row in table]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < float(row["confidence"]) <= 1 for row in table)
    assert (finished.folder / "candidates.txt").read_text().split()[::2] == [row["formula"] for row in table]


def test_known_compounds_are_listed_apart_with_their_labels(finished: Outcome) -> None:
    listed = {row["formula"] for row in rows(finished.folder)}
    known = {row.text for row in finished.report.known}
    expected = {"CaTiO3", "SrTiO3", "CaSnO3", "NaNbO3", "Sr2SnO4"}
    assert {parse_formula(text).formula for text in expected} <= known
    assert not known & listed
    assert not listed & {parse_formula(text).formula for text in KNOWN}
    assert not known & {"PbTiO3", "CdTiO3", "BaSnO3", "YAlO3"}
    calcium = next(row for row in finished.report.known if row.text == "CaTiO3")
    assert calcium.values["band_gap"] == pytest.approx(2.3)


def test_evidence_fronts_and_shares_are_told(finished: Outcome) -> None:
    report = finished.report
    names = {measure.name for measure in report.measures}
    assert {"e_above_hull", "icsd_likeness", "hhi_production", "abundance", "hazard", "recycling", "novelty"} <= names
    assert [target.name for target in report.criteria] == ["e_above_hull", "icsd_likeness", "hhi_production", "hazard"]
    assert min(row.front for row in report.rows) == 1
    assert all("against" in row.notes["e_above_hull"] for row in report.rows)
    share = report.shares[0]
    assert (share.name, share.attempts, share.listed) == ("ion substitution", finished.generated, 6)
    assert any("92.0%" in words for words in report.constraints)
    steps = report.steps
    assert steps[0].entered == finished.generated
    assert all(after.entered == step.kept for step, after in pairwise(steps))
    assert "known compound" in next(step for step in steps if step.name == "novel").reasons


def test_the_written_campaign_runs_again_to_the_same_table(finished: Outcome, tmp_path: Path) -> None:
    again = design(read_campaign(finished.folder / "campaign.toml"), tmp_path / "again").folder
    for name in ("candidates.csv", "candidates.txt", "campaign.toml"):
        assert (finished.folder / name).read_bytes() == (again / name).read_bytes(), name


def test_a_stopped_run_goes_on_to_the_same_table(finished: Outcome, tmp_path: Path) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(UserError, match="--resume"):
        design(campaign(ASKED), tmp_path / "out", progress=stop)
    resumed = design(campaign(ASKED), tmp_path / "out", resume=True)
    assert (resumed.folder / "candidates.csv").read_bytes() == (finished.folder / "candidates.csv").read_bytes()
    assert [row.intervals for row in resumed.report.rows] == [row.intervals for row in finished.report.rows]


def test_without_known_phases_stability_is_a_problem_and_not_a_number(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phases = small / "hull" / "mp2021_entries.parquet"
    hidden = phases.rename(tmp_path / "hidden.parquet")
    materials.evaluators.cache_clear()
    try:
        outcome = design(campaign({**ASKED, "n": 2}), tmp_path / "out")
    finally:
        hidden.rename(phases)
        materials.evaluators.cache_clear()
    assert [row["e_above_hull [eV/atom]"] for row in rows(outcome.folder)] == ["", ""]
    assert any("Stability was not judged: hull/mp2021_entries.parquet" in text for text in outcome.report.warnings)


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"constraints": {"exclude": ["Pbb"]}}, "did you mean"),
        ({"constraints": {"contains": ["Li"], "exclude": ["Li"]}}, "Li is required and excluded"),
        ({"constraints": {"formula_pattern": "ABX3", "max_elements": 2}}, "has 3 elements"),
        ({"constraints": {"formula_pattern": "abx"}}, "cannot be read"),
        ({"limits": {"profile": "smat"}}, "did you mean 'smact'"),
        ({"targets": ["bandgap=2"]}, "did you mean 'band_gap'"),
        ({"targets": ["band_gap=2.0 kcal"]}, "band_gap is given in eV"),
        ({"targets": ["formation_energy=5±0.1"]}, r"from -\d.* to"),
        ({"targets": ["logp=2"]}, "unknown property 'logp'"),
        ({"evaluators": ["qed"]}, "unknown evaluator 'qed'"),
    ],
)
def test_what_cannot_be_met_is_refused_before_anything_is_written(
    small: Path, entries: dict, says: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=says):
        design(campaign({"domain": "materials", "level": "composition", **entries}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_too_few_is_told_with_the_nearest_misses(small: Path, tmp_path: Path) -> None:
    spec = campaign({**ASKED, "targets": ["band_gap=2.3±0.001"], "n": 9, "budget": {"max_generated": 60}})
    outcome = design(spec, tmp_path / "out")
    assert "of 9 were found in 60 attempts" in outcome.partial
    assert outcome.report.near_misses
    assert all(row.why and row.title for row in outcome.report.near_misses)


def test_the_command_line_says_the_same(
    small: Path, finished: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--level", "composition", "--generator", "substitution", "--contains", "O", "--exclude", "Pb, Cd"]
    words += [word for text in ASKED["targets"] for word in ("--target", text)]
    words += ["--max-elements", "4", "--budget", "600", "-n", "6", "--out", str(tmp_path / "out"), "--json"]
    given = ["design", "materials", *words]
    (tmp_path / "batch.toml").write_text(campaign(ASKED).toml(), encoding="utf-8")
    assert run([*given, "--config", str(tmp_path / "batch.toml")]) == EXIT_OK
    answer = json.loads(capsys.readouterr().out)
    assert answer["found"] == 6
    assert [one["formula"] for one in answer["candidates"]] == [row.text for row in finished.report.rows]
    assert answer["generators"][0]["name"] == "ion substitution"
    assert "CaTiO3" in {one["formula"] for one in answer["known"]}
    low, high = answer["candidates"][0]["intervals"]["band_gap"]
    assert low <= answer["candidates"][0]["values"]["band_gap"] <= high
    assert run(["design", "molecules", "--config", str(tmp_path / "batch.toml"), "--out", "x"]) == EXIT_USER_ERROR
    assert "is a campaign for materials" in capsys.readouterr().err


def test_a_list_of_candidates_can_be_scored_from_its_file(
    small: Path, finished: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    file = finished.folder / "candidates.txt"
    assert run(["score", "materials", str(file), "-e", "band_gap,elements", "--json"]) == EXIT_OK
    answer = json.loads(capsys.readouterr().out)
    assert [one["formula"] for one in answer] == [row.text for row in finished.report.rows]
    assert [one["name"] for one in answer] == [str(row.rank) for row in finished.report.rows]
    assert answer[0]["band_gap [eV]"] == pytest.approx(finished.report.rows[0].values["band_gap"])


def test_score_keeps_every_row_and_gives_intervals(small: Path) -> None:
    frame = score(["CaTiO3", "Xy2O", "U3O8", "caTi"], ["band_gap", "cost", "e_above_hull", "novelty"], "materials")
    assert frame["formula"].tolist() == ["CaTiO3", "Xy2O", "U3O8", "caTi"]
    assert frame["band_gap low [eV]"][0] <= frame["band_gap [eV]"][0] <= frame["band_gap high [eV]"][0]
    assert frame["novelty note"][0] == "known"
    assert "there is no element 'Xy'" in frame["problem"][1]
    assert "no price of U" in frame["problem"][2]
    assert frame["problem"][3]
    assert frame["problem"][0] == ""


@pytest.mark.skipif(zoo.DEFAULT["materials"] not in zoo.shipped(), reason="no model of materials ships")
def test_the_shipped_model_and_substitution_share_one_campaign(small: Path, tmp_path: Path) -> None:
    spec = campaign({**ASKED, "generators": ["model", "substitution"], "budget": {"max_generated": 400, "batch": 200}})
    outcome = design(spec, tmp_path / "out")
    table = rows(outcome.folder)
    shares = outcome.report.shares
    assert [share.name for share in shares] == ["matgpt", "ion substitution"]
    assert sum(share.attempts for share in shares) == outcome.generated
    assert sum(share.listed for share in shares) == len(table) > 0
    assert all(row["generator"] == shares[int(row["index"]) % 2].name for row in table)
    with pytest.raises(UserError, match="no formula keeps them"):
        design(
            campaign({"domain": "materials", "level": "composition", "constraints": {"system": "Ne-Ar"}}),
            tmp_path / "none",
        )


@dataclass(frozen=True)
class Counting:
    """A source that writes its own name and the number of the attempt, and its condition."""

    name: str
    properties: tuple[str, ...]
    hash: str = "0"

    def conditions(self, targets, n, seed, first=0):
        return np.full((n, len(self.properties)), float(first))

    def draw(self, conditions, seed, first=0):
        return [Draw(first + row, f"{self.name}{first + row}") for row in range(len(conditions))]

    def check_coverage(self, targets, extrapolate=False):
        return [f"{self.name} {target.name}" for target in targets]


def test_generators_take_turns_and_each_sees_its_own_numbers() -> None:
    both = Mixture((Counting("a", ("x", "y")), Counting("b", ("y",))))
    assert both.properties == ("x", "y")
    whole = both.draw(both.conditions([], 10, 0), 0)
    assert [draw.text for draw in whole] == ["a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4"]
    for first in (3, 4):
        assert both.draw(both.conditions([], 5, 0, first), 0, first) == whole[first : first + 5]
    conditions = both.conditions([], 4, 0, 3)
    assert np.isnan(conditions[[0, 2], 0]).all()
    assert conditions[:, 1].tolist() == [1.0, 2.0, 1.0, 2.0]
    assert [both.origin(index) for index in range(3)] == ["a", "b", "a"]
    y = parse_target("min:y", {"y": Measure("y")})
    assert both.check_coverage([y]) == ["a y", "b y"]


def test_the_model_answers_first_in_whichever_order_generators_are_named() -> None:
    spec = campaign({"domain": "materials", "level": "composition", "generators": ["substitution", "model"]})
    assert [part.name for part in materials.load(spec).parts] == ["matgpt", "ion substitution"]


def test_a_model_that_gives_less_than_substitution_says_so() -> None:
    model, rival = Share("matgpt", 100, 4, 2), Share("ion substitution", 100, 9, 3)
    assert "matgpt gave 4 accepted compositions, ion substitution gave 9" in beaten([model, rival])[0]
    assert beaten([rival, model]) == []
