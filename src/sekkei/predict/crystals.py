"""Evaluators of crystals: a potential's energy as they are and after relaxation, and predictors of the composition."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sekkei.core.protocols import Evaluator
from sekkei.core.types import Column, Floats, Measure, Problem
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.formula import Composition
from sekkei.materials.hull import E_ABOVE_HULL, Hull, Placement
from sekkei.predict.potentials import SinglePoint, one_thread, potential
from sekkei.predict.relaxation import Limits, Relaxed, relax_all

UNRELAXED = Measure("unrelaxed_energy", "eV/atom", "energy before relaxation")
UNRELAXED_HULL = replace(E_ABOVE_HULL, name="unrelaxed_e_above_hull", title="energy above hull before relaxation")
GEOMETRY = Measure("relaxed", title="relaxed geometry")
"""1 for each relaxed crystal; its note is the crystal, see :func:`relaxed_crystal`."""

RELAXED_HULL = replace(
    E_ABOVE_HULL,
    title="energy above hull",
    source="relaxed energy of the potential against the convex hull of its own energies of known structures; missing "
    "references make materials look stabler than they are; the interval is the potential's mean error on its test set",
)
RELAXATION = (
    GEOMETRY,
    Measure(
        "energy",
        "eV/atom",
        "relaxed energy",
        source="the potential's total energy; its frame is its own; the interval is its mean error on its test set",
    ),
    RELAXED_HULL,
    Measure("converged", title="relaxation converged", low=0.0, high=1.0),
    Measure("steps", title="steps of relaxation", low=0.0),
    Measure("max_force", "eV/Angstrom", "largest force left", low=0.0),
    Measure("rmsd", "Angstrom", "displacement by relaxation", low=0.0),
    Measure("volume_ratio", "", "volume by that before relaxation", low=0.0),
    Measure("group_before", title="space group before relaxation", low=0.0, high=230.0),
    Measure("group_after", title="space group after relaxation", low=0.0, high=230.0),
    Measure(
        "site_moment",
        "mu_B/atom",
        "mean absolute site moment",
        low=0.0,
        source="the potential's, relaxed; the interval is its mean error of a site on its test set, which bounds that "
        "of the mean over sites",
    ),
)
"""What is measured of a relaxed crystal."""

SECOND = (
    Measure("second_energy", "eV/atom", "energy by the second potential",
            source="of the crystal as the first potential relaxed it; its frame is its own: compare it between "
            "crystals of one composition only, and never with a hull of the first"),
    Measure("second_force", "eV/Angstrom", "largest force by the second potential", low=0.0,
            source="of the crystal as the first potential relaxed it: large where the two disagree on the atoms"),
    Measure("second_pressure", "GPa", "pressure by the second potential",
            source="of the crystal as the first potential relaxed it, positive where the second would have it larger"),
)  # fmt: skip
"""What a second potential says of a relaxed crystal."""

NO_HULL = Problem("no_phases", "no reference hull of this potential is at hand")
_USUAL = Limits()
_INTERVAL = 2.06  # half of a 90 % interval by the mean absolute error of a normal distribution


@dataclass(frozen=True)
class OfComposition:
    """An evaluator of compositions, asked about crystals."""

    judge: Evaluator[Composition]

    @property
    def name(self) -> str:
        """Name of the evaluator."""
        return self.judge.name

    @property
    def version(self) -> str:
        """Version of the evaluator."""
        return self.judge.version

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What it measures."""
        return tuple(self.judge.measures)

    def __call__(self, items: Sequence[Crystal]) -> list[Column]:
        """What it says of the compositions."""
        return list(self.judge([item.composition for item in items]))


@dataclass(frozen=True)
class EnergyEvaluator:
    """Energies of crystals as they are.

    Attributes:
        potential: its name.
        hull: its own energies of known structures; None where there are none.
    """

    potential: str = "chgnet"
    hull: Hull | None = None
    name: str = "unrelaxed"

    @property
    def version(self) -> str:
        """Changes with the potential and the hull."""
        return _version(self.potential, self.hull)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Energy, and energy above hull."""
        return UNRELAXED, UNRELAXED_HULL

    def __call__(self, items: Sequence[Crystal]) -> list[Column]:
        """Ask the potential."""
        with one_thread():
            answers = [_asked(item, self.potential) for item in items]
        values = np.array([math.nan if isinstance(answer, Problem) else answer for answer in answers])
        problems = [answer if isinstance(answer, Problem) else None for answer in answers]
        above, notes, unplaced = _above(self.hull, items, values, problems)
        return [
            Column(UNRELAXED, values, None, problems),
            Column(UNRELAXED_HULL, above, None, unplaced, notes),
        ]


@dataclass(frozen=True)
class RelaxationEvaluator:
    """Relaxes crystals.

    Attributes:
        potential: its name.
        limits: when a relaxation ends.
        hull: the potential's own energies of known structures; None where there are none.
    """

    potential: str = "chgnet"
    limits: Limits = _USUAL
    hull: Hull | None = None
    name: str = "relaxation"

    @property
    def version(self) -> str:
        """Changes with the potential, the limits and the hull."""
        return f"{_version(self.potential, self.hull)} {self.limits}"

    @property
    def measures(self) -> tuple[Measure, ...]:
        """See :data:`RELAXATION`."""
        return RELAXATION

    def __call__(self, items: Sequence[Crystal]) -> list[Column]:
        """Relax one after the other; what broke off carries its reason in every column."""
        done = relax_all(items, self.potential, self.limits)
        problems = [one.problem for one in done]
        table = np.array([_numbers(one) for one in done], dtype=np.float64).reshape(len(done), len(RELAXATION))
        table[[row for row, problem in enumerate(problems) if problem]] = math.nan
        above, notes, unplaced = _above(self.hull, items, table[:, 1], problems)
        judge = potential(self.potential)
        errors = {
            "energy": judge.energy_error,
            RELAXED_HULL.name: judge.energy_error,
            "site_moment": judge.moment_error,
        }
        told = ["" if one.problem else geometry_note(one.item) for one in done]
        columns = []
        for place, measure in enumerate(RELAXATION):
            values = above if measure is RELAXED_HULL else table[:, place]
            interval = _interval(values, errors[measure.name], measure.low) if measure.name in errors else None
            if measure is RELAXED_HULL:
                columns.append(Column(measure, values, None, unplaced, notes, interval))
            else:
                columns.append(Column(measure, values, None, problems, told if measure is GEOMETRY else None, interval))
        return columns


@dataclass(frozen=True)
class SecondEvaluator:
    """Asks a second potential about crystals as they are.

    Attributes:
        potential: its name.
    """

    potential: str
    name: str = "second"

    @property
    def version(self) -> str:
        """Changes with the potential."""
        judge = potential(self.potential)
        return f"1 {judge.name} {judge.version}"

    @property
    def measures(self) -> tuple[Measure, ...]:
        """See :data:`SECOND`."""
        return SECOND

    def __call__(self, items: Sequence[Crystal]) -> list[Column]:
        """Ask the potential."""
        answers = potential(self.potential).single_points(items)
        problems = [answer if isinstance(answer, Problem) else None for answer in answers]
        rows = [(math.nan,) * len(SECOND) if isinstance(one, Problem) else _second(one) for one in answers]
        table = np.array(rows, dtype=np.float64).reshape(len(rows), len(SECOND))
        return [Column(measure, table[:, place], None, problems) for place, measure in enumerate(SECOND)]


def relaxed_crystal(note: str) -> Crystal | None:
    """The crystal that a note of :data:`GEOMETRY` holds; None where it holds none."""
    try:
        kept = json.loads(note)
        made = crystal(kept["lattice"], kept["numbers"], kept["positions"])
    except (ValueError, TypeError, KeyError):
        return None
    return None if isinstance(made, Problem) else made


def _interval(values: Floats, error: float, least: float | None) -> Floats:
    """(n, 2) 90 % intervals by a mean absolute error, not below what the measure can be."""
    ends = np.stack([values - _INTERVAL * error, values + _INTERVAL * error], axis=1)
    return np.asarray(ends if least is None else np.fmax(ends, np.where(np.isnan(ends), np.nan, least)))


def geometry_note(item: Crystal) -> str:
    """A crystal as :func:`relaxed_crystal` reads it."""
    parts = {
        "lattice": item.lattice.round(8).tolist(),
        "numbers": item.numbers.tolist(),
        "positions": item.positions.round(8).tolist(),
    }
    return json.dumps(parts, separators=(",", ":"))


def _numbers(one: Relaxed) -> tuple[float, ...]:
    moment = float(np.abs(one.moments).mean()) if len(one.moments) else math.nan
    return (
        1.0, one.energy, math.nan, float(one.converged), float(one.steps), one.max_force, one.rmsd, one.volume_ratio,
        float(one.group_before), float(one.group_after), moment,
    )  # fmt: skip


def _second(one: SinglePoint) -> tuple[float, ...]:
    return one.energy, float(np.linalg.norm(one.forces, axis=1).max()), float(-np.trace(one.stress) / 3)


def _asked(item: Crystal, name: str) -> float | Problem:
    judge = potential(name)
    return judge.refuse(item) or judge.energies([item])[0]


def _above(
    hull: Hull | None, items: Sequence[Crystal], energies: Floats, problems: Sequence[Problem | None]
) -> tuple[Floats, list[str], list[Problem | None]]:
    """Energies above hull, what the crystals would decompose into, and why there is none."""
    values, notes = np.full(len(items), math.nan), [""] * len(items)
    unplaced: list[Problem | None] = list(problems)
    for row, (item, energy) in enumerate(zip(items, energies, strict=True)):
        if problems[row] is not None:
            continue
        placed = hull.place(item.composition, float(energy)) if hull else NO_HULL
        if isinstance(placed, Placement):
            values[row] = placed.e_above_hull
            notes[row] = f"against {placed.text} ({placed.competitors} known phases of the system)"
        else:
            unplaced[row] = placed
    return values, notes, unplaced


def _version(name: str, hull: Hull | None) -> str:
    judge = potential(name)
    return f"1 {judge.name} {judge.version} hull {hull.digest if hull else None}"
