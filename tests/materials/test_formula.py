from __future__ import annotations

from fractions import Fraction

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition as Theirs

from sekkei.core.types import Problem
from sekkei.materials.formula import MAX_AMOUNT, SYMBOLS, Composition, composition, parse_formula


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("Fe2O3", "Fe2O3"),
        ("O3Fe2", "Fe2O3"),
        ("Fe4O6", "Fe2O3"),
        ("Ca(OH)2", "CaH2O2"),
        ("CuSO4·5H2O", "CuH10SO9"),
        ("CuSO4 * 5 H2O", "CuH10SO9"),
        ("2CaSO4·H2O", "Ca2H2S2O9"),
        ("Ba0.4K0.6Fe2As2", "K3Ba2Fe10As10"),
        ("NaN", "NaN"),
        ("Fe₂O₃", "Fe2O3"),
        (" Fe 2 O 3 ", "Fe2O3"),
        ("((Fe)2[O])3", "Fe2O"),
        ("{[Fe2]3(O)}2", "Fe6O"),
        ("Fe.5Ni.5", "FeNi"),
        ("D2O", "H2O"),
        ("Fe1e3O", "Fe1000O"),
        ("Fe2O0", "Fe"),
        ("CO", "CO"),
        ("Co", "Co"),
        ("O2", "O"),
    ],
)
def test_known_formulas(text, formula):
    found = parse_formula(text)
    assert found.formula == formula
    assert parse_formula(formula) == found


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("", "empty", "no formula"),
        ("  ", "empty", "no formula"),
        ("H0", "empty", "above 0"),
        ("nan", "syntax", "capital letter"),
        ("fe2o3", "syntax", "capital letter"),
        ("Fe2o3", "syntax", "character 4"),
        ("Xx2O", "element", "did you mean Xe"),
        ("LiFePO4:Mn", "syntax", "character 8"),
        ("Fe2+", "charge", "neutral"),
        ("Fe-2", "charge", "signs"),
        ("(FeO", "bracket", "not closed"),
        ("FeO)2", "bracket", "no partner"),
        ("(FeO]2", "bracket", "no partner"),
        ("5", "syntax", "no element"),
        ("Fe2 3", "syntax", "belongs to no element"),
        ("Fe1.2.3", "syntax", "belongs to no element"),
        ("CuSO4.5H2O", "ambiguous", "·"),
        ("NaCl.2H2O", "ambiguous", "·"),
        ("Fe" + "9" * 30, "too_large", "characters"),
        ("Fe1e99O", "too_large", "whole numbers"),
        ("Fe" * 400, "too_large", "500"),
        ("(" * 20 + "Fe" + ")" * 20, "too_large", "deep"),
        ("·Fe", "syntax", "no element"),
        ("Fe·", "syntax", "no element"),
    ],
)
def test_what_is_no_formula_says_why(text, kind, words):
    found = parse_formula(text)
    assert isinstance(found, Problem)
    assert found.kind == kind
    assert words in found.message


def test_facts_about_a_composition():
    item = parse_formula("Fe4O6")
    assert item.symbols == ("Fe", "O")
    assert item.atoms == 5
    assert item.mass == pytest.approx(159.69, abs=0.01)
    assert item.system == "Fe-O"
    assert item.anonymous == "A2B3"
    assert item.mass_fractions["Fe"] == pytest.approx(0.6994, abs=1e-4)
    assert parse_formula("MgAl2O4").anonymous == "AB2C4"
    assert {parse_formula("Fe2O3"), parse_formula("O6Fe4")} == {item}


def test_amounts_of_other_kinds_are_checked():
    assert composition({"Fe": 0, "O": 0}).kind == "empty"
    assert composition({"Fe": -1, "O": 1}).kind == "negative"
    assert composition({"Qq": 1}).kind == "element"
    assert composition({"Fe": MAX_AMOUNT + 1, "O": 1}).kind == "too_large"


amounts = st.integers(1, 40).map(str) | st.decimals("0.01", "9.99", places=2).map(str) | st.just("")
flat = st.lists(st.tuples(st.sampled_from(SYMBOLS[:103]), amounts).map("".join), min_size=1, max_size=6).map("".join)
nested = st.tuples(flat, flat, st.integers(1, 9)).map(lambda parts: f"{parts[0]}({parts[1]}){parts[2]}")


@settings(max_examples=300, deadline=None)
@given(flat | nested)
def test_proportions_are_pymatgens(text):
    ours = parse_formula(text)
    if isinstance(ours, Problem):
        assert ours.kind == "ambiguous"
        return
    theirs = {str(element): amount for element, amount in Theirs(text).element_composition.items()}
    total = sum(theirs.values())
    assert {s: pytest.approx(a / total, rel=1e-9) for s, a in theirs.items()} == {
        s: a / ours.atoms for s, a in ours.amounts
    }


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30) | st.text("FeOH24().·[]+-e", max_size=20))
def test_any_text_is_read_or_refused(text):
    found = parse_formula(text)
    assert isinstance(found, Composition | Problem)
    if isinstance(found, Composition):
        assert parse_formula(found.formula) == found


@pytest.mark.parametrize(
    ("table", "column"),
    [("matbench_steels_yield", "formula"), ("supercon_tc", "composition"), ("matbench_expt_gap", "formula")],
)
def test_real_tables_are_read_to_the_last_row_as_pymatgen_reads_them(data_file, table, column):
    texts = pq.read_table(data_file(f"compositions/{table}.parquet"), columns=[column])[column].to_pylist()[:1500]
    for text in texts:
        ours, theirs = parse_formula(text), Theirs(text)
        # decimals that are short for thirds are read as these
        assert {s: pytest.approx(theirs.get_atomic_fraction(s), rel=2e-3) for s in ours.symbols} == {
            s: a / ours.atoms for s, a in ours.amounts
        }
        assert len(theirs.chemical_system.split("-")) == len(ours.symbols)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Zr0.3333333Ti0.6666667O2", "ZrTi2O6"),
        ("Li0.333CoO2", "LiCo3O6"),
        ("Ti0.666Zr0.333O2", "ZrTi2O6"),  # cut off, not rounded
        ("Na0.1667WO3", "NaW6O18"),
        ("K0.1429MnO2", "KMn7O14"),
        ("Ba0.333K0.667Fe2As2", "BaK2(Fe2As2)3"),
    ],
)
def test_decimals_without_end_are_the_fractions_they_are_short_for(text, same):
    assert parse_formula(text) == parse_formula(same)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("Ba0.33K0.67Fe2As2", {"Ba": "0.33", "K": "0.67", "Fe": "2", "As": "2"}),
        ("Li0.334CoO2", {"Li": "0.334", "Co": "1", "O": "2"}),
        ("Li0.143CoO2", {"Li": "0.143", "Co": "1", "O": "2"}),
        ("Ni0.3334Al0.6666", {"Ni": "0.3334", "Al": "0.6666"}),
        ("Fe0.167C0.013Ni0.820", {"Fe": "0.167", "C": "0.013", "Ni": "0.820"}),  # contents of an alloy
    ],
)
def test_other_decimals_stay_as_they_are(text, amounts):
    assert parse_formula(text) == composition({symbol: Fraction(amount) for symbol, amount in amounts.items()})
