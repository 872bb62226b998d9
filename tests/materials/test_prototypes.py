"""Prototypes with other elements: known lattices, kept symmetry, exchange probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import cif, crystal
from sekkei.materials.prototypes import (
    aflow_prototypes,
    prototype_of,
    prototypes_with,
    substituted,
)
from sekkei.materials.structures import symmetry


@pytest.fixture(scope="module")
def salt():
    return prototype_of(read_symmetric("225 Na:a Cl:b | 5.64").crystal(), "rocksalt")


@pytest.mark.parametrize(
    ("exchange", "measured"),
    [({"Na": "K", "Cl": "Br"}, 6.60), ({"Na": "Mg", "Cl": "O"}, 4.21), ({"Na": "Li", "Cl": "F"}, 4.03), ({}, 5.64)],
)
def test_scaled_cells_are_near_measured_ones(salt, exchange, measured):
    made = substituted(salt, exchange)
    assert made.group == 225
    assert made.parameters[0] == pytest.approx(measured, rel=0.12)


def test_cubic_perovskites_keep_their_symmetry():
    start = prototype_of(read_symmetric("221 Sr:a Ti:b O:c | 3.90").crystal(), "perovskite")
    assert ("O", "Ti", pytest.approx(1.95)) in start.contacts
    made = substituted(start, {"Sr": "Ba"}).crystal()
    assert made.composition.formula == "BaTiO3"
    assert symmetry(made, 1e-5).number == 221


@pytest.mark.parametrize("exchange", [{"Na": "Cl"}, {"Na": "K", "Cl": "K"}])
def test_two_elements_do_not_become_one(salt, exchange):
    found = substituted(salt, exchange)
    assert isinstance(found, Problem)
    assert found.kind == "element"


def test_neighbours_are_needed():
    assert prototype_of(crystal(np.eye(3) * 20, [18], [[0, 0, 0]]), "gas").kind == "isolated"


def test_the_library_is_whole():
    library = aflow_prototypes()
    assert len(library) == 288
    for one in library:
        assert one.contacts
    # some of the library's examples have more symmetry than their label within 0.1 Angstrom
    same = sum(one.apart.group == int(one.name.split("_")[2]) for one in library)
    assert same >= 270


ODD = "129 K:c Cl:c O:c | 5.00 7.00 K@.100 Cl@.350 O@.700"


def test_a_users_structures_join_those_of_aflow_and_repeated_types_are_dropped(tmp_path):
    perovskite = read_symmetric("221 K:a Mg:b F:c | 3.98").crystal()
    unheard = read_symmetric(ODD).crystal()
    (tmp_path / "a.cif").write_text(cif(perovskite), encoding="utf-8")
    (tmp_path / "b.cif").write_text(cif(unheard), encoding="utf-8")
    (tmp_path / "c.cif").write_text("data_x\n_atom_site_label broken\n", encoding="utf-8")
    parents, told = prototypes_with(tmp_path)
    added = parents[len(aflow_prototypes()) :]
    assert parents[: len(aflow_prototypes())] == aflow_prototypes()
    assert [one.apart.composition.formula for one in added] == [unheard.composition.formula]
    assert "adds 1 prototypes to AFLOW's; 1 are of a type" in told[0]
    assert "1 structures" in told[1]
    assert "no readable CIF" in told[1]
    assert substituted(added[0], {"K": "Rb"}).group == 129
    assert prototypes_with(None) == (aflow_prototypes(), [])


def test_a_file_without_any_structure_to_start_from_is_refused(tmp_path):
    broken = tmp_path / "broken.cif"
    broken.write_text("data_x\n_atom_site_label broken\n", encoding="utf-8")
    with pytest.raises(UserError, match="no structure to start from"):
        prototypes_with(broken)
    with pytest.raises(UserError):
        prototypes_with(tmp_path / "missing.cif")
