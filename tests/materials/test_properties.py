from __future__ import annotations

import numpy as np
import pytest
from pymatgen.analysis.cost import CostAnalyzer, CostDBElements
from pymatgen.analysis.hhi import HHIModel

from sekkei.core.errors import UserError
from sekkei.materials.evaluators import CRYSTAL_EVALUATORS, EVALUATORS, crystal_evaluators, evaluators
from sekkei.materials.formula import parse_formula
from sekkei.materials.hazard import HAZARDS, hazard
from sekkei.materials.properties import CRYSTAL_PROPERTIES, PROPERTIES, table
from sekkei.testing import check_evaluator

ITEMS = [parse_formula(text) for text in ("Fe2O3", "PbTiO3", "PmO2", "CsAu", "NaHe", "C", "H2O", "Og")]


def value(name, text):
    answer = PROPERTIES[name].compute(parse_formula(text))
    return answer if isinstance(answer, tuple) else (answer, "")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("elements", "SrTiO3", 3),
        ("atoms", "Sr2Ti2O6", 5),
        ("mean_mass", "Fe2O3", 31.938),
        ("electronegativity_difference", "NaCl", 3.16 - 0.93),
        ("electronegativity_difference", "Fe", 0.0),
        ("abundance", "PbTiO3", 14.0),
    ],
)
def test_known_values(name, text, expected):
    assert value(name, text)[0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("text", ["PbTiO3", "GaAs", "LiCoO2", "TiAl", "PtPd3"])
def test_costs_and_concentrations_are_pymatgens(text):
    assert value("cost", text)[0] == pytest.approx(CostAnalyzer(CostDBElements()).get_cost_per_kg(text), rel=1e-6)
    production, reserve = HHIModel().get_hhi(text)
    assert value("hhi_production", text)[0] == pytest.approx(production)
    assert value("hhi_reserve", text)[0] == pytest.approx(reserve)


def test_notes_say_what_decides_and_what_is_missing():
    assert value("cost", "PtPd3")[1] == "Pt 57%"
    assert value("abundance", "PbTiO3")[1] == "Pb"
    for name, text, words in (
        ("cost", "UO2", "no price of U"),
        ("hhi_production", "H2O", "no index of H"),
        ("electronegativity_difference", "NaHe", "no electronegativity of He"),
        ("abundance", "PuO2", "no crustal abundance of Pu"),
    ):
        number, note = value(name, text)
        assert np.isnan(number)
        assert note == words
        problem = EVALUATORS[name]([parse_formula(text)])[0].problems[0]
        assert (problem.kind, problem.message) == ("undefined", words)


def test_table_equals_the_single_functions():
    single = [[value(name, item.formula)[0] for name in PROPERTIES] for item in ITEMS]
    np.testing.assert_array_equal(table(ITEMS), np.array(single))
    assert table([]).shape == (0, len(PROPERTIES))


@pytest.mark.parametrize(
    ("text", "count", "note"),
    [
        ("SrTiO3", 0, ""),
        ("PbTiO3", 1, "Pb toxic, restricted"),
        ("UO2", 1, "U radioactive, nuclear"),
        ("Bi2Te3", 0, ""),
        ("TcO2", 1, "Tc radioactive"),
        ("CdTlAs", 3, "Cd toxic, restricted; Tl toxic; As toxic"),
    ],
)
def test_hazards(text, count, note):
    number, words = hazard(parse_formula(text))
    assert number == count
    assert sorted(words.split("; ")) == sorted(note.split("; "))


def test_lists_have_their_source():
    assert all(entry.source and entry.symbols for entry in HAZARDS)
    assert {"Po", "Rn", "U", "Og", "Tc", "Pm"} <= HAZARDS[1].symbols
    assert not HAZARDS[1].symbols & {"Bi", "Pb", "Nd"}
    measures = [entry.measure for entry in (*PROPERTIES.values(), *CRYSTAL_PROPERTIES.values())]
    assert all(measure.source and measure.title for measure in measures)


@pytest.mark.parametrize("name", EVALUATORS)
def test_evaluators_of_compositions_keep_their_promises(name):
    check_evaluator(EVALUATORS[name], ITEMS)


@pytest.mark.parametrize("name", CRYSTAL_EVALUATORS)
def test_evaluators_of_crystals_keep_their_promises(name, rocksalt, perovskite, diamond):
    check_evaluator(CRYSTAL_EVALUATORS[name], [rocksalt, perovskite, diamond])


def test_evaluators_are_found_by_name(rocksalt):
    assert [entry.name for entry in evaluators(["cost", "hazard", "cost"])] == ["cost", "hazard"]
    column = crystal_evaluators(["spacegroup"])[0]([rocksalt])[0]
    assert column.values[0] == 225
    assert column.notes == ["Fm-3m"]
    with pytest.raises(UserError, match="did you mean 'hazard'"):
        evaluators(["hasard"])
