"""Stiffness and steadiness of crystals whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.types import Problem
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.eos import bulk_modulus
from sekkei.predict.crystals import relaxed_crystal
from sekkei.predict.potentials import potential
from sekkei.predict.probes import FALLEN, UNSTEADY, ProbeEvaluator, shake, stiffness, supercell
from sekkei.predict.relaxation import Limits


def test_the_modulus_of_a_parabola_is_its_curvature():
    volumes = np.linspace(94.0, 106.0, 7)
    energies = 0.5 * 0.01 * (volumes - 100.0) ** 2
    # B = V d2E/dV2 = 1 eV/Angstrom^3 = 160.2 GPa
    assert bulk_modulus(volumes, energies).modulus == pytest.approx(160.2, rel=0.02)


def test_the_error_of_a_modulus_grows_with_the_noise_and_holds_the_truth():
    volumes = np.linspace(94.0, 106.0, 7)
    strain = (100.0 / volumes) ** (2 / 3) - 1
    exact = 9 * 1.0 * 100.0 / 16 * strain**2 * (2 + (5.0 - 4) * strain)  # 1 eV/Angstrom^3 = 160.22 GPa
    assert bulk_modulus(volumes, exact).error < 0.01
    moduli = [bulk_modulus(volumes, exact + np.random.default_rng(s).normal(scale=0.002, size=7)) for s in range(200)]
    spread = np.std([one.modulus for one in moduli])
    assert np.mean([one.error for one in moduli]) == pytest.approx(spread, rel=0.2)
    inside = np.mean([abs(one.modulus - 160.22) < 2.353 * one.error for one in moduli])
    assert 0.84 <= inside <= 0.96  # 90 % intervals


def test_no_minimum_has_no_modulus():
    assert isinstance(bulk_modulus(np.linspace(94.0, 106.0, 7), np.linspace(0.0, 1.0, 7)), Problem)


def test_magnesia_is_as_stiff_as_measured_and_salt_is_soft():
    judge = potential("chgnet")
    hard = stiffness(read_symmetric("225 Mg:a O:b | 4.24").crystal(), judge)
    soft = stiffness(read_symmetric("225 Na:a Cl:b | 5.68").crystal(), judge)
    # measured 160 and 24 GPa
    assert hard.modulus == pytest.approx(160, rel=0.25)
    assert soft.modulus == pytest.approx(24, rel=0.35)
    assert 0 < hard.error < 0.05 * hard.modulus


def test_a_supercell_keeps_the_density_and_moves_every_atom():
    cell = read_symmetric("225 Mg:a O:b | 4.22").crystal()
    large = supercell(cell, seed=1)
    assert len(large) == 32
    assert large.volume / len(large) == pytest.approx(cell.volume / len(cell))
    assert large.composition == cell.composition
    still = supercell(cell, seed=2)
    assert np.abs(large.positions - still.positions).max(axis=1).min() > 0


def test_what_has_not_come_to_rest_is_not_said_to_hold():
    magnesia = read_symmetric("225 Mg:a O:b | 4.24").crystal()
    told = shake(magnesia, potential("chgnet"), Limits(fmax=0.1, steps=1), seed=0)
    assert isinstance(told, Problem)
    assert told.kind == "steps"


def test_magnesia_holds_and_cubic_barium_titanate_falls():
    judge, limits = potential("chgnet"), Limits(fmax=0.1, steps=25)
    magnesia = read_symmetric("225 Mg:a O:b | 4.24").crystal()
    titanate = read_symmetric("221 Ba:a Ti:b O:c | 4.04").crystal()
    _, drops, fallen = ProbeEvaluator(limits=limits)([magnesia, titanate])
    assert drops.values[0] < UNSTEADY
    assert drops.values[1] > UNSTEADY  # cubic BaTiO3 is no minimum: titanium leaves the centre (Cohen 1992)
    assert (fallen.measure, fallen.notes[0]) == (FALLEN, "")
    lower = relaxed_crystal(fallen.notes[1])
    assert lower.composition == titanate.composition
    assert judge.energies([lower])[0] == pytest.approx(judge.energies([titanate])[0] - drops.values[1], abs=1e-4)
