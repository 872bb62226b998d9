"""Oxidation states in words: published ones, and what chemists rarely meet."""

from __future__ import annotations

import pytest

from sekkei.materials.charges import charges
from sekkei.materials.formula import parse_formula
from sekkei.materials.validity import PROFILES


@pytest.mark.parametrize(
    ("formula", "verdict", "words"),
    [
        ("TiO2", "yes", "Ti4+ O2-"),
        ("LiFePO4", "yes", "Li+ Fe2+ P5+ O2-"),
        ("BaO2", "yes", "Ba2+ O- (rare: O-, 0.4 % of O)"),  # a peroxide
        ("KMnO4", "yes", "K+ Mn7+ O2- (rare: Mn7+, 0.7 % of Mn)"),
        ("Cu3Au", "yes", "all elements are metals, which mix without charges"),
        ("Fe3O4", "no", "no combination of the icsd24 oxidation states is neutral"),
    ],
)
def test_known_compounds(formula, verdict, words):
    assert charges(parse_formula(formula)) == (verdict, words)


def test_mixed_valence_is_said():
    assert charges(parse_formula("Fe3O4"), PROFILES["smact"], mixed_valence=True)[0] == "mixed"
