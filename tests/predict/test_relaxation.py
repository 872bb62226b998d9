"""Relaxations end where they should, or say why they do not."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from ase.calculators.lj import LennardJones

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import Crystal, crystal
from sekkei.predict.deadline import deadline
from sekkei.predict.potentials import potential
from sekkei.predict.relaxation import Limits, relax, relax_all


class Argon:
    """A Lennard-Jones potential for argon: quick, and its answers are known."""

    name, version, energy_error, moment_error = "argon", "1", 0.0, 0.0

    def __init__(self, calculator=LennardJones):
        self.calculator_type = calculator

    def refuse(self, item: Crystal) -> Problem | None:
        return Problem("element", "argon alone") if set(item.numbers.tolist()) != {18} else None

    def calculator(self):
        # reduced units of ASE's manual, scaled: sigma 3.4 Angstrom, epsilon 0.0103 eV
        return self.calculator_type(sigma=3.4, epsilon=0.0103, rc=15.0, smooth=False)


class Hanging(LennardJones):
    """Does not come back from its third call."""

    calls = 0

    def calculate(self, *arguments, **named):
        self.calls += 1
        if self.calls > 3:
            time.sleep(60)
        super().calculate(*arguments, **named)


class Sleepy(LennardJones):
    def calculate(self, *arguments, **named):
        time.sleep(0.2)  # long beside what a busy machine adds, short beside the limit
        super().calculate(*arguments, **named)


def argon(edge: float) -> Crystal:
    made = read_symmetric(f"225 Ar:a | {edge:.2f}").crystal()
    assert isinstance(made, Crystal)
    return made


def test_argon_finds_its_lattice():
    done = relax(argon(5.6), Argon(), Limits(fmax=1e-4, steps=300))
    assert done.converged
    assert done.problem is None
    # the infinite fcc Lennard-Jones crystal: nearest neighbours at 1.0902 sigma (Kittel, ch. 3)
    nearest = np.linalg.norm(done.item.lattice[0])
    assert nearest == pytest.approx(1.09 * 3.4, abs=0.01)
    assert (done.group_before, done.group_after) == (225, 225)
    assert done.energy < done.first_energy
    assert done.max_force < 1e-4
    assert abs(done.pressure) < 0.05
    assert done.volume_ratio == pytest.approx(done.item.volume / argon(5.6).volume)
    assert done.rmsd == pytest.approx(0, abs=1e-6)


def test_running_out_of_steps_is_no_problem_but_not_converged():
    done = relax(argon(5.8), Argon(), Limits(fmax=1e-6, steps=3))
    assert (done.converged, done.steps, done.problem) == (False, 3, None)
    still = relax(argon(5.8), Argon(), Limits(fmax=1e-6, steps=0))
    assert still.steps == 0
    assert still.energy == still.first_energy


@pytest.mark.parametrize(
    ("limits", "edge", "calculator", "kind"),
    [
        (Limits(fmax=1e-6, steps=200, volume=(0.99, 1.01)), 5.8, LennardJones, "volume"),
        (Limits(fmax=1e-6, steps=200, energy=1e-3), 5.8, LennardJones, "energy"),
        (Limits(fmax=1e-6, steps=10_000, seconds=1.5), 5.8, Sleepy, "time"),
    ],
)
def test_a_broken_limit_ends_it_with_its_reason(limits, edge, calculator, kind):
    done = relax(argon(edge), Argon(calculator), limits)
    assert done.problem.kind == kind
    assert not done.converged
    assert done.seconds < 5
    assert np.isfinite(done.energy)
    assert done.group_after == 225


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs the alarm clock of Unix")
def test_a_call_that_does_not_come_back_is_broken_off_and_what_was_done_is_kept():
    before = signal.getsignal(signal.SIGALRM)
    done = relax(argon(5.8), Argon(Hanging), Limits(fmax=1e-6, steps=200, seconds=0.5))
    assert done.problem.kind == "time"
    assert 0.5 <= done.seconds < 5
    assert done.steps > 0
    assert np.isfinite(done.energy)
    assert done.volume_ratio != 1
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_where_no_alarm_can_ring_the_limit_is_looked_at_after_a_step():
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(relax, argon(5.8), Argon(Sleepy), Limits(fmax=1e-6, steps=10_000, seconds=0.1)).result()
    assert done.problem.kind == "time"


def test_an_alarm_that_is_set_already_is_left_alone():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with deadline(0.01):
            time.sleep(0.4)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert rung == [True]


def test_a_force_too_large_ends_it_at_once():
    squeezed = crystal(np.eye(3) * 5.4, [18] * 4, [[0, 0, 0], [0.3, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    done = relax(squeezed, Argon(), Limits(force=1e-3))
    assert (done.problem.kind, done.steps) == ("force", 0)
    assert done.item is squeezed


def test_what_the_potential_refuses_keeps_its_row():
    neon = crystal(np.eye(3) * 4, [10], [[0, 0, 0]])
    done = relax(neon, Argon(), Limits())
    assert done.problem == Problem("element", "argon alone")
    assert done.item is neon
    assert done.group_before == 221


def test_chgnet_relaxes_salt_and_rows_stay_in_order():
    salt = read_symmetric("225 Na:a Cl:b | 5.80").crystal()
    overlapping = crystal(np.eye(3) * 3, [6, 6], [[0, 0, 0], [0.1, 0, 0]])
    told = []
    with ThreadPoolExecutor(1) as pool:
        rows = relax_all([overlapping, salt], "chgnet", Limits(steps=15), pool, lambda *done: told.append(done))
    assert rows[0].problem.kind == "overlap"
    assert rows[1].converged
    # measured 5.64, PBE 5.69 Angstrom
    assert np.linalg.norm(rows[1].item.lattice[0]) * 2**0.5 == pytest.approx(5.69, abs=0.1)
    assert len(rows[1].moments) == 2
    assert told == [(1, 2), (2, 2)]


def test_a_lost_worker_costs_rows_their_result_not_their_place():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        lost = pool.submit(os._exit, 1)
        with pytest.raises(Exception, match="terminated"):
            lost.result()
        with pytest.raises(Exception, match="terminated"):
            pool.submit(os.getpid)
        rows = relax_all([argon(5.6), argon(5.7)], "chgnet", Limits(), pool)
    assert [row.problem.kind for row in rows] == ["worker", "worker"]


@pytest.mark.parametrize("entries", [{"fmax": 0}, {"steps": -1}, {"seconds": 0}])
def test_limits_that_mean_nothing_are_refused(entries):
    with pytest.raises(UserError):
        Limits(**entries)


def test_nothing_but_results_goes_to_standard_output(capsys):
    potential.cache_clear()
    potential("chgnet").calculator()
    assert capsys.readouterr().out == ""
