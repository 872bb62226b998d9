from __future__ import annotations

import numpy as np
import pytest

import sekkei.predict
from sekkei.core.errors import UserError
from sekkei.core.protocols import Evaluator, Predictor
from sekkei.materials.formula import parse_formula
from sekkei.predict.recipes import LESSONS

KNOWN = [parse_formula(f) for f in ("NaCl", "MgO", "Cu3Al", "Fe2O3", "GaAs")]


@pytest.mark.parametrize("domain", LESSONS)
def test_every_lesson_has_its_shipped_predictor_with_its_errors(domain):
    assert sorted(LESSONS[domain]) == sekkei.predict.shipped(domain)
    for one in sekkei.predict.evaluators(domain):
        assert isinstance(one, Evaluator)
        assert isinstance(one, Predictor)
        assert one.measure == LESSONS[domain][one.name].measure
        assert "coverage" in one.training["held_out"]
        assert one.training["objects"]["test"] >= 50
        assert "## Limits" in one.card


def value(name, *formulas):
    return sekkei.predict.load("materials", name).predict([parse_formula(f) for f in formulas])[0].values


def test_insulators_and_metals_are_told_apart():
    gaps = value("band_gap", "NaCl", "MgO", "Cu3Al")
    assert gaps[0] > 3
    assert gaps[1] > 3
    assert gaps[2] == 0
    metal = value("is_metal", "NaCl", "Cu3Al")
    assert metal[0] < 0.2
    assert metal[1] > 0.8
    assert value("band_gap_expt", "GaAs")[0] == pytest.approx(1.42, abs=0.5)  # Kittel, 300 K


def test_formation_energies_are_near_the_materials_project():
    # Materials Project, GGA/GGA+U mixing with MP2020 corrections: NaCl -2.1, MgO -3.0 eV/atom
    np.testing.assert_allclose(value("formation_energy", "NaCl", "MgO"), [-2.1, -3.0], atol=0.25)


def test_iron_is_magnetic_and_salt_is_not():
    moments = value("magnetic_moment", "Fe", "Fe3Co", "NaCl")
    assert moments[0] > 1.0
    assert moments[1] > 1.0
    assert moments[2] < 0.1


def test_known_compounds_look_more_like_compounds_than_nonsense():
    scores = value("icsd_likeness", "NaCl", "SrTiO3", "Fe2O3", "Na7Cl2", "XeCs5O", "He3AuF9")
    assert scores[:3].min() > scores[3:].max()


def test_unknown_names_are_refused_with_a_hint():
    with pytest.raises(UserError, match="did you mean 'band_gap'"):
        sekkei.predict.load("materials", "bandgap")
    with pytest.raises(UserError, match="unknown domain"):
        sekkei.predict.evaluators("proteins")
