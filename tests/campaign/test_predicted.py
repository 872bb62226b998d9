from __future__ import annotations

import csv
from pathlib import Path

import pytest
import replay

from sekkei.campaign.plan import load_evaluators
from sekkei.campaign.run import design
from sekkei.campaign.side import side
from sekkei.campaign.spec import campaign
from sekkei.core.errors import UserError


def test_a_predicted_property_can_be_a_target_and_the_reader_is_told(model: replay.Replay, tmp_path: Path) -> None:
    spec = campaign({"n": 4, "targets": ["mw=200±60", "solubility>=-2.5"], "budget": {"max_generated": 210}})
    outcome = design(spec, tmp_path / "out", model=model)
    with (outcome.folder / "candidates.csv").open(encoding="utf-8", newline="") as file:
        found = [float(row["solubility [log10(mol/L)]"]) for row in csv.DictReader(file)]
    assert found
    assert min(found) >= -2.5
    assert any("not steered towards it" in text for text in outcome.report.warnings)
    assert any("missed solubility" in reason for step in outcome.report.steps for reason in step.reasons)


def test_predictors_are_evaluators_by_name_or_folder() -> None:
    assert [one.name for one in load_evaluators(["qed", "solubility"], side("molecules"))] == ["qed", "solubility"]
    with pytest.raises(UserError, match="measured twice"):
        load_evaluators(["gap", "gap"], side("molecules"))
