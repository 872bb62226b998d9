"""Known answers for how well conditions are met."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sekkei.core.targets import parse_targets
from sekkei.core.types import Measure
from sekkei.metrics.satisfaction import inside_share, mean_absolute_deviation, measure

MEASURES = {name: Measure(name, tolerance=0.5) for name in ("logp", "hbd")}


def test_mean_absolute_deviation() -> None:
    assert mean_absolute_deviation(np.array([1.0, 2.5, 2.0]), 2.0) == pytest.approx(0.5)
    assert math.isnan(mean_absolute_deviation(np.array([]), 2.0))


def test_all_targets_have_to_be_met_at_once() -> None:
    targets = parse_targets(["logp=2±0.5", "hbd=1±0"], MEASURES)
    values = {"logp": np.array([2.0, 2.4, 3.0, np.nan]), "hbd": np.array([1.0, 2.0, 1.0, 1.0])}
    assert inside_share(values, targets) == pytest.approx(0.25)


def test_no_molecule_or_no_target_gives_no_figure() -> None:
    assert math.isnan(inside_share({}, []))
    assert math.isnan(inside_share({"logp": np.array([])}, parse_targets(["logp=2"], MEASURES)))


def test_valid_molecules_are_measured_in_order(smiles: list[str]) -> None:
    texts, values = measure(["OCC", "C1CC", "", *smiles * 30], ["heavy_atoms", "hbd"])
    assert texts[0] == "CCO"
    assert len(texts) == len(values) == 1 + 30 * len(smiles)
    assert values[0].tolist() == [3.0, 1.0]
    assert (values[1 : 1 + len(smiles)] == values[-len(smiles) :]).all()
