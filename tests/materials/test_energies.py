"""Energies from tables and from relaxed frames, and back through extended XYZ."""

from __future__ import annotations

import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.energies import read_energies
from sekkei.materials.extxyz import write_extxyz
from sekkei.materials.structure_files import read_crystals


def test_a_table_keeps_every_row(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("name,formula,energy_per_atom [eV/atom]\na,NaN,-1.5\nb,,-1\nc,LiF,\nd,Li,much\n", encoding="utf-8")
    found = read_energies(path)
    assert not found.formation
    assert [(row.line, row.name, row.formula) for row in found.rows] == [(1, "a", "NaN"), (2, "b", ""), (3, "c", "LiF"),
                                                                       (4, "d", "Li")]  # fmt: skip
    assert found.rows[0].energy == -1.5
    assert [row.problem.kind if row.problem else "" for row in found.rows] == ["", "empty", "no_energy", "no_energy"]
    rows = ("LiF,-1.5,", "Li,-1,volume: 0.3 of that before", "F,,relax_time: 300 s", "Na,-1.3,no")
    path.write_text("\n".join(("formula,energy,problem", *rows)), encoding="utf-8")
    told = [row.problem for row in read_energies(path).rows]
    assert told == [None, Problem("volume", "0.3 of that before"), Problem("relax_time", "300 s"), None]


@pytest.mark.parametrize(("heading", "value"), [("energy [meV/atom]", -3.668), ("energy [eV/atom]", -3668.0)])
def test_the_heading_tells_the_unit(tmp_path, heading, value):
    path = tmp_path / "some.csv"
    path.write_text(f"formula,{heading}\nNaCl,-3668\n", encoding="utf-8")
    assert read_energies(path).rows[0].energy == pytest.approx(value)


def test_an_energy_that_is_not_per_atom_is_refused(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("formula,energy [eV]\nNa4Cl4,-29.34\n", encoding="utf-8")
    with pytest.raises(UserError, match="energies in 'eV'"):
        read_energies(path)


def test_the_heading_tells_formation_energies(tmp_path):
    path = tmp_path / "some.parquet"
    columns = {"formula": ["LiF"], "energy": [-4.0], "formation_energy_per_atom": [-3.0]}
    pq.write_table(pa.table(columns), path)
    assert read_energies(path).formation
    assert read_energies(path).rows[0].energy == -3.0
    total = read_energies(path, "energy")
    assert (total.formation, total.rows[0].energy) == (False, -4.0)
    with pytest.raises(UserError, match="energyy"):
        read_energies(path, "energyy")


def test_frames_come_back_with_their_energies(tmp_path, rocksalt, perovskite):
    path = tmp_path / "relaxed.extxyz"
    write_extxyz(path, [rocksalt, perovskite], [{"name": "a problem=odd: b", "energy_per_atom": -3.5}, {"name": "c"}])
    rows = read_energies(path).rows
    assert [(row.name, row.formula) for row in rows] == [("a problem=odd: b", "NaCl"), ("c", "SrTiO3")]
    assert rows[0].energy == -3.5
    assert math.isnan(rows[1].energy)
    assert rows[1].problem.kind == "no_energy"
    again = [line.item for line in read_crystals(path)]
    assert again[0].lattice == pytest.approx(rocksalt.lattice)
    assert again[1].positions == pytest.approx(perovskite.positions, abs=1e-7)


@pytest.mark.parametrize("text", ["", "formula,energy\n", "a,b\n1,2\n"])
def test_what_holds_no_energies_is_refused(tmp_path, text):
    path = tmp_path / "some.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError):
        read_energies(path)
