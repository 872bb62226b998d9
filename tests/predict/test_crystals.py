"""Energies before and after relaxation as evaluators: every row kept, each with its reason."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.evaluators import EVALUATORS
from sekkei.materials.hull import hull_of
from sekkei.predict.crystals import (
    GEOMETRY,
    RELAXED_HULL,
    EnergyEvaluator,
    OfComposition,
    RelaxationEvaluator,
    relaxed_crystal,
)
from sekkei.predict.relaxation import Limits
from sekkei.testing import check_evaluator

LINES = ("225 Na:a Cl:b | 5.50", "225 K:a Br:b | 6.60", "227 Si:a | 1.02")
ITEMS = [read_symmetric(line).crystal() for line in LINES]
HULL = hull_of(["Na", "Cl", "NaCl"], [-1.3, -1.8, -3.4])


def test_the_promises_of_an_evaluator_hold():
    check_evaluator(EnergyEvaluator(hull=HULL), ITEMS)
    check_evaluator(OfComposition(EVALUATORS["cost"]), ITEMS)
    check_evaluator(RelaxationEvaluator(limits=Limits(steps=1)), ITEMS[:1])


def test_energies_are_placed_on_the_hull_or_say_why_not():
    energy, above = EnergyEvaluator(hull=HULL)(ITEMS)
    # a formation energy of -2.1 eV/atom on -1.31 for Na and -1.84 for Cl, all of the Materials Project
    assert energy.values[0] == pytest.approx(-2.1 - (1.31 + 1.84) / 2, abs=0.06)
    assert above.values[0] == pytest.approx(energy.values[0] + 3.4, abs=1e-6)
    assert [problem.kind if problem else "" for problem in above.problems] == ["", "no_reference", "overlap"]
    assert [problem.kind for problem in EnergyEvaluator()(ITEMS[:1])[1].problems] == ["no_phases"]


def test_a_relaxed_crystal_comes_back_from_its_note():
    columns = {column.measure.name: column for column in RelaxationEvaluator(limits=Limits(steps=8), hull=HULL)(ITEMS)}
    geometry, above = columns[GEOMETRY.name], columns[RELAXED_HULL.name]
    relaxed = relaxed_crystal(geometry.notes[0])
    assert relaxed.volume > ITEMS[0].volume  # it was compressed
    assert relaxed.volume / ITEMS[0].volume == pytest.approx(columns["volume_ratio"].values[0], abs=1e-6)
    assert columns["group_after"].values[0] == 225
    assert np.diff(above.interval[0]) == pytest.approx(2 * 2.06 * 0.030)
    assert geometry.problems[2].kind == "overlap"
    assert geometry.notes[2] == ""
    assert relaxed_crystal("") is None
    assert relaxed_crystal('{"lattice": 1}') is None
