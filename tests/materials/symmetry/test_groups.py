"""The table of Wyckoff positions against published ones, against itself, and against spglib's eyes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pymatgen.analysis.prototypes
import pytest
import spglib
from monty.serialization import loadfn

from sekkei.core.errors import UserError
from sekkei.materials.crystal import Crystal
from sekkei.materials.symmetry.groups import LENGTHS, space_group
from sekkei.materials.symmetry.sites import Site, SymmetricCrystal, locate, origins

EVERY = range(1, 231)
PUBLISHED = Path(pymatgen.analysis.prototypes.__file__).parent


GENERAL = {"Li": (63, 442, 171), "Mn": (392, 73, 244), "O": (271, 333, 57)}


def general_crystal(number: int, letter: str) -> Crystal:
    """Uranium on a position, other elements on general ones so that the group is no higher."""
    group = space_group(number)
    last = max(group.positions, key=lambda one: (len(group.positions[one].images), one))
    sites = [Site("U", letter, (138, 221, 317)[: group.positions[letter].free])]
    sites += [Site(symbol, last, levels) for symbol, levels in GENERAL.items()]
    steps = {"a": 1400, "b": 1622, "c": 1894, "alpha": 871, "beta": 973, "gamma": 1031}
    made = SymmetricCrystal(number, tuple(steps[name] for name in group.free_cell), tuple(sites)).crystal()
    assert isinstance(made, Crystal)
    return made


def test_multiplicities_and_freedom_are_the_published_ones():
    counts = loadfn(PUBLISHED / "wyckoff-position-multiplicities.json.gz")
    free = loadfn(PUBLISHED / "wyckoff-position-params.json.gz")
    total = 0
    for number in EVERY:
        positions = space_group(number).positions
        assert {p.letter: p.multiplicity for p in positions.values()} == {
            k: int(v) for k, v in counts[str(number)].items()
        }
        assert {p.letter: p.free for p in positions.values()} == {k: int(v) for k, v in free[str(number)].items()}
        total += len(positions)
    assert total == 1731


@pytest.mark.parametrize(
    ("number", "letter", "text"),
    [(225, "b", "0,0,1/2"), (225, "e", "x,0,0"), (136, "f", "x,x,0"), (62, "c", "x,1/4,z"), (194, "b", "0,0,1/4")],
)
def test_representatives_of_international_tables(number, letter, text):
    assert space_group(number).positions[letter].text == text


@pytest.mark.parametrize("number", EVERY)
def test_images_make_the_primitive_cell(number):
    group = space_group(number)
    for position in group.positions.values():
        assert len(position.images) * group.centring == position.multiplicity
        point = position.offset + np.array([0.1387, 0.2213, 0.3171])[: position.free] @ position.axes
        found, levels = locate(group, point)
        assert found is position
        assert len(levels) == position.free


@pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING")
@pytest.mark.parametrize(
    "number", [1, 2, 5, 15, 43, 47, 64, 70, 88, 98, 122, 146, 148, 155, 166, 180, 194, 203, 214, 227]
)
def test_spglib_finds_the_group_and_the_letter_back(number):
    group = space_group(number)
    letters = list(group.positions)
    for letter in (letters[0], letters[len(letters) // 2], letters[-1]):
        made = general_crystal(number, letter)
        cell = (made.lattice.tolist(), made.positions.tolist(), made.numbers.tolist())
        found = spglib.get_symmetry_dataset(cell, symprec=1e-4)
        assert found.number == number
        place = made.numbers.tolist().index(92)
        standard = found.transformation_matrix @ made.positions[place] + found.origin_shift
        assert locate(group, standard)[0].letter == found.wyckoffs[place]


@pytest.mark.parametrize("number", [3, 14, 62, 99, 136, 166, 187, 194, 216, 225, 227])
def test_shifted_origins_keep_every_operation(number):
    group = space_group(number)
    for shift in origins(number):
        moved = group.shifts + (np.eye(3) - group.rotations) @ shift
        for turn, new in zip(group.rotations, moved, strict=True):
            same = (group.rotations == turn).all(axis=(1, 2))
            gaps = group.shifts[same] - new
            assert (np.abs(gaps - np.rint(gaps)).max(axis=1) < 1e-9).any()


def test_cells_have_the_shape_of_their_system():
    hexagonal = space_group(194).lattice((3.0, 5.0))
    np.testing.assert_array_equal(hexagonal[2], [0, 0, 5])
    assert np.linalg.norm(hexagonal[1]) == pytest.approx(3.0)
    assert hexagonal[0] @ hexagonal[1] == pytest.approx(-4.5)
    assert space_group(14).free_cell == (*LENGTHS, "beta")
    assert space_group(2).lattice((4.0, 4.0, 4.0, 30.0, 30.0, 90.0)) is None


def test_there_are_230():
    with pytest.raises(UserError, match="231"):
        space_group(231)
