"""Ion substitution and random prototypes as generators."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.generate.exchange import Substitution
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.domain import CRYSTALS
from sekkei.materials.geometry import check_geometry
from sekkei.materials.prototypes import prototype_of
from sekkei.testing import check_generator

LINES = (
    "225 Na:a Cl:b | 5.64",
    "221 Sr:a Ti:b O:c | 3.90",
    "136 Ti:a O:f | 4.60 2.96 O@.305",
    "227 Mg:a Al:d O:e | 8.08 O@.386",
)


@pytest.fixture(scope="module")
def prototypes():
    return [prototype_of(read_symmetric(line).crystal(), line) for line in LINES]


@pytest.mark.parametrize("evenly", [False, True])
def test_the_promises_of_a_generator_hold(prototypes, evenly):
    check_generator(Substitution(prototypes, evenly=evenly))


@pytest.mark.parametrize("evenly", [False, True])
def test_what_it_writes_are_sound_crystals_with_other_elements(prototypes, evenly):
    draws = Substitution(prototypes, evenly=evenly).draw(np.empty((60, 0)), seed=1)
    items = [CRYSTALS.parse(draw.text) for draw in draws]
    assert not any(isinstance(item, Problem) for item in items)
    assert not any(check_geometry(item) for item in items)
    formulas = {item.composition.formula for item in items}
    assert len(formulas) > 20
    assert not formulas & {"NaCl", "SrTiO3", "TiO2", "MgAl2O4"}


def test_elements_that_may_not_be_put_in_are_not(prototypes):
    draws = Substitution(prototypes[:1], frozenset({"K", "Br", "I", "Cl"})).draw(np.empty((30, 0)), seed=0)
    symbols = {site.symbol for draw in draws for site in read_symmetric(draw.text).sites}
    assert symbols == {"K", "Br", "I", "Cl"}
    none = Substitution(prototypes[:1], frozenset({"He"})).draw(np.empty((3, 0)), seed=0)
    assert [draw.text for draw in none] == ["", "", ""]


def test_elements_that_are_required_come_and_groups_are_kept(prototypes):
    source = Substitution(prototypes, required=("Li", "Ta"), groups=(221, 227))
    for draw in source.draw(np.empty((40, 0)), seed=0):
        apart = read_symmetric(draw.text)
        assert {"Li", "Ta"} <= {site.symbol for site in apart.sites}
        assert apart.group in (221, 227)
    exactly = Substitution(prototypes, frozenset({"Li", "Ta"}), required=("Li", "Ta"))
    systems = {read_symmetric(draw.text).composition.system for draw in exactly.draw(np.empty((30, 0)), seed=0)}
    assert systems == {"Li-Ta"}
    with pytest.raises(UserError, match="room for the required"):
        Substitution(prototypes, groups=(62,))


def test_it_needs_a_prototype():
    with pytest.raises(UserError, match="prototype"):
        Substitution([])
