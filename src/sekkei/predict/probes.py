"""What is asked of the few best relaxed crystals: how stiff they are, and whether they hold when they are shaken."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sekkei.core.types import Column, Floats, Measure, Problem
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.eos import SOURCE, Stiffness, bulk_modulus
from sekkei.predict.crystals import geometry_note
from sekkei.predict.potentials import Potential, one_thread, potential
from sekkei.predict.relaxation import Limits, relax

PROBES = (
    Measure("bulk_modulus", "GPa", "bulk modulus", low=0.0,
            source=f"{SOURCE}, of the potential's energies at seven volumes within 6 %, fractional coordinates kept, "
            "which makes it an upper bound; CHGNet is known to be too soft; the interval is that of the fit alone, the "
            "potential's own error comes on top and is not known"),
    Measure("rattle_drop", "eV/atom", "energy lost when shaken and relaxed again", low=0.0,
            source="random displacements of 0.1 Angstrom in a supercell, relaxed again; above 0.002 the crystal was no "
            "minimum and falls to a lower one, as an imaginary phonon of that supercell would say; no interval known"),
)  # fmt: skip
"""What is probed."""

FALLEN = Measure("fallen", title="lower structure it fell to when shaken")
"""1 for each crystal that fell; its note is the structure, see :func:`sekkei.predict.crystals.relaxed_crystal`."""

UNSTEADY = 0.002
"""Energy [eV/atom] that a crystal may lose when it is shaken before it counts as no minimum."""


def fell(values: Mapping[str, float]) -> bool:
    """Whether a crystal with these values fell to a lower structure when it was shaken; False where it was not."""
    return values.get("rattle_drop", math.nan) > UNSTEADY


VOLUMES = np.linspace(0.94, 1.06, 7)
SHAKEN = 0.1  # Angstrom, standard deviation of each coordinate
_STUDENT = 2.353  # 95 % quantile of Student's t with 3 degrees of freedom: seven volumes, four parameters
_MOST = 32  # atoms of the supercell, where the cell is not larger itself
_USUAL = Limits(fmax=0.05, steps=60)


@dataclass(frozen=True)
class ProbeEvaluator:
    """Probes relaxed crystals with a potential.

    Attributes:
        potential: its name.
        limits: of the relaxation after shaking.
        seed: of the displacements.
    """

    potential: str = "chgnet"
    limits: Limits = _USUAL
    seed: int = 0
    name: str = "probes"

    @property
    def version(self) -> str:
        """Changes with the potential, the limits and the displacements."""
        judge = potential(self.potential)
        return f"4 {judge.name} {judge.version} {self.limits} {self.seed}"

    @property
    def measures(self) -> tuple[Measure, ...]:
        """See :data:`PROBES` and :data:`FALLEN`."""
        return *PROBES, FALLEN

    def __call__(self, items: Sequence[Crystal]) -> list[Column]:
        """Probe one after the other."""
        judge = potential(self.potential)
        with one_thread():
            stiff = [stiffness(item, judge) for item in items]
            shaken = [shake(item, judge, self.limits, self.seed) for item in items]
        moduli = _column(PROBES[0], [one if isinstance(one, Problem) else one.modulus for one in stiff])
        half = _STUDENT * np.array([math.nan if isinstance(one, Problem) else one.error for one in stiff])
        interval = np.stack([np.maximum(moduli.values - half, 0.0), moduli.values + half], axis=1)
        drops = _column(PROBES[1], [one if isinstance(one, Problem) else one.drop for one in shaken])
        lower = [one.end if isinstance(one, Shaken) and one.drop > UNSTEADY else None for one in shaken]
        told = ["" if one is None else geometry_note(one) for one in lower]
        fallen = replace(_column(FALLEN, [math.nan if one is None else 1.0 for one in lower]), notes=told)
        return [replace(moduli, interval=interval), drops, fallen]


def stiffness(item: Crystal, judge: Potential) -> Stiffness | Problem:
    """Bulk modulus of a relaxed crystal; its shape and fractional coordinates are kept."""
    cells = [crystal(item.lattice * share ** (1 / 3), item.numbers, item.positions) for share in VOLUMES]
    answers = judge.energies([one for one in cells if not isinstance(one, Problem)])
    problem = next((one for one in (*cells, *answers) if isinstance(one, Problem)), None)
    if problem is not None:
        return problem
    energies = np.array([float(one) for one in answers if not isinstance(one, Problem)])
    return bulk_modulus(VOLUMES * item.volume, energies * len(item))


@dataclass(frozen=True)
class Shaken:
    """What became of a crystal that was shaken.

    Attributes:
        drop: energy that it lost [eV/atom], at least 0.
        end: the supercell as it relaxed again.
    """

    drop: float
    end: Crystal


def shake(item: Crystal, judge: Potential, limits: Limits, seed: int) -> Shaken | Problem:
    """Shake a supercell of a relaxed crystal and relax it again."""
    large = supercell(item, seed)
    if isinstance(large, Problem):
        return large
    before = judge.energies([item])[0]
    if isinstance(before, Problem):
        return before
    done = relax(large, judge, limits)
    if done.problem is not None:
        return done.problem
    if not math.isfinite(done.energy):
        return Problem("not_finite", "it has no energy")
    if not done.converged and done.energy > before + UNSTEADY:
        return Problem("steps", "it had not come to rest when the steps ran out")
    return Shaken(max(0.0, before - done.energy), done.item)


def supercell(item: Crystal, seed: int) -> Crystal | Problem:
    """As many copies along the shortest edges as 32 atoms allow, every atom displaced at random."""
    copies = np.ones(3, dtype=np.int64)
    lengths = np.linalg.norm(item.lattice, axis=1)
    while len(item) * int(copies.prod()) * 2 <= _MOST:
        copies[int((lengths * copies).argmin())] *= 2
    shifts = np.stack(np.meshgrid(*(np.arange(count) for count in copies), indexing="ij"), axis=-1).reshape(-1, 3)
    lattice = item.lattice * copies[:, None]
    places: Floats = ((item.positions[None] + shifts[:, None]) / copies).reshape(-1, 3)
    moves = np.random.default_rng(seed).normal(scale=SHAKEN, size=places.shape)
    return crystal(lattice, np.tile(item.numbers, len(shifts)), places + moves @ np.linalg.inv(lattice))


def _column(measure: Measure, answers: Sequence[float | Problem]) -> Column:
    problems = [answer if isinstance(answer, Problem) else None for answer in answers]
    values = np.array([math.nan if isinstance(answer, Problem) else answer for answer in answers])
    return Column(measure, values, None, problems)
