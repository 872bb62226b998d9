"""Reactions balance, and start from what a chemist would take."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sekkei.core.types import Problem
from sekkei.materials.formula import parse_formula
from sekkei.materials.precursors import BATCH, Route, route


def atoms(side: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for term in side.split(" + "):
        amount, _, formula = term.rpartition(" ")
        item = parse_formula(formula)
        scale = 2 if re.fullmatch(r"(?:O|N|F|Cl|Br|I|H)2", formula) else 1
        for symbol, count in item.amounts:
            found[symbol] += float(amount or 1) * count * scale
    return found


@pytest.mark.parametrize(
    ("formula", "sources"),
    [
        ("LiFeO2", {"Li2CO3", "Fe2O3"}),
        ("SrTiO3", {"SrCO3", "TiO2"}),
        ("LiFePO4", {"Li2CO3", "Fe2O3", "NH4H2PO4"}),
        ("YBa2Cu3O7", {"Y2O3", "BaCO3", "CuO"}),
        ("BiOCl", {"Bi2O3", "NH4Cl"}),
        ("CsPbI3", {"CsI", "PbI2"}),
        ("Cs2AgBiBr6", {"CsBr", "AgBr", "BiBr3"}),
        ("Li3PS4", {"Li", "P", "S"}),
        ("GaN", {"Ga"}),
        ("NaCl", {"Na", "Cl2"}),
        ("CsVCl3", {"CsCl", "VCl2"}),  # the state it has in this compound, not the commonest
        ("Li6PS5Cl", {"Li2S", "P2S5", "LiCl"}),
        ("HfNCl", {"Hf3N4", "HfCl4"}),
        ("CaHCl", {"CaH2", "CaCl2"}),
        ("La2O2S", {"La2O3", "La2S3"}),
        ("Na2SO4", {"Na2CO3", "(NH4)2SO4"}),
    ],
)
def test_a_reaction_balances_and_starts_from_common_materials(formula, sources):
    found = route(parse_formula(formula))
    assert isinstance(found, Route)
    assert {one.formula for one in found.sources} == sources
    left, right = map(atoms, found.equation.split(" -> "))
    assert left == pytest.approx(right, abs=2e-3)
    assert parse_formula(formula).formula in found.equation.split(" -> ")[1].split(" + ")
    assert found.price > 0


def test_amounts_are_those_of_stoichiometry():
    found = route(parse_formula("SrTiO3"))
    masses = {one.formula: one.grams for one in found.sources}
    # molar masses: SrTiO3 183.49, SrCO3 147.63, TiO2 79.87 g/mol
    assert masses == pytest.approx({"SrCO3": BATCH * 147.63 / 183.49, "TiO2": BATCH * 79.87 / 183.49}, rel=1e-3)
    assert "8.05 g SrCO3" in found.text


@pytest.mark.parametrize(("formula", "kind"), [("Si", "element"), ("TiO2", "common"), ("CaCO3", "common")])
def test_what_is_bought_as_it_is_needs_no_reaction(formula, kind):
    found = route(parse_formula(formula))
    assert isinstance(found, Problem)
    assert found.kind == kind
