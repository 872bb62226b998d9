from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from sekkei.core.errors import UserError
from sekkei.materials.crystal import crystal, from_parameters
from sekkei.materials.geometry import DELIVERED, GEOMETRY_PROFILES, check_geometry, geometry_profile

LEMAT = GEOMETRY_PROFILES["lemat"]


def cube(edge, numbers, positions):
    return crystal(np.eye(3) * edge, numbers, positions)


def test_real_structures_pass(rocksalt, perovskite, diamond):
    for item in (rocksalt, perovskite, diamond):
        assert check_geometry(item) is None
        assert check_geometry(item, LEMAT) is None


@pytest.mark.parametrize(("apart", "kind"), [(0.49, "close_atoms"), (0.51, None)])
def test_cdvaes_half_angstrom(apart, kind):
    problem = check_geometry(cube(5.0, [11, 17], [[0, 0, 0], [apart / 5, 0, 0]]))
    assert (problem and problem.kind) == kind


def test_neighbours_across_the_border_of_the_cell_count():
    problem = check_geometry(cube(5.0, [11, 17], [[0.01, 0, 0], [0.99, 0, 0]]))
    assert problem.kind == "close_atoms"
    assert "Na and Cl are 0.10 Angstrom apart" in problem.message


def test_lemats_rules():
    # Na 1.80 and Cl 1.00 Angstrom: 0.5 * (0.7 + 1.8 + 1.0) = 1.75
    assert check_geometry(cube(5.0, [11, 17], [[0, 0, 0], [1.74 / 5, 0, 0]]), LEMAT).kind == "close_atoms"
    assert check_geometry(cube(5.0, [11, 17], [[0, 0, 0], [1.76 / 5, 0, 0]]), LEMAT) is None
    assert check_geometry(cube(2.0, [79], [[0, 0, 0]]), LEMAT).kind == "density"
    assert check_geometry(cube(90.0, [1], [[0, 0, 0]]), LEMAT).kind == "density"
    assert check_geometry(crystal(np.diag([0.9, 9, 9]), [6], [[0, 0, 0]]), LEMAT).kind == "cell"
    assert check_geometry(crystal(np.diag([0.9, 1, 1]), [6], [[0, 0, 0]]), LEMAT).kind == "volume"


def test_what_is_handed_on_keeps_the_distances_of_both():
    hydrogen = [[0, 0, 0], [0.74 / 5, 0, 0]]
    assert check_geometry(cube(5.0, [1, 1], hydrogen), DELIVERED) is None  # as in the solid: 0.5 * (0.7 + 2 * 0.25)
    assert check_geometry(cube(5.0, [38, 38], [[0, 0, 0], [1.9 / 5, 0, 0]]), DELIVERED).kind == "close_atoms"


def test_a_tiny_cell_fails_by_its_volume():
    assert check_geometry(cube(0.4, [6], [[0, 0, 0]])).kind == "volume"
    assert check_geometry(cube(0.5, [6], [[0, 0, 0]])) is None


def test_real_structures_of_the_materials_project_pass(data_file):
    rows = pq.read_table(data_file("crystals/mp20_structures.parquet")).slice(0, 200).to_pylist()
    passed = [
        check_geometry(
            from_parameters(
                [row[k] for k in ("a", "b", "c")],
                [row[k] for k in ("alpha", "beta", "gamma")],
                row["numbers"],
                np.reshape(row["frac_coords"], (-1, 3)),
            )
        )
        is None
        for row in rows
    ]
    assert all(passed)


def test_unknown_profiles_are_named():
    with pytest.raises(UserError, match="cdvae"):
        geometry_profile("cdvea")
