"""Energies above hull against hand-made, linear-programming and published answers."""

from __future__ import annotations

import math

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.optimize import linprog

from sekkei.materials.formula import parse_formula
from sekkei.materials.hull import MOST_ELEMENTS, Entry, Hull, hull_of, place_all

FORMULAS = ["Li2O", "Fe2O3", "FeO", "LiFeO2", "Li5FeO4"]
ENERGIES = [-2.0, -1.7, -1.45, -1.6, -2.0]


@pytest.fixture(scope="module")
def oxides() -> Hull:
    return hull_of(FORMULAS, ENERGIES, elements_at_zero=True)


def test_a_compound_above_the_hull_decomposes_into_its_neighbours():
    hull = hull_of(["Li2O", "Fe2O3"], [-2.0, -1.7], elements_at_zero=True)
    placed = hull.place(parse_formula("LiFeO2"), -1.7)
    # 2 LiFeO2 -> Li2O + Fe2O3: 3 atoms at -2.0 and 5 at -1.7
    assert placed.e_above_hull == pytest.approx(-1.7 - (3 * -2.0 + 5 * -1.7) / 8)
    assert placed.text == "0.5 Fe2O3 + 0.5 Li2O"
    assert dict(placed.products) == pytest.approx({"Li2O": 0.5, "Fe2O3": 0.5})


def test_a_material_that_lowers_the_hull_is_negative_and_one_on_it_zero(oxides):
    assert oxides.place(parse_formula("FeO"), -1.45).e_above_hull == 0
    lower = oxides.place(parse_formula("FeO"), -1.55)
    assert lower.e_above_hull == pytest.approx(-0.1)
    assert lower.text == "FeO"
    others = oxides.place(parse_formula("FeO"), -1.45, against_others=True)
    # 3 FeO -> Fe + Fe2O3: the hull without FeO is 5/6 of -1.7
    assert others.e_above_hull == pytest.approx(-1.45 + 5 * 1.7 / 6)
    assert others.text == "0.3333 Fe2O3 + 0.3333 Fe"


def test_only_the_lowest_polymorph_is_a_reference():
    item = parse_formula("TiO2")
    hull = Hull([Entry(item, -3.0), Entry(item, -3.2), Entry(item, -3.1)], elements_at_zero=True)
    assert len(hull) == 1
    assert hull.lowest(item) == -3.2
    assert hull.place(item, -3.0).e_above_hull == pytest.approx(0.2)


def test_amounts_balance(oxides):
    item = parse_formula("Li3Fe2O4")
    placed = oxides.place(item, -1.0)
    left = dict(item.amounts)
    for formula, units in placed.products:
        for symbol, amount in parse_formula(formula).amounts:
            left[symbol] -= units * amount
    assert max(map(abs, left.values())) < 1e-6


def test_total_energies_need_the_elements():
    hull = hull_of(["Li", "O2", "Li2O"], [-1.9, -4.9, -4.8])
    placed = hull.place(parse_formula("Li2O2"), -4.5)
    # Li2O2 -> Li2O + O: 3 atoms at -4.8 and 1 at -4.9
    assert placed.e_above_hull == pytest.approx(-4.5 + (3 * 4.8 + 4.9) / 4)
    assert hull.place(parse_formula("NaLiO"), -4.0).kind == "no_reference"
    assert "Na" in hull.place(parse_formula("NaLiO"), -4.0).message
    assert hull.place(parse_formula("Li"), -1.8).e_above_hull == pytest.approx(0.1)
    assert hull.place(parse_formula("Li"), -1.8, against_others=True).kind == "no_reference"


def test_bad_rows_keep_their_place_and_say_why(oxides):
    many = "HLiBeBCNOFNaMg"
    answers = place_all(oxides, ["FeO", "Xx2O", "FeO", many], [-1.35, -1.0, math.nan, -1.0])
    assert answers[0].e_above_hull == pytest.approx(0.1)
    assert [answer.kind for answer in answers[1:]] == ["element", "not_finite", "too_large"]
    assert len(parse_formula(many).symbols) > MOST_ELEMENTS


@pytest.mark.parametrize("seed", range(5))
def test_hull_energy_is_the_cheapest_mixture(seed):
    """The definition itself: minimise the energy over all mixtures of the right composition, by linear programming."""
    random = np.random.default_rng(seed)
    symbols = ("Li", "Mn", "O", "P")
    counts = np.unique(random.integers(0, 4, (30, 4)), axis=0)
    counts = counts[(counts > 0).sum(axis=1) > 1]
    items = [parse_formula("".join(f"{s}{n}" for s, n in zip(symbols, row, strict=True) if n)) for row in counts]
    entries = [
        Entry(item, float(energy)) for item, energy in zip(items, random.uniform(-2, 0, len(items)), strict=True)
    ]
    hull = Hull(entries, elements_at_zero=True)
    shares = np.array([[dict(e.item.amounts).get(s, 0) / e.item.atoms for s in symbols] for e in entries])
    shares, energies = np.vstack([shares, np.eye(4)]), [*(e.energy for e in entries), 0, 0, 0, 0]
    for wanted in ("LiMnPO4", "Li3PO4", "Mn2O3"):
        item = parse_formula(wanted)
        target = [dict(item.amounts).get(s, 0) / item.atoms for s in symbols]
        best = linprog(energies, A_eq=shares.T, b_eq=target).fun
        assert hull.place(item, 0.0).e_above_hull == pytest.approx(-best, abs=1e-7)


def test_published_decomposition_energies(data_file):
    table = pq.read_table(data_file("hull/mp_ground_states_85k.parquet")).to_pydict()
    hull = hull_of(table["formula"], table["formation_energy_per_atom"], elements_at_zero=True)
    rows = np.random.default_rng(1).choice(len(table["formula"]), 40, replace=False)
    placed = place_all(
        hull,
        [table["formula"][row] for row in rows],
        [table["formation_energy_per_atom"][row] for row in rows],
        against_others=True,
    )
    off = [abs(one.e_above_hull - table["decomposition_energy"][row]) for one, row in zip(placed, rows, strict=True)]
    assert np.mean(np.array(off) < 0.001) >= 0.95
