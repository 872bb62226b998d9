"""Crystals as an ASE database."""

from __future__ import annotations

import ase.db
import numpy as np

from sekkei.materials.crystal import Crystal
from sekkei.materials.database import write_database

SALT = Crystal(
    np.eye(3) * 5.64,
    np.array([11] * 4 + [17] * 4),
    np.array(
        [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.5] * 3]
    ),
)


def test_rows_are_found_by_their_values_and_the_file_is_always_the_same(tmp_path):
    facts = [
        {"e_above_hull": "0.01", "energy": "-3.4", "made_from": "Na + Cl2", "satisfied": "yes"},
        {"e_above_hull": "0.2"},
    ]
    for name in ("a.db", "b.db"):
        write_database(tmp_path / name, [SALT, SALT], facts)
    assert (tmp_path / "a.db").read_bytes() == (tmp_path / "b.db").read_bytes()
    database = ase.db.connect(str(tmp_path / "a.db"))
    (row,) = database.select("e_above_hull<0.05")
    assert (row.formula, row.energy_value, row.made_from) == ("Na4Cl4", -3.4, "Na + Cl2")
    np.testing.assert_allclose(row.toatoms().get_scaled_positions(), SALT.positions)
    write_database(tmp_path / "a.db", [SALT], facts[:1])
    assert database.count() == 1


def test_names_that_read_like_numbers_stay_names(tmp_path):
    facts = {"substitution_of": "InF", "other": "NaN", "model_hash": "7e1234567890", "small": "1.2e-07", "count": "3"}
    write_database(tmp_path / "a.db", [SALT], [facts])
    row = ase.db.connect(str(tmp_path / "a.db")).get(1)
    assert (row.substitution_of, row.other, row.model_hash) == ("InF.", "NaN.", "7e1234567890.")
    assert (row.small, row.count_value if "count_value" in row else row["count"]) == (1.2e-07, 3)
