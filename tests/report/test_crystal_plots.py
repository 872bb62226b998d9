"""Charts of a crystal say where it lies, and nothing in a name becomes markup."""

from __future__ import annotations

import re
from xml.dom.minidom import parseString

import pytest

from sekkei.materials.formula import parse_formula
from sekkei.materials.hull import hull_of
from sekkei.report.crystal_plots import Spot, hull_svg, powder_svg


def system(formulas: dict[str, float], of: str):
    found = hull_of(list(formulas), list(formulas.values())).system(parse_formula(of))
    return found, [Spot(one.formula, one.shares, one.energy, one.above) for one in found.phases]


def crosses(svg: str) -> tuple[float, float]:
    x, y = re.search(r'd="M([\d.]+) ([\d.]+)h10M[^"]+" stroke="#b3261e"', svg).groups()
    return float(x) + 5, float(y)


def test_a_binary_system_is_a_line_with_the_candidate_above_it():
    found, spots = system({"Li": -1.9, "O": -4.9, "Li2O": -4.8, "LiO": -4.9}, "Li2O2")
    assert {one.name for one in spots if one.stable} == {"Li", "O", "Li2O", "LiO"}
    assert found.formation(parse_formula("Li2O"), -4.8) == pytest.approx(-4.8 + (2 * 1.9 + 4.9) / 3)
    svg = hull_svg(found.symbols, spots, found.ties, Spot("Li3O", (0.75, 0.25), -1.0, 0.4))
    parseString(svg)  # noqa: S318 - drawn above
    assert len(found.ties) == 3
    assert svg.count("<circle") == 4
    left = crosses(svg)[0]
    assert left == pytest.approx(60 + 0.25 * 396, abs=0.2)


def test_a_ternary_system_is_a_triangle():
    energies = {"Li": -1.9, "Fe": -8.3, "O": -4.9, "Li2O": -4.8, "Fe2O3": -6.8, "LiFeO2": -6.4, "FeO": -6.0}
    found, spots = system(energies, "LiFeO2")
    svg = hull_svg(found.symbols, spots, found.ties, Spot("new", (1 / 3, 1 / 3, 1 / 3), -1.0, 0.4))
    parseString(svg)  # noqa: S318 - drawn above
    x, y = crosses(svg)
    assert x == pytest.approx(240, abs=0.2)
    assert y == pytest.approx(290 - 300 * 3**0.5 / 6, abs=0.2)
    stable = {place for place, one in enumerate(spots) if one.stable}
    assert {place for pair in found.ties for place in pair} == stable


def test_of_four_elements_the_phases_stand_by_number_of_elements_and_formation_energy():
    energies = {"Li": -1.9, "La": -4.9, "P": -5.4, "O": -4.9, "Li2O": -4.8, "La2O3": -8.4, "Li3PO4": -6.9, "LiLa": -3.0}
    found, spots = system(energies, "LiLaPO4")
    above = {one.name: one.above for one in spots}
    assert above["Li3PO4"] == 0
    assert above["LiLa"] == pytest.approx(-3.0 + (1.9 + 4.9) / 2)
    svg = hull_svg(found.symbols, spots, found.ties, Spot("LiLaPO4", (1 / 7, 1 / 7, 1 / 7, 4 / 7), -1.0, 0.5))
    parseString(svg)  # noqa: S318 - drawn above
    assert svg.count("<circle") == 4, "elements are no rung of their own"
    bar = float(re.search(r'd="M([\d.]+) [\d.]+v14', svg).group(1))
    assert bar < crosses(svg)[0], "the candidate lies above the hull"
    below = hull_svg(found.symbols, spots, found.ties, Spot("LiLaPO4", (1 / 7, 1 / 7, 1 / 7, 4 / 7), -1.0, -0.05))
    assert float(re.search(r'd="M([\d.]+) [\d.]+v14', below).group(1)) > crosses(below)[0]


def test_an_element_has_no_chart():
    assert hull_svg(["Li"], [], [], Spot("Li", (1.0,), 0.0, 0.0)) == ""


def test_a_powder_pattern_labels_its_strongest_and_escapes():
    svg = powder_svg([(20.0, 100.0, "(1 1 1)"), (40.0, 30.0, "<b>")], 5.0, 90.0)
    parseString(svg)  # noqa: S318 - drawn above
    assert "(1 1 1)" in svg
    assert "<b>" not in svg
