"""Taking crystals apart and putting them together."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.structures import MATCHERS, symmetry
from sekkei.materials.symmetry.sites import Site, SymmetricCrystal, take_apart


def moved(item: Crystal, shift) -> Crystal:
    return crystal(item.lattice, item.numbers, item.positions + np.array(shift))


def test_rocksalt_has_one_free_number(rocksalt):
    apart = take_apart(rocksalt)
    assert apart == SymmetricCrystal(225, (282,), (Site("Na", "a"), Site("Cl", "b")))
    assert apart.parameters == (5.64,)
    assert apart.atoms == 2


@pytest.mark.parametrize("shift", [(0.5, 0.5, 0.5), (0.25, 0.25, 0.25), (0.1, 0.2, 0.3)])
def test_the_choice_of_origin_does_not_matter(rocksalt, perovskite, diamond, shift):
    for item in (rocksalt, perovskite, diamond):
        assert take_apart(moved(item, shift)) == take_apart(item)


def test_a_polar_axis_has_its_origin_on_an_atom_of_the_first_element():
    # wurtzite, P6_3mc: any height will do as origin
    lattice = [[3.82, 0, 0], [-1.91, 3.3082, 0], [0, 0, 6.26]]
    at = np.array([[1 / 3, 2 / 3, 0.2], [2 / 3, 1 / 3, 0.7], [1 / 3, 2 / 3, 0.575], [2 / 3, 1 / 3, 1.075]])
    apart = take_apart(crystal(lattice, [30, 30, 16, 16], at))
    assert (apart.group, [site.letter for site in apart.sites]) == (186, ["b", "b"])
    assert apart.sites[0] == Site("Zn", "b", (0,))
    assert apart.sites[1].levels[0] in (375, 875)
    assert take_apart(moved(crystal(lattice, [30, 30, 16, 16], at), (0, 0, 0.377))) == apart


def test_it_comes_back_the_same_and_exactly_symmetric(rocksalt, perovskite, diamond):
    for item in (rocksalt, perovskite, diamond):
        random = np.random.default_rng(0).normal(0, 0.01, item.positions.shape)
        shaken = crystal(item.lattice, item.numbers, item.positions + random @ np.linalg.inv(item.lattice))
        back = take_apart(shaken).crystal()
        assert MATCHERS["default"].matcher().fit(back.structure, item.structure)
        assert symmetry(back, 1e-6) == symmetry(item)


@pytest.mark.parametrize(
    ("apart", "kind"),
    [
        (SymmetricCrystal(225, (282,), ()), "empty"),
        (SymmetricCrystal(2, (200, 200, 200, 300, 300, 900), (Site("Li", "a"),)), "flat_cell"),
        (SymmetricCrystal(225, (282,), (Site("Na", "e", (0,)),)), "higher_symmetry"),
        (SymmetricCrystal(225, (2820,), tuple(Site("Na", "l", (k, 21, 34)) for k in range(50, 950, 50))), "too_large"),
    ],
)
def test_what_is_no_crystal_says_why(apart, kind):
    found = apart.crystal()
    assert isinstance(found, Problem)
    assert found.kind == kind


def test_collapsed_crystals_have_no_symmetry():
    assert take_apart(crystal(np.eye(3) * 4, [11, 11], [[0, 0, 0], [0.01, 0, 0]])).kind == "symmetry"
    assert take_apart(crystal(np.diag([4.0, 4.0, 200.0]), [11], [[0, 0, 0]])).kind == "too_large"
