"""Lessons that ship: what a network may have seen before it is judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from alloys import alloys

from sekkei.data.encoders import load_encoder
from sekkei.predict import materials_recipes
from sekkei.predict.blend import Blend
from sekkei.predict.fit import Labels, parts
from sekkei.predict.forest import Settings
from sekkei.predict.recipes import LESSONS
from sekkei.predict.trees import Recipe
from sekkei.train.tune import Pace


@pytest.fixture
def energies(base, monkeypatch):
    """The lesson of formation energies on invented ones, given the older values of what is kept aside."""
    brief, trees = Pace(3e-3, head=3e-3, epochs=6, least=1, batch=32), Settings(trees=20, leaves=7, least=5)
    for name, value in {"OLD_PACE": brief, "NEW_PACE": brief, "LARGE": trees, "NETWORKS": 1}.items():
        monkeypatch.setattr(materials_recipes, name, value)
    monkeypatch.setattr(materials_recipes, "_matbert", lambda: load_encoder(str(base)))

    def trained(of_kept_aside):
        new, old = alloys(200), alloys(400)  # the new are among the old
        shifted = np.where(parts(old.keys)[0], old.values + 1.0, of_kept_aside)
        frames = {"mp_e_form": Labels(old.items, old.keys, shifted)}
        monkeypatch.setattr(materials_recipes, "labels_of", lambda tables, *_: frames.get(tables[0].name, new))
        lesson = LESSONS["materials"]["formation_energy"]
        return replace(lesson, labels=lambda: new, recipe=Recipe("number", trees, folds=2)).train("materials")

    return trained


def test_formation_energies_go_on_from_an_older_frame_but_never_from_what_judges_them(energies):
    first, second = energies(of_kept_aside=0.0), energies(of_kept_aside=1e6)
    assert isinstance(first.brain.mind, Blend)
    assert first.training["held_out"] == second.training["held_out"]
    assert first.training["baseline"] == first.baseline.training["held_out"]
    assert first.training["held_out"]["mae"] < 0.5 * first.training["held_out"]["mad"]
