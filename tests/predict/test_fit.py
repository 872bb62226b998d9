from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from folders import rewritten

from sekkei.core.errors import UserError
from sekkei.core.types import Measure
from sekkei.materials.formula import SYMBOLS, parse_formula
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels, fit, merged, part, parts
from sekkei.predict.forest import Forest, Settings, grow
from sekkei.predict.keep import load_predictor, save_predictor
from sekkei.predict.reach import spread_out
from sekkei.predict.trees import Recipe
from sekkei.testing import check_evaluator

SMALL = Settings(trees=40, leaves=15, rate=0.15)
MEASURE = Measure("hardness", "GPa", "hardness", 1.0, low=0.0)


def invented(n, seed=0):
    """Binary oxides and nitrides whose label follows from the metal's number, with noise that grows with oxygen."""
    random = np.random.default_rng(seed)
    formulas = {
        f"{SYMBOLS[int(random.integers(19, 56))]}{random.integers(1, 9)}{'NO'[int(random.integers(2))]}"
        f"{random.integers(1, 9)}"
        for _ in range(4 * n)
    }
    items = [parse_formula(formula) for formula in random.permutation(sorted(formulas))[:n]]
    share = np.array([dict(item.amounts).get("O", 0) / item.atoms for item in items])
    number = np.array([max(SYMBOLS.index(symbol) for symbol in item.symbols) for item in items])
    values = number / 10.0 + random.normal(0.0, 0.05 + 0.5 * share)
    return merged(items, [item.formula for item in items], np.maximum(values, 0.0), np.mean)


@pytest.fixture(scope="module")
def predictor():
    recipe = Recipe("number", SMALL, folds=3)
    return fit(describer("materials"), MEASURE, invented(800), recipe, record={"sources": []})


def test_it_learns_and_its_intervals_are_wide_where_it_is_wrong(predictor):
    errors = predictor.training["held_out"]
    assert errors["mae"] < 0.4 * errors["mad"]
    assert 0.8 < errors["coverage"] <= 1.0
    noisy, calm = (predictor.predict([parse_formula(f)])[0] for f in ("YO8", "Y8N"))
    assert np.ptp(noisy.interval) > 2 * np.ptp(calm.interval)


def test_it_keeps_the_promises_of_an_evaluator(predictor):
    check_evaluator(predictor, [parse_formula(f) for f in ("Y2O3", "NaCl", "RfO2", "Zr3N4")])


def test_rows_it_cannot_describe_or_does_not_know_say_so(predictor):
    column = predictor.predict([parse_formula(f) for f in ("RfO2", "CsCl", "Y2O3")])[0]
    assert column.problems[0].kind == "element"
    assert np.isnan(column.values[0])
    assert column.in_domain.tolist() == [False, False, True]
    assert "Cs, Cl" in column.notes[1] or "Cl" in column.notes[1]
    assert column.interval.shape == (3, 2)
    assert (column.interval[2, 0] <= column.values[2] <= column.interval[2, 1]).all()
    assert predictor.predict([])[0].values.size == 0


def test_a_saved_predictor_answers_the_same_and_a_changed_one_is_refused(predictor, tmp_path):
    items = [parse_formula(f) for f in ("Y2O3", "Zr3N4", "CsCl")]
    version = save_predictor(tmp_path, replace(predictor, card="# card"))
    again = load_predictor(tmp_path)
    assert (again.version, again.card, again.measure) == (version, "# card", MEASURE)
    for one, two in zip(predictor.predict(items), again.predict(items), strict=True):
        np.testing.assert_array_equal(one.values, two.values)
        np.testing.assert_array_equal(one.in_domain, two.in_domain)
        np.testing.assert_allclose(one.interval, two.interval)
    assert save_predictor(tmp_path / "again", again) == version
    facts = json.loads((tmp_path / "predictor.json").read_text(encoding="utf-8"))
    facts["margin"]["factor"] = 0.1
    (tmp_path / "predictor.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(UserError, match="changed or damaged"):
        load_predictor(tmp_path)


def test_damaged_trees_are_an_error_of_the_user(predictor, tmp_path):
    body = predictor.brain.mind.value.packed()
    with pytest.raises(UserError, match="cut off"):
        Forest.unpacked(body[:-20])
    with pytest.raises(UserError, match="cannot be unpacked"):
        Forest.unpacked(b"nonsense")
    with pytest.raises(UserError, match=r"predictor\.json is missing"):
        load_predictor(tmp_path)


def test_the_same_seed_gives_the_same_trees():
    rows = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    assert grow(rows, rows[:, 0].astype(float), SMALL, 3) == grow(rows, rows[:, 0].astype(float), SMALL, 3)


def test_a_gate_answers_exactly_zero():
    labels = invented(700)
    metal = np.array(["N" in item.symbols for item in labels.items])
    gated = Labels(labels.items, labels.keys, np.where(metal, 0.0, labels.values))
    found = fit(describer("materials"), MEASURE, gated, Recipe("gated", SMALL, replace(SMALL, objective="binary")))
    values = found.predict([parse_formula(f) for f in ("Y2N3", "Y2O3")])[0].values
    assert values[0] == 0.0
    assert values[1] > 1.0


@pytest.fixture(scope="module")
def unsure():
    """Labels of which a third is zero for no reason that could be learned, and what trees learn from them."""
    labels = invented(700)
    zero = np.random.default_rng(1).uniform(size=len(labels.items)) < 1 / 3
    often = Labels(labels.items, labels.keys, np.where(zero, 0.0, labels.values))
    recipe = Recipe("gated", SMALL, Settings("binary", trees=5, leaves=4), folds=3)
    return fit(describer("materials"), MEASURE, often, recipe)


def test_what_may_be_zero_is_answered_by_less_than_its_amount(unsure):
    mind, items = unsure.brain.mind, invented(700).items
    rows = unsure.describer.features(items)
    soft, hard, amounts = mind(items, rows).values, replace(mind, width=0.0)(items, rows).values, mind.value(rows)
    assert mind.width > 0
    assert (soft <= hard).all()
    sure = mind.gate(rows) > 0.5
    assert hard[sure] == pytest.approx(np.maximum(amounts[sure], 0.0))
    assert soft[sure].mean() < 0.98 * hard[sure].mean()


def test_the_width_behind_a_gate_is_kept(unsure, tmp_path):
    save_predictor(tmp_path, unsure)
    again, items = load_predictor(tmp_path), [parse_formula(f) for f in ("Y2N3", "Ti3O5", "Cs2O", "Nb4N")]
    assert again.brain.mind.width == unsure.brain.mind.width
    np.testing.assert_array_equal(again.predict(items)[0].values, unsure.predict(items)[0].values)


def test_what_was_learned_with_another_gate_says_so(unsure, tmp_path):
    save_predictor(tmp_path, unsure)
    rewritten(tmp_path, lambda facts: facts.pop("gate_width"))
    with pytest.raises(UserError, match="older version"):
        load_predictor(tmp_path)


def test_a_formula_is_in_one_part_only_whatever_the_table():
    assert part("Fe2O3") == part("Fe2O3")
    train, calibrate, test = parts([f"X{n}" for n in range(5000)])
    assert (train.astype(int) + calibrate + test == 1).all()
    assert test.mean() == pytest.approx(0.1, abs=0.02)
    assert calibrate.mean() == pytest.approx(0.1, abs=0.02)


def test_contradictions_are_merged_and_gaps_left_out():
    items = [parse_formula(f) for f in ("Fe2O3", "Fe4O6", "NaCl", "KCl")]
    found = merged(items, [item.formula for item in items], np.array([1.0, 3.0, 5.0, np.nan]), np.mean)
    assert found.keys == ["Fe2O3", "NaCl"]
    assert found.values.tolist() == [2.0, 5.0]


@pytest.mark.parametrize(("n", "constant"), [(40, False), (200, True)])
def test_too_little_to_learn_from_is_said(n, constant):
    labels = invented(n)
    values = np.ones(len(labels.values)) if constant else labels.values
    with pytest.raises(UserError, match="too little"):
        fit(describer("materials"), MEASURE, Labels(labels.items, labels.keys, values), Recipe())


def test_landmarks_reach_what_is_rare():
    """Twenty thousand alike and three far away: evenly drawn landmarks would miss the three."""
    points = np.concatenate([np.random.default_rng(0).normal(size=(20_000, 3)), 40 + 10 * np.eye(3)])
    chosen = spread_out(points, 200, seed=1)
    assert set(range(20_000, 20_003)) <= set(chosen.tolist())
    assert len(set(chosen.tolist())) == 200
    gaps = ((points[:, None] - points[None, chosen]) ** 2).sum(axis=2).min(axis=1)
    assert np.sqrt(gaps.max()) < 1.5
    assert len(spread_out(np.ones((50, 2)), 10)) == 1
