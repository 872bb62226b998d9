"""Prototypes with other elements: known lattices, kept symmetry, exchange probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.types import Problem
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import crystal
from sekkei.materials.prototypes import (
    aflow_prototypes,
    prototype_of,
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
