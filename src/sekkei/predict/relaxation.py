"""Relaxing crystals with a potential: cell and atoms together, within limits, each row with what became of it."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, as_completed
from dataclasses import dataclass, field, replace

import numpy as np
from ase import Atoms
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE

from sekkei.core.errors import UserError
from sekkei.core.types import Floats, Problem
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.structures import symmetry
from sekkei.predict.deadline import Overdue, deadline
from sekkei.predict.potentials import Potential, one_thread, potential, unseen

_GPA = 160.21766208  # 1 eV/Angstrom^3
_GRACE = 1.1  # a step that ends soon after the time is over still counts


@dataclass(frozen=True)
class Limits:
    """When a relaxation ends.

    Attributes:
        fmax: done when every force is below this [eV/Angstrom], and so is stress times volume per atom [eV].
        steps: most steps.
        seconds: longest time; looked at after every step, and a step that goes on for a tenth longer is broken off
            where :func:`sekkei.predict.deadline.deadline` can.
        volume: smallest and largest share of the first volume.
        energy: largest change of the energy from the first [eV/atom].
        force: largest force [eV/Angstrom].
    """

    fmax: float = 0.05
    steps: int = 200
    seconds: float = 300.0
    volume: tuple[float, float] = (0.4, 2.5)
    energy: float = 25.0
    force: float = 500.0

    def __post_init__(self) -> None:
        """Refuse limits that mean nothing."""
        if not self.fmax > 0:
            raise UserError(f"{self.fmax} is not above 0", "--fmax", "0.05 eV/Angstrom is usual")
        if self.steps < 0:
            raise UserError(f"{self.steps} is below 0", "--steps", "200 is usual")
        if not self.seconds > 0:
            raise UserError(f"{self.seconds} is not above 0", "--seconds", "300 is usual")


@dataclass(frozen=True)
class Relaxed:
    """What became of one crystal.

    Attributes:
        item: its last geometry that was in order, the first where nothing was done.
        converged: whether forces and stress fell below the limit.
        steps: steps done.
        energy: last energy [eV/atom], NaN where there is none.
        first_energy: energy before the first step [eV/atom].
        max_force: largest force at the end [eV/Angstrom].
        pressure: mean of the stress at the end, positive under compression [GPa].
        rmsd: root mean square displacement of the atoms from the start, drift taken off, in the mean cell [Angstrom].
        volume_ratio: last volume by the first.
        group_before: space group number before, 0 where none is found.
        group_after: space group number after.
        moments: (n,) size of the magnetic moments at the end [Bohr magnetons]; empty where there are none.
        seconds: time it took.
        problem: why it was broken off or never began, else None; one that ran out of steps is merely not converged.
    """

    item: Crystal
    converged: bool = False
    steps: int = 0
    energy: float = math.nan
    first_energy: float = math.nan
    max_force: float = math.nan
    pressure: float = math.nan
    rmsd: float = math.nan
    volume_ratio: float = math.nan
    group_before: int = 0
    group_after: int = 0
    moments: Floats = field(default_factory=lambda: np.empty(0), repr=False)
    seconds: float = 0.0
    problem: Problem | None = None


def relax(item: Crystal, judge: Potential, limits: Limits) -> Relaxed:
    """Relax cell and atoms by FIRE (Bitzek et al., PRL 97, 170201, 2006) on ASE's FrechetCellFilter.

    Args:
        item: the crystal.
        judge: the potential.
        limits: when to stop.

    Returns:
        What became of it; where a limit is broken or the potential fails, the last geometry in order and the Problem:
        ``time``, ``energy``, ``volume``, ``force``, ``isolated``, ``potential`` or what ``judge.refuse`` says.
    """
    began = time.perf_counter()
    start = Relaxed(item, group_before=_group(item))
    if (problem := judge.refuse(item)) is not None:
        return replace(start, problem=problem)
    atoms = Atoms(item.numbers, scaled_positions=item.positions, cell=item.lattice, pbc=True)
    atoms.calc = judge.calculator()
    last = start
    try:
        with (
            deadline(_GRACE * limits.seconds),
            warnings.catch_warnings(),
            FIRE(FrechetCellFilter(atoms), logfile=None) as walk,
        ):
            warnings.simplefilter("ignore", UserWarning)  # torch on the way in which CHGNet makes volumes a tensor
            warnings.simplefilter("ignore", RuntimeWarning)  # scipy on logarithms of matrices right to 12 digits
            for converged in walk.irun(limits.fmax, limits.steps):
                now = _look(atoms, start, last, walk.nsteps, converged=bool(converged))
                now = replace(now, seconds=time.perf_counter() - began)
                problem = _broken(now, judge, limits)
                if problem is not None:
                    last = now if problem.kind == "time" else replace(last, seconds=now.seconds)
                    break
                last = now
    except Overdue:
        last = replace(last, seconds=time.perf_counter() - began)
        problem = Problem("time", f"step {last.steps + 1} did not come to an end within {last.seconds:.0f} seconds")
    except (ValueError, RuntimeError, ArithmeticError) as error:  # a geometry that the potential cannot see
        problem = unseen(judge.name, error)
    return replace(last, group_after=_group(last.item), problem=problem)


def relax_all(
    items: Sequence[Crystal],
    name: str = "chgnet",
    limits: Limits = Limits(),
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Relaxed]:
    """Relax n crystals; row i of the answer belongs to row i.

    Args:
        items: n crystals.
        name: the potential.
        limits: when each of them stops.
        executor: where they are relaxed side by side; None does it here.
        progress: told (done, n) after each.

    Raises:
        UserError: there is no such potential.
    """
    answers: list[Relaxed | None] = [None] * len(items)
    for done, (place, answer) in enumerate(relaxations(items, name, limits, executor), start=1):
        answers[place] = answer
        if progress:
            progress(done, len(items))
    return [answer for answer in answers if answer is not None]


def relaxations(
    items: Sequence[Crystal], name: str, limits: Limits, executor: Executor | None = None
) -> Iterator[tuple[int, Relaxed]]:
    """Relax n crystals; gives (row, answer) as each is finished, so that it can be kept. See :func:`relax_all`.

    Raises:
        UserError: there is no such potential.
    """
    if executor is None:
        potential(name)  # a name that is wrong is told before anything is done
        for place, item in enumerate(items):
            yield place, _relax_here(item, name, limits)
        return
    # the largest first, so that no worker is left with a long one when the others are done
    order = sorted(range(len(items)), key=lambda place: -len(items[place]))
    jobs = {_submitted(executor, items[place], name, limits): place for place in order}
    for job in as_completed(jobs):
        yield jobs[job], _collected(job, items[jobs[job]])


def _submitted(executor: Executor, item: Crystal, name: str, limits: Limits) -> Future[Relaxed]:
    try:
        return executor.submit(_relax_here, item, name, limits)
    except Exception as error:  # noqa: BLE001 - an executor whose workers are gone raises whatever it likes
        refused: Future[Relaxed] = Future()
        refused.set_exception(error)
        return refused


def _collected(job: Future[Relaxed], item: Crystal) -> Relaxed:
    try:
        return job.result()
    except (UserError, CancelledError):  # of all work, not of this row
        raise
    except Exception as error:  # noqa: BLE001 - a lost worker raises whatever its executor likes
        problem = Problem("worker", f"the process that relaxed it was lost: {error or type(error).__name__}")
        return Relaxed(item, problem=problem)


def _relax_here(item: Crystal, name: str, limits: Limits) -> Relaxed:
    with one_thread():
        return relax(item, potential(name), limits)


def _look(atoms: Atoms, start: Relaxed, last: Relaxed, steps: int, *, converged: bool) -> Relaxed:
    """Where the relaxation stands."""
    at = atoms.get_scaled_positions(wrap=False)
    made = crystal(atoms.cell.array, atoms.numbers, at)
    if isinstance(made, Problem):
        raise ValueError(made.message)  # noqa: TRY004 - it ends as the row's Problem, as what ASE raises does
    energy = float(atoms.get_potential_energy()) / len(atoms)
    moves = (at - start.item.positions) @ (0.5 * (start.item.lattice + made.lattice))
    moves -= moves.mean(axis=0)
    return replace(
        last,
        item=made,
        converged=converged,
        steps=steps,
        energy=energy,
        first_energy=energy if steps == 0 else last.first_energy,
        max_force=float(np.linalg.norm(atoms.get_forces(), axis=1).max()),
        pressure=float(-np.trace(atoms.get_stress(voigt=False)) / 3 * _GPA),
        rmsd=float(np.sqrt((moves**2).sum(axis=1).mean())),
        volume_ratio=made.volume / start.item.volume,
        moments=np.asarray(atoms.calc.results.get("magmoms", np.empty(0)), dtype=np.float64),
    )


def _broken(now: Relaxed, judge: Potential, limits: Limits) -> Problem | None:
    """The limit that the relaxation has broken, else None."""
    numbers = (now.energy, now.max_force, now.pressure)
    if not all(map(math.isfinite, numbers)) or abs(now.energy - now.first_energy) > limits.energy:
        return Problem("energy", f"the energy went from {now.first_energy:.4g} to {now.energy:.4g} eV/atom")
    if not limits.volume[0] <= now.volume_ratio <= limits.volume[1]:
        return Problem("volume", f"the volume became {now.volume_ratio:.3g} times the first")
    if now.max_force > limits.force:
        return Problem("force", f"a force grew to {now.max_force:.4g} eV/Angstrom")
    if (problem := judge.refuse(now.item)) is not None:
        return problem
    if now.seconds > limits.seconds and not now.converged:
        return Problem("time", f"it was not done after {now.steps} steps and {now.seconds:.0f} seconds")
    return None


def _group(item: Crystal) -> int:
    found = symmetry(item)
    return 0 if isinstance(found, Problem) else found.number
