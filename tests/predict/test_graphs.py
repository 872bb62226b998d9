"""Molecules on graphs from the command line: what is taught is kept, found again, and says what it cannot read."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL
from sekkei.core.types import Problem
from sekkei.data.encoders import load_encoder, usual_encoder
from sekkei.molecules.domain import MOLECULES
from sekkei.predict import networks
from sekkei.predict.blend import Blend
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels
from sekkei.predict.forest import Settings
from sekkei.predict.keep import load_predictor, save_predictor
from sekkei.predict.molecules_recipes import MOLECULES as LESSONS
from sekkei.predict.networks import Networks
from sekkei.predict.several import Joint, OneOf
from sekkei.predict.trees import Recipe
from sekkei.train.tune import Pace

ENDS = ("O", "N", "F", "Cl", "C(=O)O", "c1ccccc1")
SMILES = ["C" * length + end for length in range(1, 26) for end in ENDS]
SIZES = [float(len(text)) for text in SMILES]


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "lab.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("smiles", "size"), *zip(SMILES, SIZES, strict=True)])
    (tmp_path / "good.smi").write_text("CCCO\nC1CC\n", encoding="utf-8")
    (tmp_path / "bad.smi").write_text("C1CC\n*C\n", encoding="utf-8")
    return ["molecules", "--data", "lab.csv", "--target", "size", "--epochs", "2"]


def test_a_blend_is_kept_beside_a_folder_of_its_bases_name_and_names_what_it_cannot_read(table, tmp_path, capsys):
    (tmp_path / "dmpnn").mkdir()  # a folder of that name is another encoder, or none
    assert run(["finetune", *table, "--method", "blend", "--out", "mine"]) == EXIT_OK
    capsys.readouterr()
    assert run(["predict", "molecules", "good.smi", "-p", "mine", "--json"]) == EXIT_PARTIAL
    good, bad = json.loads(capsys.readouterr().out)
    assert good["size low"] < good["size"] < good["size high"]
    assert bad["size"] is None
    assert run(["predict", "molecules", "bad.smi", "-p", "mine", "--json"]) == EXIT_PARTIAL
    assert [row["size"] for row in json.loads(capsys.readouterr().out)] == [None, None]


def test_a_comparison_says_which_encoder_each_method_tuned(table, capsys):
    assert run(["compare", *table, "--methods", "full,lora,baseline", "--folds", "2", "--json"]) == EXIT_OK
    found = json.loads(capsys.readouterr().out)
    assert [row["encoder"] for row in found] == ["dmpnn", "chemberta", None]


def test_a_lesson_with_networks_ships_a_blend_with_its_trees_beside(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "GRAPH_PACE", Pace(1e-3, epochs=3, least=1))
    items = [MOLECULES.parse(text) for text in SMILES]
    assert not any(isinstance(item, Problem) for item in items)
    labels = Labels(items, [describer("molecules").key(item) for item in items], np.array(SIZES))
    quick = Recipe("number", Settings(trees=20, leaves=7, least=2), folds=2)
    lesson = replace(LESSONS["lipophilicity"], labels=lambda: labels, recipe=quick)
    made = lesson.train("molecules")
    save_predictor(tmp_path / "p", made)
    again = load_predictor(tmp_path / "p")
    assert isinstance(again.brain.mind, Blend)
    assert again.training["baseline"] == made.baseline.training["held_out"]
    assert "dmpnn" in again.training["recipe"]
    assert again.training["held_out"]["mae"] < again.training["held_out"]["mad"]
    np.testing.assert_array_equal(again.predict(items[:3])[0].values, made.predict(items[:3])[0].values)


def test_a_lesson_whose_network_learns_several_properties_together_ships_it_with_trees_beside(tmp_path):
    items, key = [MOLECULES.parse(text) for text in SMILES], describer("molecules").key
    labels = [Labels(items, [key(item) for item in items], np.array(values)) for values in (SIZES, SIZES[::-1])]
    encoder, joint = load_encoder(usual_encoder("molecules", "full")), Joint.of(labels, key)
    quick = Recipe("number", Settings(trees=20, leaves=7, least=2), folds=2)

    def made(place):
        network = OneOf(encoder, "full", pace=Pace(1e-3, epochs=3, least=1), joint=joint, place=place)
        return replace(LESSONS["gap"], labels=lambda: labels[place], recipe=quick, teacher=lambda _: network).train(
            "molecules"
        )

    first, second = made(0), made(1)
    assert len(joint.learned) == 1  # the second was learned with the first
    assert first.training["baseline"] == first.baseline.training["held_out"]
    save_predictor(tmp_path / "p", second)
    again = load_predictor(tmp_path / "p")
    assert isinstance(again.brain.mind, Networks)
    np.testing.assert_array_equal(again.predict(items[:3])[0].values, second.predict(items[:3])[0].values)
