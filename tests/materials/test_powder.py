"""Powder patterns have their peaks where diffraction puts them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sekkei.core.types import Problem
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import crystal
from sekkei.materials.powder import powder_pattern


def test_salt_has_the_peaks_of_its_cell():
    peaks = {one.planes: one for one in powder_pattern(read_symmetric("225 Na:a Cl:b | 5.64").crystal())}
    for planes in ((1, 1, 1), (2, 0, 0), (2, 2, 0), (3, 1, 1)):
        one = peaks[f"({' '.join(map(str, planes))})"]
        spacing = 5.64 / math.sqrt(sum(part**2 for part in planes))
        assert one.spacing == pytest.approx(spacing, rel=1e-4)
        assert one.angle == pytest.approx(2 * math.degrees(math.asin(1.54184 / 2 / spacing)), abs=1e-2)
    assert peaks["(2 0 0)"].intensity == pytest.approx(100)
    assert "(1 0 0)" not in peaks  # extinct in a face-centred cell


def test_atoms_on_top_of_each_other_have_no_pattern():
    assert isinstance(powder_pattern(crystal(np.eye(3) * 3, [6, 6], [[0, 0, 0], [0.01, 0, 0]])), Problem)
