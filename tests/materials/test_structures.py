from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from sekkei.materials.crystal import Crystal, crystal, from_structure
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.structures import MATCHERS, crystal_key, first_matches, groups, prototype, symmetry


def supercell(item: Crystal, matrix, shift) -> Crystal:
    larger = item.structure.copy()
    larger.make_supercell(matrix)
    larger.translate_sites(range(len(larger)), shift)
    made = from_structure(larger)
    assert isinstance(made, Crystal)
    return made


def shaken(item: Crystal, size: float, seed: int) -> Crystal:
    """Every atom moved at random by about ``size`` Angstrom."""
    moved = np.random.default_rng(seed).normal(0, size, item.positions.shape) @ np.linalg.inv(item.lattice)
    return crystal(item.lattice, item.numbers, item.positions + moved)


def test_known_space_groups(rocksalt, perovskite, diamond):
    found = [symmetry(item) for item in (rocksalt, perovskite, diamond)]
    assert [s.number for s in found] == [225, 221, 227]
    assert [s.symbol for s in found] == ["Fm-3m", "Pm-3m", "Fd-3m"]
    assert prototype(perovskite) == "ABC3_221"
    assert symmetry(shaken(perovskite, 0.3, 0)).number == 1


def test_atoms_on_top_of_each_other_have_no_symmetry():
    doubled = crystal(np.eye(3) * 4, [11, 11], [[0, 0, 0], [0, 0, 0]])
    assert symmetry(doubled).kind == "symmetry"
    assert prototype(doubled) == "A_?"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-1, 2), min_size=3, max_size=3), st.lists(st.floats(-1, 1), min_size=3, max_size=3))
def test_every_cell_of_a_structure_has_one_key(perovskite, upper, shift):
    matrix = [[1, upper[0], upper[1]], [0, 1, upper[2]], [0, 0, 2]]
    again = supercell(perovskite, matrix, shift)
    assert crystal_key(again) == crystal_key(perovskite)


@pytest.mark.parametrize("edges", [(0.2, 0.3, 90.0), (0.6, 40.0, 50.0), (0.15, 0.2, 0.16)])
def test_a_collapsed_crystal_holds_nothing_up(edges):
    places = np.random.default_rng(0).random((19, 3))
    item = crystal(np.diag(edges), [6] * 19, places)
    assert item.collapsed
    assert symmetry(item).kind == "symmetry"
    assert groups([item, item, crystal(np.diag(edges), [6] * 19, places[:, ::-1])]) == [0, 0, 2]
    assert first_matches([item], {"C": [item]}) == [0]


def test_real_crystals_are_not_collapsed(rocksalt, perovskite, diamond):
    hydrogen = crystal(np.eye(3) * 3, [1, 1], [[0, 0, 0], [0.247, 0, 0]])
    assert not any(item.collapsed for item in (rocksalt, perovskite, diamond, hydrogen))


def test_other_structures_have_other_keys(rocksalt, perovskite, diamond):
    stretched = crystal(rocksalt.lattice * 1.01, rocksalt.numbers, rocksalt.positions)
    swapped = crystal(perovskite.lattice, [22, 38, 8, 8, 8], perovskite.positions)
    items = [rocksalt, perovskite, diamond, stretched, swapped]
    assert len({crystal_key(item) for item in items}) == len(items)
    assert crystal_key(rocksalt).startswith("NaCl:")


def test_groups_by_hand(rocksalt, perovskite, diamond):
    sheet = crystal(np.diag([2.46, 2.46, 6.7]), [6, 6], [[0, 0, 0], [0.5, 0.5, 0]])
    items = [diamond, rocksalt, supercell(rocksalt, [[1, 0, 0], [0, 1, 0], [0, 0, 2]], [0.1, 0, 0]), sheet,
             shaken(diamond, 0.02, 1), perovskite]  # fmt: skip
    assert groups(items) == [0, 1, 1, 3, 0, 5]
    with ThreadPoolExecutor(2) as pool:
        assert groups(items, executor=pool) == [0, 1, 1, 3, 0, 5]
    assert groups([]) == []


def test_groups_equal_those_of_plain_fits(data_file):
    real = [line.item for line in read_crystals_first(data_file("crystals/carbon24_structures.parquet"), 14)]
    mixed = [line.item for line in read_crystals_first(data_file("crystals/mp20_structures.parquet"), 6)]
    items = [*real, *mixed, *(shaken(item, 0.03, seed) for seed, item in enumerate(mixed)),
             *(shaken(item, 0.4, seed) for seed, item in enumerate(real[:4]))]  # fmt: skip
    for tolerances in (MATCHERS["default"], MATCHERS["lemat"]):
        matcher = tolerances.matcher()
        slow = []
        for place, item in enumerate(items):
            firsts = [one for one in dict.fromkeys(slow) if items[one].composition == item.composition]
            slow.append(next((one for one in firsts if matcher.fit(items[one].structure, item.structure)), place))
        assert groups(items, tolerances) == slow


def read_crystals_first(path, count):
    return [line for line, _ in zip(read_crystals(path), range(count), strict=False)]


def test_first_matches(rocksalt, perovskite, diamond):
    references = {"NaCl": [shaken(rocksalt, 1.0, 3), rocksalt], "C": []}
    assert first_matches([perovskite, shaken(rocksalt, 0.02, 0), diamond], references) == [None, 1, None]


def test_space_groups_are_spglibs(data_file):
    items = [line.item for line in read_crystals_first(data_file("crystals/mp20_structures.parquet"), 60)]
    ours = [symmetry(item).number for item in items]
    with warnings.catch_warnings(action="ignore"):
        theirs = [SpacegroupAnalyzer(item.structure, symprec=0.1).get_space_group_number() for item in items]
    assert np.mean(np.array(ours) == np.array(theirs)) >= 0.98
