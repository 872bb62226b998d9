from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import replay

from sekkei.campaign.choose import _intervals, _scores
from sekkei.campaign.judge import OUTSIDE, Candidate
from sekkei.campaign.plan import load_evaluators, read
from sekkei.campaign.run import design
from sekkei.campaign.side import side
from sekkei.campaign.spec import campaign
from sekkei.core.errors import UserError
from sekkei.core.targets import parse_target
from sekkei.core.types import Measure
from sekkei.rank.confidence import chances


def test_a_predicted_property_can_be_a_target_and_the_reader_is_told(model: replay.Replay, tmp_path: Path) -> None:
    spec = campaign({"n": 4, "targets": ["mw=200±60", "solubility>=-2.5"], "budget": {"max_generated": 210}})
    outcome = design(spec, tmp_path / "out", model=model)
    with (outcome.folder / "candidates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [float(row["solubility [log10(mol/L)]"]) for row in rows]
    assert found
    ends = [[float(row[f"solubility {end} [log10(mol/L)]"]) for row in rows] for end in ("low", "high")]
    assert all(low < value < high for low, value, high in zip(ends[0], found, ends[1], strict=True))
    assert {row["outside_domain"] for row in rows} <= {"", "solubility"}
    assert min(found) >= -2.5
    assert any("not steered towards it" in text for text in outcome.report.warnings)
    assert any("missed solubility" in reason for step in outcome.report.steps for reason in step.reasons)


def test_predictors_are_evaluators_by_name_or_folder() -> None:
    assert [one.name for one in load_evaluators(["qed", "solubility"], side("molecules"))] == ["qed", "solubility"]
    with pytest.raises(UserError, match="measured twice"):
        load_evaluators(["gap", "gap"], side("molecules"))


def test_a_value_outside_the_domain_is_believed_less() -> None:
    target = parse_target("hardness>=10", {"hardness": Measure("hardness", "GPa", "hardness", 1.0)})
    inside = Candidate(0, "A", "A", None, {"hardness": 12.0}, {}, {"hardness": (9.0, 15.0)})
    outside = replace(inside, notes={"hardness": f"{OUTSIDE}; unlike the training data"})
    assert _intervals([target], [inside, outside], wide=False).tolist() == [[[9.0, 15.0]], [[9.0, 15.0]]]
    intervals = _intervals([target], [inside, outside], wide=True)
    assert intervals.tolist() == [[[9.0, 15.0]], [[6.0, 18.0]]]
    sure, unsure = chances([target], np.array([[12.0], [12.0]]), intervals)
    assert 0.5 < unsure < sure
    either = replace(outside, values={"hardness": 0.85}, intervals={"hardness": (1.0, 1.0)})
    assert _intervals([target], [either], wide=True).tolist() == [[[0.0, 1.0]]]


def test_to_lie_outside_the_domain_is_never_rewarded(model: replay.Replay) -> None:
    plan = read(campaign({"targets": ["max:solubility"], "n": 4}), model)
    near = Candidate(0, "A", "A", None, {"solubility": -3.0}, {}, {"solubility": (-3.2, -1.0)})
    far = replace(near, notes={"solubility": f"{OUTSIDE}; unlike the training data"})
    values = np.array([[-3.0], [-3.0]])
    first, second = _scores(plan, [near, far], values, [(-8.0, 0.0)])
    assert second <= first
