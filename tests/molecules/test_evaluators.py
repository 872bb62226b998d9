from __future__ import annotations

import pickle

import pytest
from rdkit import Chem

from sekkei.core.errors import UserError
from sekkei.core.protocols import Evaluator
from sekkei.molecules.evaluators import EVALUATORS, evaluators
from sekkei.molecules.properties import PROPERTIES


def test_every_property_and_judgement_has_an_evaluator_of_its_name():
    assert set(EVALUATORS) == {*PROPERTIES, "alerts", "strain", "unstable_groups"}
    for name, evaluator in EVALUATORS.items():
        assert isinstance(evaluator, Evaluator)
        assert evaluator.name == name == evaluator.measures[0].name


def test_values_and_notes():
    mols = [Chem.MolFromSmiles(text) for text in ("CCO", "CC(=O)Oc1ccccc1C(=O)O", "CC(C)(C)OO")]
    alerts, groups, tpsa = (evaluator(mols)[0] for evaluator in evaluators(["alerts", "unstable_groups", "tpsa"]))
    assert alerts.values.tolist()[:2] == [0.0, 1.0]
    assert alerts.notes[1] == "Brenk: phenol ester"
    assert groups.values.tolist() == [0.0, 0.0, 1.0]
    assert groups.notes[2] == "peroxide"
    assert tpsa.values[0] == pytest.approx(20.23)


def test_names_keep_their_order_and_count_once():
    assert [evaluator.name for evaluator in evaluators(["sa", "logp", "sa"])] == ["sa", "logp"]


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="did you mean 'strain'"):
        evaluators(["qed", "strian"])


def test_they_travel_to_other_processes():
    for evaluator in EVALUATORS.values():
        assert pickle.loads(pickle.dumps(evaluator)).name == evaluator.name  # noqa: S301 - our own bytes
