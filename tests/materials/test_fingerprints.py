"""Fingerprints: known environments, invariance, and the fast path against every site."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.fingerprints import (
    COMPOSITION_WIDTH,
    STRUCTURE_WIDTH,
    _of_site,
    _scaler,
    composition_fingerprint,
    crystal_fingerprint,
)


def test_every_atom_of_rocksalt_sits_in_an_octahedron(rocksalt: Crystal) -> None:
    found = crystal_fingerprint(rocksalt)
    assert isinstance(found, np.ndarray)
    assert found.shape == (STRUCTURE_WIDTH,)
    weight, _, octahedral = found[2 + 6 + 4 + 6 + 4 :][:3]  # coordinations 1 to 5 come first
    assert weight == pytest.approx(1.0, abs=0.01)
    assert octahedral == pytest.approx(weight, abs=0.01)


def test_sites_that_symmetry_makes_equal_share_what_each_would_have(perovskite: Crystal) -> None:
    each = np.mean([list(_of_site(perovskite, site)) for site in range(len(perovskite))], axis=0)
    assert crystal_fingerprint(perovskite) == pytest.approx(each, abs=1e-6)


def test_too_dense_a_crystal_is_a_problem(rocksalt: Crystal) -> None:
    squeezed = crystal(rocksalt.lattice * 0.25, rocksalt.numbers, rocksalt.positions)
    assert isinstance(squeezed, Crystal)
    assert isinstance(crystal_fingerprint(squeezed), Problem)


def test_statistics_of_the_atomic_numbers_of_salt(rocksalt: Crystal) -> None:
    found = composition_fingerprint(rocksalt.composition)
    means, deviations = _scaler()
    assert found.shape == (COMPOSITION_WIDTH,)
    raw = (found * deviations + means)[:6]  # minimum, maximum, range, mean, mean deviation, mode
    assert raw == pytest.approx([11, 17, 6, 14, 3, 11])
