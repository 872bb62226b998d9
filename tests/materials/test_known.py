"""Classes of novelty of crystals: by occupied sites, and by the known structures where they are at hand."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.known import KnownStructures, hashes_of, known_of
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.symmetry.occupation import occupation

LINES = {
    "perovskite": "221 Sr:a Ti:b O:c | 3.92",
    "rock salt": "225 Na:a Cl:b | 5.64",
    "rutile": "136 Ti:a O:f | 4.60 2.96 O@.305",
    "fluorite": "225 Ca:a F:c | 5.46",
}


def made(line: str) -> Crystal:
    item = read_symmetric(line).crystal()
    assert isinstance(item, Crystal)
    return item


@pytest.fixture(scope="module")
def known() -> KnownStructures:
    return known_of(made(line) for line in LINES.values())


def disturbed(item: Crystal, moved: float = 0.02, strain: float = 0.01) -> Crystal:
    """A supercell of two, its origin shifted, its atoms moved, stretched along one axis."""
    random = np.random.default_rng(0)
    at = np.concatenate([item.positions, item.positions + np.array([1, 0, 0])]) * [0.5, 1, 1] + random.random(3)
    lattice = item.lattice * [[2], [1], [1]] @ np.diag([1 + strain, 1, 1 - strain])
    moves = random.normal(size=at.shape)
    moves *= moved / np.linalg.norm(moves, axis=1, keepdims=True)
    again = crystal(lattice, np.tile(item.numbers, 2), at + moves @ np.linalg.inv(lattice))
    assert isinstance(again, Crystal)
    return again


@pytest.mark.parametrize(
    ("line", "kind", "of"),
    [
        ("221 Ti:a Sr:b O:d | 3.94", "known", ""),  # the same from the other origin
        ("221 Ba:a Ti:b O:c | 4.02", "ion_substitution", "SrTiO3"),
        ("221 Sr:a P:b O:c | 3.90", "ion_substitution", "SrTiO3"),  # not of the same group
        ("221 Cs:a Pb:b Cl:c | 5.60", "same_prototype", ""),
        ("221 Sr:b Ti:a O:c | 3.90", "polymorph", ""),  # strontium inside the octahedron
        ("225 Ti:a O:c | 4.80", "polymorph", ""),
        ("225 Na:a F:c | 5.50", "ion_substitution", "CaF2"),
        ("216 Zn:a S:c | 5.40", "new", ""),
        ("227 Na:a Cl:b | 9.00", "polymorph", ""),
        ("221 Cs:a Cl:b | 4.10", "new", ""),  # a known formula type and a known space group, never together
    ],
)
def test_sites_decide(known, line, kind, of):
    found = known.classify([made(line)])[0]
    assert (found.kind, found.of) == (kind, of)


@pytest.mark.parametrize("name", LINES)
def test_a_known_structure_is_found_again_in_any_cell_and_disturbed(known, name):
    item = disturbed(made(LINES[name]))
    assert known.classify([item])[0].kind == "known"


def test_a_phase_of_lower_symmetry_is_a_polymorph_of_it(known):
    tilted = made("140 Sr:b Ti:c O:a O:h | 5.50 7.90 O@.200")
    assert tilted.composition.formula == "SrTiO3"
    assert known.classify([tilted])[0].kind == "polymorph"


def test_a_formula_without_a_known_structure_may_be_the_known_crystal(known):
    formulas = KnownMaterials.build([(made("225 K:c Pt:a Cl:e | 9.76 Cl@.240").composition, None)])
    both = KnownStructures(known.materials | formulas, known.at_hand)
    salt, other = both.classify([made("225 K:c Pt:a Cl:e | 9.76 Cl@.240"), made("227 Na:a Cl:b | 9.00")])
    assert (salt.kind, salt.compared, salt.surely_new) == ("polymorph", False, False)
    assert str(salt) == "known formula, its structure not at hand"
    assert (other.kind, other.compared, other.surely_new) == ("polymorph", True, True)


def test_without_the_structures_hashes_decide_alone(known):
    bare = KnownStructures(known.materials)
    items = [made(line) for line in LINES.values()]
    assert [one.kind for one in bare.classify(items)] == ["known"] * 4
    assert bare.classify([made("221 Ba:a Ti:b O:c | 4.02")])[0].of == "SrTiO3"


def test_what_has_no_symmetry_to_be_found_counts_by_its_formula(known):
    collapsed = crystal(np.eye(3) * 5, [11, 17], [[0, 0, 0], [0.01, 0, 0]])
    assert isinstance(collapsed, Crystal)
    assert known.classify([collapsed])[0].kind == "known"
    assert len(hashes_of([collapsed])) == 2


def test_elements_take_sites_whatever_the_origin():
    rng = np.random.default_rng(1)
    words = set()
    item = made(LINES["perovskite"])
    for _ in range(5):
        moved = crystal(item.lattice, item.numbers, item.positions + rng.random(3))
        found = occupation(moved)
        words.add((found.type, found.word(), found.word({"Sr": "Ba"})))
    assert words == {("221 1:a 1:b 3:c", "221 O3:c Sr1:a Ti1:b", "221 Ba1:a O3:c Ti1:b")}
