"""Crystals that a network writes: masks keep every wish, and each attempt says what became of it."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Draw
from sekkei.generate import materials
from sekkei.generate.crystals import AIMED, USUAL, CrystalModel, load
from sekkei.generate.shelf import load as load_any
from sekkei.materials.codecs.wyckoff import WyckoffCodec, read_symmetric
from sekkei.materials.constraints import Constraints
from sekkei.materials.lines import examine
from sekkei.materials.structures import groups
from sekkei.materials.symmetry.sites import SymmetricCrystal
from sekkei.materials.wishes import CrystalWishes
from sekkei.testing import check_generator

WISHES = [
    CrystalWishes(),
    CrystalWishes(formula="SrTiO3"),
    CrystalWishes(Constraints(system="Li-P-S", profile="none"), most_atoms=30),
    CrystalWishes(Constraints(elements=("Li", "O", "P")), groups=(62, 225)),
    CrystalWishes(Constraints(exclude=("O", "Pb"), contains=("Na",))),
    CrystalWishes(Constraints(max_elements=2)),
    CrystalWishes(formula="Li3PS4", groups=(31, 62), most_atoms=32),
]


@pytest.fixture(scope="module")
def model(tiny_crystals) -> CrystalModel:
    return load(str(tiny_crystals))


@pytest.mark.parametrize("wishes", WISHES, ids=lambda wishes: ", ".join(wishes.words()))
def test_no_wish_is_ever_broken(model, wishes):
    free = model.conditions([], 60, seed=0)
    for draw in model.draw(free, seed=1, wishes=wishes):
        apart = read_symmetric(draw.text)
        assert isinstance(apart, SymmetricCrystal), draw.text
        assert not wishes.broken(apart)


def test_the_promises_of_a_generator_hold(model):
    check_generator(model)


def test_a_line_never_outgrows_the_network(model):
    """The network of the tests has 128 positions; lines of P1 with 52 atoms would need 480."""
    wishes = CrystalWishes(Constraints(contains=("Li", "Fe", "P", "O"), profile="none"), groups=(1, 2))
    codec = WyckoffCodec()
    draws = model.draw(model.conditions([], 40, seed=0), seed=3, wishes=wishes)
    lengths = [len(codec.encode(draw.text)) for draw in draws]
    assert max(lengths) <= model.longest == 110
    assert max(lengths) > 60


def test_different_sound_crystals_are_found_and_the_others_counted(model):
    found = model.generate(12, seed=0, wishes=CrystalWishes(Constraints(profile="smact")))
    assert len(found.rows) == len({row.key for row in found.rows}) == 12
    assert not any(row.problem for row in found.rows)
    assert groups([row.item for row in found.rows]) == list(range(12))
    assert found.attempts >= 12 + sum(found.lost.values())
    assert model.generate(12, seed=0).rows[0].text == found.rows[0].text
    aimed = model.generate(3, {"band_gap": 2.0}, seed=0)
    assert len(aimed.rows) == 3
    with pytest.raises(UserError, match="covers band_gap"):
        model.generate(3, {"band_gap": 40.0})


def test_targets_are_aimed_at_as_on_the_command_line(model):
    asked = {"band_gap": 2.0}
    usual, same, plain = (model.generate(6, asked, seed=4, settings=how) for how in (None, AIMED, USUAL))
    assert [row.text for row in usual.rows] == [row.text for row in same.rows] != [row.text for row in plain.rows]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("225 Na:a Cl:b | 5.64", ""),
        ("225 Na:a Cl:b", "syntax"),
        ("227 Si:a | 1.02", "volume"),
        ("221 Na:a | 1.00", "density"),
        ("123 Sr:h Fe:a O:b O:g | 4.10 3.82 Sr@.253 O@.278", "close_atoms"),  # Sr and Sr 1.89 Angstrom apart
        ("225 Na:a Cl:c | 6.00", "charges"),
        ("225 K:a Cl:b | 5.64", "broken"),
        ("166 Na:c Cl:c | 4.00 12.00 Na@.000 Cl@.300", "higher_symmetry"),
    ],
)
def test_what_no_mask_keeps_is_said_of_each_attempt(line, kind):
    row = examine(Draw(7, line), CrystalWishes(Constraints(exclude=("K",))))
    assert (row.problem.kind if row.problem else "") == kind
    assert row.facts()["attempt"] == 7
    assert row.facts()["line"] == line


def test_a_space_group_that_was_asked_for_is_the_one_the_atoms_have():
    diamond = "216 Si:a Si:c | 5.44"  # sphalerite's positions with one element are diamond's
    asked, free = (examine(Draw(0, diamond), CrystalWishes(groups=groups)) for groups in ((216,), ()))
    assert asked.problem.kind == "higher_symmetry"
    assert free.problem is None
    assert (free.group, free.facts()["spacegroup"], free.name) == (227, 227, "Si-227-0")
    assert examine(Draw(0, "216 Zn:a S:c | 5.42"), CrystalWishes(groups=(216,))).problem is None


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        (CrystalWishes(formula="SrTx"), "Tx"),
        (CrystalWishes(formula="SrTiO3", constraints=Constraints(exclude=("O",))), "has O"),
        (CrystalWishes(formula="C33H40"), "73"),
        (CrystalWishes(groups=(231,)), "space group 231"),
        (CrystalWishes(Constraints(pattern="ABX3")), "formula types"),
        (CrystalWishes(most_atoms=0), "outside 1 to 52"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused(model, wishes, words):
    with pytest.raises(UserError) as caught:
        model.draw(np.full((1, 3), np.nan), seed=0, wishes=wishes)
    assert words in str(caught.value) or words in caught.value.what


def test_levels_are_not_mixed_up(tiny_crystals, tiny_model):
    assert isinstance(load_any(str(tiny_crystals)), CrystalModel)
    with pytest.raises(UserError, match="model of crystals"):
        materials.load(str(tiny_crystals))
    with pytest.raises(UserError, match="model of molecules"):
        load(str(tiny_model))
