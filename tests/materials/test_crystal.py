from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from sekkei.core.types import Problem
from sekkei.materials.crystal import (
    MAX_SITES,
    Crystal,
    cif,
    crystal,
    from_parameters,
    from_structure,
    parse_cif,
    parse_poscar,
)

CUBE = [[4.0, 0, 0], [0, 4.0, 0], [0, 0, 4.0]]


def test_facts_about_rocksalt(rocksalt):
    assert rocksalt.composition.formula == "NaCl"
    assert rocksalt.volume == pytest.approx(5.64**3)
    assert rocksalt.density == pytest.approx(2.164, abs=0.002)
    assert rocksalt.density == pytest.approx(float(rocksalt.structure.density), rel=1e-6)
    nearest = rocksalt.distances + 9 * np.eye(8)
    np.testing.assert_allclose(nearest.min(axis=1), 2.82)


def test_a_crystal_cannot_be_changed_and_is_no_view_of_what_was_given():
    given_lattice = np.eye(3) * 4
    item = crystal(given_lattice, [11], [[0, 0, 0]])
    given_lattice[0, 0] = 9
    assert item.lattice[0, 0] == 4
    for array in (item.lattice, item.numbers, item.positions):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    ("lattice", "numbers", "positions", "kind"),
    [
        (CUBE, [], [], "empty"),
        (CUBE[:2], [11], [[0, 0, 0]], "shape"),
        (CUBE, [11, 17], [[0, 0, 0]], "shape"),
        (CUBE, [[11]], [[0, 0, 0]], "shape"),
        (CUBE, ["x"], [[0, 0, 0]], "shape"),
        (CUBE, [0], [[0, 0, 0]], "element"),
        (CUBE, [119], [[0, 0, 0]], "element"),
        (CUBE, [11], [[0, math.nan, 0]], "not_finite"),
        ([[math.inf, 0, 0], [0, 4, 0], [0, 0, 4]], [11], [[0, 0, 0]], "not_finite"),
        ([[4, 0, 0], [4, 0, 0], [0, 0, 4]], [11], [[0, 0, 0]], "flat_cell"),
        ([[4000, 0, 0], [0, 4, 0], [0, 0, 4]], [11], [[0, 0, 0]], "too_large"),
        (CUBE, [11] * (MAX_SITES + 1), [[0, 0, 0]] * (MAX_SITES + 1), "too_large"),
    ],
)
def test_impossible_arrays_are_refused(lattice, numbers, positions, kind):
    assert crystal(lattice, numbers, positions).kind == kind


def test_cell_parameters_are_pymatgens():
    lengths, angles = (3.1, 4.2, 5.3), (75.0, 101.0, 118.0)
    ours = from_parameters(lengths, angles, [6], [[0, 0, 0]])
    np.testing.assert_allclose(Lattice(ours.lattice).parameters, (*lengths, *angles))
    assert ours.lattice[0, 1] == ours.lattice[0, 2] == ours.lattice[1, 2] == 0
    assert ours.volume == pytest.approx(Lattice.from_parameters(*lengths, *angles).volume)


@pytest.mark.parametrize("angles", [(10, 10, 90), (90, 90, 0), (90, 90, 180), (math.nan, 90, 90)])
def test_impossible_angles_are_refused(angles):
    assert from_parameters((3, 3, 3), angles, [6], [[0, 0, 0]]).kind == "flat_cell"
    assert from_parameters((3, 0, 3), (90, 90, 90), [6], [[0, 0, 0]]).kind == "flat_cell"


@pytest.mark.parametrize("symprec", [None, 0.01])
def test_cif_there_and_back(rocksalt, perovskite, diamond, symprec):
    for item in (rocksalt, perovskite, diamond):
        again = parse_cif(cif(item, symprec))
        assert again.composition == item.composition
        assert len(again) == len(item)
        assert again.volume == pytest.approx(item.volume, rel=1e-6)


def test_atoms_on_top_of_each_other_are_written_one_by_one():
    heap = crystal(np.eye(3) * 4, [8, 8], [[0, 0, 0], [0.001, 0, 0]])
    assert cif(heap, 0.1) == cif(heap)


def test_partial_occupancy_is_refused():
    mixed = Structure(Lattice.cubic(4), [{"Na": 0.5, "K": 0.5}, "Cl"], [[0, 0, 0], [0.5] * 3])
    assert from_structure(mixed).kind == "disorder"
    assert parse_cif(str(mixed.to(fmt="cif"))).kind == "disorder"


def test_oxidation_states_are_dropped_and_placeholders_refused():
    charged = Structure(Lattice.cubic(4), ["Na+", "Cl-"], [[0, 0, 0], [0.5] * 3])
    assert from_structure(charged).composition.formula == "NaCl"
    assert from_structure(Structure(Lattice.cubic(4), ["X"], [[0, 0, 0]])).kind == "element"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("# nothing", "syntax"),
        ("x" * 1_000_001, "too_large"),
        ("data_a\nloop_\n_atom_site_label\n_atom_site_fract_x\nNa 0.0\n", "syntax"),
    ],
)
def test_broken_cifs_are_refused(text, kind):
    assert parse_cif(text).kind == kind


POSCAR = "salt\n1.0\n4 0 0\n0 4 0\n0 0 4\nNa Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"


def test_poscar():
    assert parse_poscar(POSCAR).composition.formula == "NaCl"
    assert parse_poscar("nonsense").kind == "syntax"
    nameless = parse_poscar(POSCAR.replace("Na Cl\n", ""))
    assert isinstance(nameless, Problem)
    assert parse_poscar("").kind == "empty"
    for count in ("1 99999999999999", "1 501"):
        assert parse_poscar(POSCAR.replace("1 1", count)).kind == "too_large"


def many_atoms(count, group):
    places = np.random.default_rng(0).random((count, 3))
    rows = "\n".join(f"C{row} C {x:.4f} {y:.4f} {z:.4f}" for row, (x, y, z) in enumerate(places))
    cell = "".join(f"_cell_length_{edge} 50\n" for edge in "abc")
    cell += "".join(f"_cell_angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma"))
    sites = "".join(f"_atom_site_{word}\n" for word in ("label", "type_symbol", "fract_x", "fract_y", "fract_z"))
    return f"data_x\n{cell}_symmetry_space_group_name_H-M '{group}'\nloop_\n{sites}{rows}\n"


@pytest.mark.parametrize(("count", "group"), [(20_000, "P 1"), (400, "F m -3 m")])
def test_endless_work_is_refused(count, group):
    assert parse_cif(many_atoms(count, group)).kind == "too_large"


def test_large_cells_up_to_the_limit_are_read():
    assert len(parse_cif(many_atoms(MAX_SITES, "P 1"))) == MAX_SITES


GOOD = cif(crystal(CUBE, [11, 17], [[0, 0, 0], [0.5, 0.5, 0.5]]))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_are_read_or_refused(data):
    for text, parse in ((GOOD, parse_cif), (POSCAR, parse_poscar)):
        place = data.draw(st.integers(0, len(text) - 1))
        length = data.draw(st.integers(0, 12))
        middle = data.draw(st.text(max_size=6) | st.sampled_from(["nan", "1e308", "-1", "'", ";", "loop_", "0"]))
        assert isinstance(parse(text[:place] + middle + text[place + length :]), Crystal | Problem)
