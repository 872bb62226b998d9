"""CHGNet behind the interface: derivatives against differences, batches against single crystals, refusals."""

from __future__ import annotations

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.data.folder import find
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.formula import SYMBOLS
from sekkei.materials.structure_files import read_crystals
from sekkei.predict.potentials import MOST_ATOMS, Potential, potential

GPA = 160.21766208  # 1 eV/Angstrom^3


@pytest.fixture(scope="module")
def judge() -> Potential:
    return potential("chgnet")


def line(text: str) -> Crystal:
    made = read_symmetric(text).crystal()
    assert isinstance(made, Crystal)
    return made


@pytest.fixture(scope="module")
def rutile() -> Crystal:
    item = line("136 Ti:a O:f | 4.60 2.96 O@.305")
    moved = item.positions + np.random.default_rng(0).normal(0, 0.01, item.positions.shape)
    return crystal(item.lattice, item.numbers, moved)


def test_energies_are_in_the_frame_of_the_materials_project(judge):
    elements, crystals = find("elements/elemental_reference_energies.csv"), find("crystals/mp20_structures.parquet")
    if elements is None or crystals is None:
        pytest.skip("the tables of elements and of MP-20 are in no data folder")
    rows = csv.DictReader(elements.read_text(encoding="utf-8").splitlines())
    reference = {row["element"]: float(row["energy_per_atom_corrected"]) for row in rows}
    labels = pq.read_table(crystals, columns=["formation_energy_per_atom"]).column(0).to_numpy()
    items = [line.item for _, line in zip(range(30), read_crystals(crystals), strict=False)]
    expected = [
        label + np.mean([reference[SYMBOLS[number - 1]] for number in item.numbers])
        for item, label in zip(items, labels, strict=False)
    ]
    off = np.abs(np.array(judge.energies(items)) - expected)
    assert np.nanmedian(off) < judge.energy_error


def test_forces_and_stress_are_the_derivatives_of_the_energy(judge, rutile):
    point = judge.single_points([rutile])[0]
    step = 0.01
    shift = np.zeros((6, 3))
    shift[2, 0] = step
    sides = [
        crystal(rutile.lattice, rutile.numbers, rutile.positions + sign * shift @ np.linalg.inv(rutile.lattice))
        for sign in (1, -1)
    ]
    low = [6 * energy for energy in judge.energies(sides)]
    assert point.forces[2, 0] == pytest.approx(-(low[0] - low[1]) / (2 * step), abs=0.02)
    strained = [crystal(rutile.lattice * (1 + sign * 0.003), rutile.numbers, rutile.positions) for sign in (1, -1)]
    high = [6 * energy for energy in judge.energies(strained)]
    trace = (high[0] - high[1]) / 0.006 / rutile.volume * GPA
    assert np.trace(point.stress) == pytest.approx(trace, abs=1.0)
    np.testing.assert_allclose(point.forces.sum(axis=0), 0, atol=1e-3)
    assert point.moments.shape == (6,)


def test_a_batch_is_the_single_crystals(judge, rutile, monkeypatch):
    salt = line("225 Na:a Cl:b | 5.68")
    together = judge.energies([rutile, salt, rutile])
    alone = [judge.energies([item])[0] for item in (rutile, salt, rutile)]
    assert together == pytest.approx(alone, abs=1e-5)
    monkeypatch.setattr("sekkei.predict.potentials._BATCH", 1)
    assert judge.energies([rutile, salt, rutile]) == pytest.approx(alone, abs=1e-5)


def test_iron_is_magnetic_and_salt_is_not(judge):
    iron, salt = judge.single_points([line("229 Fe:a | 2.84"), line("225 Na:a Cl:b | 5.68")])
    assert iron.moments[0] == pytest.approx(2.2, abs=0.3)
    assert salt.moments.max() < 0.05


def test_what_it_cannot_judge_keeps_its_row_and_says_why(judge):
    many = MOST_ATOMS + 1
    items = [
        line("225 Po:a O:b | 5.68"),
        crystal(np.eye(3) * 3, [6, 6], [[0, 0, 0], [0.1, 0, 0]]),
        line("225 Na:a Cl:b | 5.68"),
        crystal(np.eye(3) * 12, [6], [[0, 0, 0]]),
        crystal(np.eye(3) * 30, [6] * many, np.random.default_rng(0).random((many, 3))),
    ]
    found = judge.energies(items)
    kinds = [one.kind if isinstance(one, Problem) else "" for one in found]
    assert kinds == ["element", "overlap", "", "isolated", "too_large"]
    assert "Po" in found[0].message


def test_a_name_that_is_none_is_refused():
    with pytest.raises(UserError, match="chgnet"):
        potential("chgnett")
