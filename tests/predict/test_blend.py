"""Trees and networks together."""

from __future__ import annotations

import json

import numpy as np
import pytest
from alloys import alloys

from sekkei.core.errors import UserError
from sekkei.core.types import Measure
from sekkei.data.encoders import load_encoder
from sekkei.materials.formula import parse_formula
from sekkei.predict.blend import Blending, best_weight, teacher_words
from sekkei.predict.describe import describer
from sekkei.predict.fit import fit
from sekkei.predict.forest import Settings
from sekkei.predict.keep import load_predictor, save_predictor
from sekkei.predict.networks import Tuning
from sekkei.predict.trees import Recipe
from sekkei.train.tune import Pace


def test_the_weight_is_the_one_that_is_best_on_what_neither_has_seen():
    truth = np.linspace(-1.0, 1.0, 50)
    assert best_weight(truth, truth + 1.0, truth, "number") == 0.0
    assert best_weight(truth + 1.0, truth, truth, "number") == 1.0
    assert best_weight(truth + 1.0, truth - 1.0, truth, "number") == pytest.approx(0.5)
    classes = np.array([0.0, 1.0, 1.0, 0.0])
    assert best_weight(1.0 - classes, np.full(4, 0.5), classes, "class") == 1.0


@pytest.fixture(scope="module")
def blend(base):
    quick = Pace(rate=3e-3, head=3e-3, epochs=12, least=1, batch=32)
    trees = Settings(trees=30, leaves=7, least=5)
    teacher = Blending(Recipe("number", trees, folds=3), Tuning(load_encoder(str(base)), "full", folds=2, pace=quick))
    return fit(describer("materials"), Measure("hardness", "GPa", "hardness", 1.0, low=0.0), alloys(400), teacher)


def test_of_a_large_table_a_tenth_is_spared_to_decide_the_weight(base):
    quick = Pace(rate=3e-3, head=3e-3, epochs=12, least=1, batch=32)
    labels, trees = alloys(400), Recipe("number", Settings(trees=30, leaves=7, least=5), folds=3)
    rows = describer("materials").features(labels.items)
    teacher = Blending(trees, Tuning(load_encoder(str(base)), "full", pace=quick), members=2)
    learned = teacher.learn(labels.items, rows, labels.values, seed=0)
    spared = np.flatnonzero(~np.isnan(learned.left_out))
    assert len(spared) == 40
    items, mind = [labels.items[row] for row in spared], learned.mind
    np.testing.assert_allclose(mind(items, rows[spared]).values, learned.left_out[spared], rtol=1e-6)
    assert len(mind.networks.states) == 2
    # neither had been shown the tenth: with other labels there it is what it was
    labels.values[spared] += 100.0
    again = teacher.learn(labels.items, rows, labels.values, seed=0).mind
    np.testing.assert_array_equal(again.networks(items, rows[spared]).values, mind.networks(items, rows[spared]).values)
    np.testing.assert_array_equal(again.trees(items, rows[spared]).values, mind.trees(items, rows[spared]).values)
    assert "2 network(s)" in teacher_words(teacher)


def test_a_blend_lies_between_its_parts(blend):
    items = [parse_formula(text) for text in ("Fe5Ni5", "Ni3Ti")]
    rows, mind = blend.describer.features(items), blend.brain.mind
    first, second = mind.trees(items, rows), mind.networks(items, rows)
    low, high = np.minimum(first.values, second.values), np.maximum(first.values, second.values)
    assert ((low <= mind(items, rows).values) & (mind(items, rows).values <= high)).all()
    assert blend.training["held_out"]["mae"] < 0.5 * blend.training["held_out"]["mad"]


def test_it_is_kept_and_answers_the_same(blend, tmp_path):
    items = [parse_formula(text) for text in ("Fe5Ni5", "ScTi3")]
    version = save_predictor(tmp_path / "p", blend)
    again = load_predictor(tmp_path / "p")
    assert again.version == version
    one, two = blend.predict(items)[0], again.predict(items)[0]
    np.testing.assert_allclose(one.values, two.values, rtol=1e-4)  # trees are kept with rounded thresholds
    np.testing.assert_allclose(one.interval, two.interval, rtol=1e-3)


def test_a_weight_that_was_changed_is_refused(blend, tmp_path):
    save_predictor(tmp_path / "p", blend)
    facts = json.loads((tmp_path / "p" / "predictor.json").read_text())
    (tmp_path / "p" / "predictor.json").write_text(json.dumps({**facts, "weight": 0.123}))
    with pytest.raises(UserError, match="changed or damaged"):
        load_predictor(tmp_path / "p")
