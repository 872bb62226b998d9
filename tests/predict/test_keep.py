"""Folders of predictors: what was changed, does not fit, or belongs to another is refused as it is read."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
import torch
from alloys import alloys
from folders import rewritten

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, UserError
from sekkei.core.types import Measure
from sekkei.data.encoders import load_encoder
from sekkei.predict.describe import describer
from sekkei.predict.fit import fit
from sekkei.predict.keep import load_predictor, save_predictor
from sekkei.predict.networks import Tuning
from sekkei.train.tune import Pace

QUICK = Pace(rate=3e-3, head=3e-3, epochs=2, least=1, batch=32)


@pytest.fixture(scope="module")
def predictor(base):
    teacher = Tuning(load_encoder(str(base)), "lora", rank=4, pace=QUICK)
    return fit(describer("materials"), Measure("hardness", "GPa", "hardness", 1.0, low=0.0), alloys(600), teacher)


def lab(path, labels, heading="hardness"):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("formula", heading), *zip(labels.keys, labels.values.tolist(), strict=True)])
    return str(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda facts: facts.update(margin="wide"), "cannot be read"),
        (lambda facts: facts.update(training={}), "cannot be read"),
        (lambda facts: facts["network"].update(base="/nowhere/matbert"), "fine-tuned on the encoder /nowhere/matbert"),
    ],
)
def test_facts_that_cannot_be_are_told_as_they_are_read(predictor, tmp_path, change, words):
    save_predictor(tmp_path / "p", predictor)
    rewritten(tmp_path / "p", change)
    with pytest.raises(UserError, match=words):
        load_predictor(tmp_path / "p")


def test_weights_that_are_no_numbers_are_refused(predictor, tmp_path):
    mind = predictor.brain.mind
    states = tuple({name: tensor * torch.nan for name, tensor in state.items()} for state in mind.states)
    spoiled = replace(predictor, brain=replace(predictor.brain, mind=replace(mind, states=states)))
    save_predictor(tmp_path / "p", spoiled)
    with pytest.raises(UserError, match="a weight is no number"):
        load_predictor(tmp_path / "p")


def test_the_trees_beside_an_encoder_belong_to_it(base, tmp_path, capsys):
    source = lab(tmp_path / "lab.csv", alloys(60))
    common = ["--data", source, "--target", "hardness", "--model", str(base), "--method", "lora", "--epochs", "1"]
    for name, seed in (("one", "0"), ("two", "1")):
        assert run(["finetune", *common, "--seed", seed, "--out", str(tmp_path / name)]) == EXIT_OK
    mine, other = tmp_path / "one" / "baseline", tmp_path / "two" / "baseline"
    assert load_predictor(tmp_path / "one").baseline is not None
    mine.rename(tmp_path / "aside")
    with pytest.raises(UserError, match="missing"):
        load_predictor(tmp_path / "one")
    other.rename(mine)
    with pytest.raises(UserError, match="has hash"):
        load_predictor(tmp_path / "one")
