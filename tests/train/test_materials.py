"""The recipe of a generator of compositions, on a file of a few formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sekkei.core.errors import UserError
from sekkei.data.own_compositions import compositions_of
from sekkei.generate.materials import load
from sekkei.materials.formula import parse_formula
from sekkei.testing import check_generator
from sekkei.train.loop import Plan
from sekkei.train.materials import conditions_of, train_compositions
from sekkei.train.recipes import Size

ROWS = (
    "formula,band_gap,magnetic_moment\nNaCl,5.0,0.0\nClNa,7.0,\nFe2O3,2.0,1.6\nLiFePO4,,\nNaN,0.5,0.1\nnonsense,1,1\n"
)


def test_a_file_gives_each_composition_once_with_the_labels_there_are(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(ROWS)
    known = compositions_of(path)
    assert {item.formula for item in known.items} == {"NaCl", "Fe2O3", "LiFePO4", parse_formula("NaN").formula}
    labels = {item.formula: row.tolist() for item, row in zip(known.items, known.values, strict=True)}
    assert labels["NaCl"][0] == pytest.approx(6.0)
    assert labels["NaCl"][2] == 0.0
    assert np.isnan(labels["LiFePO4"]).all()


def test_the_network_is_told_whether_charges_balance(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("formula,band_gap\nNaCl,5.0\nKF2,\nFe2O3,2.0\n")
    known = compositions_of(path)
    told = dict(zip((item.formula for item in known.items), conditions_of(known)[:, -1].tolist(), strict=True))
    assert (told["NaCl"], told["KF2"], told["Fe2O3"]) == (1, 0, 1)


def test_the_recipe_makes_a_model_that_keeps_the_promises_of_a_generator(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    metals = "".join(
        f"{a}{b}{n},{n / 10},0.{n}\n" for a in ("Na", "Mg", "Fe", "Ti") for b in "OSF" for n in range(1, 6)
    )
    path.write_text("formula,band_gap,magnetic_moment\n" + metals)
    plan, size = Plan(total=200, batch=16, warmup=2, log_every=5), Size(width=32, layers=1, heads=2, positions=24)
    out = train_compositions(str(path), tmp_path / "tiny", plan, size=size, say=lambda _: None)
    model = load(str(out))
    check_generator(model)
    assert parse_formula("NaO2") in model.known
    assert set(model.ranges) == {"band_gap", "magnetic_moment"}
    with pytest.raises(UserError, match="says nothing of formation_energy"):
        model.generate(1, targets={"formation_energy": -1.0})
    with pytest.raises(UserError, match="already holds a run"):
        train_compositions(str(path), out, plan, size=size, say=lambda _: None)
