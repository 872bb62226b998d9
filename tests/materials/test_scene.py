"""The balls and sticks of a crystal."""

from __future__ import annotations

import numpy as np

from sekkei.materials.crystal import crystal
from sekkei.materials.scene import MOST_DRAWN, scene


def test_rocksalt_is_the_picture_of_the_textbook(rocksalt):
    drawn = scene(rocksalt, "salt")
    assert (drawn["formula"], drawn["symmetry"]) == ("NaCl", "Fm-3m (no. 225)")
    # 14 at corners and faces, 12 at edge middles and one in the centre; 54 contacts of a 3 x 3 x 3 grid
    assert len(drawn["atoms"]) == 27
    assert len(drawn["bonds"]) == 54
    at = np.array(drawn["atoms"])[:, 1:]
    assert np.allclose(at.max(axis=0), 2.82)
    assert np.allclose(at.mean(axis=0), 0)
    lengths = [np.linalg.norm(at[a] - at[b]) for a, b in drawn["bonds"]]
    assert np.allclose(lengths, 2.82)
    assert len(drawn["corners"]) == 8


def test_metals_beside_non_metals_are_not_joined(perovskite):
    drawn = scene(perovskite)
    symbols = [drawn["elements"][atom[0]][0] for atom in drawn["atoms"]]
    pairs = {frozenset((symbols[a], symbols[b])) for a, b in drawn["bonds"]}
    assert frozenset(("Ti", "O")) in pairs
    assert not {frozenset(("Sr", "Ti")), frozenset(("Ti",)), frozenset(("Sr",))} & pairs
    iron = scene(crystal(np.eye(3) * 2.87, [26, 26], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    assert iron["bonds"]


def test_a_large_cell_stays_light():
    many = crystal(np.eye(3) * 30, [14] * 500, np.random.default_rng(0).random((500, 3)))
    assert len(scene(many)["atoms"]) <= MOST_DRAWN
