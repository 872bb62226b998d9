"""SevenNet behind the interface: by a stand-in with its calculator's face, and by the package where it is installed."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from ase.calculators.lj import LennardJones

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import Crystal, crystal
from sekkei.predict import potentials
from sekkei.predict.crystals import SecondEvaluator
from sekkei.predict.potentials import Potential, potential
from sekkei.predict.relaxation import Limits, relax
from sekkei.predict.sevennet import Sevennet


class Stand(LennardJones):
    """What Sekkei uses of ``sevenn.calculator.SevenNetCalculator``."""

    def __init__(self, model, file_type="checkpoint", device="auto"):
        assert device == "cpu"
        assert (file_type == "checkpoint") == isinstance(model, str)
        super().__init__(sigma=2.3, epsilon=0.5, rc=5.0, smooth=True)
        self.model, self.cutoff, self.type_map = SimpleNamespace(), 5.0, {11: 0, 17: 1, 22: 2, 8: 3}


def line(text: str) -> Crystal:
    made = read_symmetric(text).crystal()
    assert isinstance(made, Crystal)
    return made


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Sevennet:
    module = ModuleType("sevenn.calculator")
    module.SevenNetCalculator = Stand
    monkeypatch.setitem(sys.modules, "sevenn", ModuleType("sevenn"))
    monkeypatch.setitem(sys.modules, "sevenn.calculator", module)
    return Sevennet()


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sevenn", None)
    monkeypatch.setitem(sys.modules, "sevenn.calculator", None)
    with pytest.raises(UserError, match="sevenn") as told:
        potential("sevennet")
    assert "sekkei[sevennet]" in told.value.hint


def test_energies_are_per_atom_and_stress_is_in_gpa(judge) -> None:
    salt = line("225 Na:a Cl:b | 5.64")
    point = judge.single_points([salt])[0]
    assert judge.energies([salt]) == [point.energy]
    step = 1e-3
    ends = [crystal(salt.lattice * (1 + sign * step), salt.numbers, salt.positions) for sign in (1, -1)]
    high, low = judge.energies(ends)
    trace = len(salt) * (high - low) / (2 * step) / salt.volume * 160.21766208
    assert np.trace(point.stress) == pytest.approx(trace, rel=1e-3)
    np.testing.assert_allclose(point.forces, 0, atol=1e-6)
    assert point.moments.shape == (0,)


def test_what_it_cannot_judge_keeps_its_row_and_says_why(judge) -> None:
    items = [
        line("225 K:a Cl:b | 6.30"),
        crystal(np.eye(3) * 3, [11, 11], [[0, 0, 0], [0.1, 0, 0]]),
        crystal(np.eye(3) * 12, [11], [[0, 0, 0]]),
        line("225 Na:a Cl:b | 5.64"),
    ]
    found = judge.energies(items)
    assert [one.kind if isinstance(one, Problem) else "" for one in found] == ["element", "overlap", "isolated", ""]


def test_it_relaxes_and_tells_no_moments(judge) -> None:
    done = relax(line("225 Na:a Cl:b | 5.64"), judge, Limits(fmax=0.05, steps=5))
    assert done.problem is None
    assert done.energy <= done.first_energy
    assert len(done.moments) == 0


def test_a_second_judge_gives_energy_largest_force_and_pressure(judge, monkeypatch) -> None:
    monkeypatch.setitem(potentials._KNOWN, "sevennet", lambda: judge)
    potential.cache_clear()
    moved = line("225 Na:a Cl:b | 5.64")
    moved = crystal(moved.lattice, moved.numbers, moved.positions + np.array([[0, 0, 0], [0.01, 0, 0]]))
    energies, forces, pressures = SecondEvaluator("sevennet")([moved, line("225 K:a Cl:b | 6.30")])
    point = judge.single_points([moved])[0]
    assert energies.values[0] == point.energy
    assert forces.values[0] == pytest.approx(np.linalg.norm(point.forces, axis=1).max())
    assert pressures.values[0] == pytest.approx(-np.trace(point.stress) / 3)
    assert np.isnan([energies.values[1], forces.values[1], pressures.values[1]]).all()
    assert energies.problems[1].kind == "element"
    potential.cache_clear()


def test_the_package_itself_knows_rock_salt() -> None:
    pytest.importorskip("sevenn.calculator", reason="sevenn is an extra")
    real: Potential = Sevennet()
    salt = line("225 Na:a Cl:b | 5.64")
    energy, radium = real.energies([salt, line("225 Ra:a O:b | 5.64")])
    assert energy == pytest.approx(-3.383, abs=0.01)  # PBE without corrections: -3.36
    assert isinstance(radium, Problem)
    done = relax(salt, real, Limits(steps=20))
    assert done.converged
    assert done.item.volume == pytest.approx(salt.volume, rel=0.1)
