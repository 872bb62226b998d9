"""Crystals described by their structure: polymorphs differ, and the description does not depend on the cell."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import crystal
from sekkei.predict.describe import describer


def test_polymorphs_differ_and_a_doubled_cell_does_not():
    salt = read_symmetric("225 Na:a Cl:b | 5.64").crystal()
    other = read_symmetric("221 Na:a Cl:b | 3.40").crystal()
    stretch = np.array([2, 1, 1])
    places = np.concatenate([salt.positions, salt.positions + np.array([1, 0, 0])]) / stretch
    double = crystal(salt.lattice * stretch[:, None], [*salt.numbers, *salt.numbers], places)
    of = describer("structures")
    rows = of.features([salt, double, other])
    assert rows.shape == (3, len(of.names))
    assert rows[1] == pytest.approx(rows[0], abs=1e-4)
    assert np.abs(rows[2] - rows[0])[-64:].max() > 0.01
    assert rows[2][:-64] == pytest.approx(rows[0][:-64])


def test_what_the_potential_refuses_has_a_reason_and_no_numbers():
    bad = crystal(np.eye(3) * 3, [11, 17], [[0, 0, 0], [0.05, 0, 0]])
    of = describer("structures")
    assert of.unknown(bad).kind == "overlap"
    assert np.isnan(of.features([bad])[0, -64:]).all()
