"""Would a composition decompose? Its predicted formation energy against the known phases of its chemical system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.textfiles import unreadable
from sekkei.core.types import Column, Floats, Measure, Problem
from sekkei.materials.formula import Composition
from sekkei.materials.hull import E_ABOVE_HULL, Hull, Placement, hull_of

PHASES = "hull/mp2021_entries.parquet"
"""Where the known phases lie, relative to a data folder: formation energies in the frame of MP-20."""

PREDICTED_HULL = replace(
    E_ABOVE_HULL,
    title="predicted energy above hull",
    tolerance=0.05,
    source="predicted formation energy against the convex hull of known phases (hull/mp2021_entries: labels of MP-20 "
    "and MPTS-52, Materials Project, CC BY 4.0; an incomplete hull makes materials look stabler than they are); "
    "negative means below the known phases",
)

_COLUMNS = ("formula", "formation_energy_per_atom")


def read_phases(path: Path) -> Hull:
    """The hull of the phases of a Parquet table with ``formula`` and ``formation_energy_per_atom`` [eV/atom].

    Raises:
        UserError: the file is unreadable or lacks a column.
    """
    try:
        found = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(path, error) from error
    for column in _COLUMNS:
        if column not in found.column_names:
            raise UserError(f"has no column '{column}'", str(path), did_you_mean(column, found.column_names))
    formulas = [str(text) for text in found[_COLUMNS[0]].to_pylist()]
    energies = [float("nan") if value is None else float(value) for value in found[_COLUMNS[1]].to_pylist()]
    return hull_of(formulas, energies, elements_at_zero=True)


@dataclass(frozen=True)
class HullEvaluator:
    """Energy above hull of compositions whose formation energy is predicted.

    Attributes:
        predict: compositions -> a column of formation energies [eV/atom] in the frame of the phases.
        predictor: its name and version.
        phases: the known phases, None where there are none.
        missing: what to do about it where there are none.
    """

    predict: Callable[[Sequence[Composition]], Column]
    predictor: str
    phases: Hull | None
    missing: str = f"the known phases ({PHASES}) are in no data folder"
    name: str = PREDICTED_HULL.name
    measures: tuple[Measure, ...] = field(default=(PREDICTED_HULL,))

    @property
    def version(self) -> str:
        """Changes with the predictor and the phases."""
        return f"1 {self.predictor} {len(self.phases) if self.phases else 0}"

    def __call__(self, items: Sequence[Composition]) -> list[Column]:
        """Place each composition; the note names what it would decompose into, the interval is the predictor's."""
        energies = self.predict(items)
        values = np.full(len(items), np.nan)
        shift = np.full(len(items), np.nan)
        notes = [""] * len(items)
        problems: list[Problem | None] = [None] * len(items)
        for row, (item, energy) in enumerate(zip(items, energies.values, strict=True)):
            placed = self._place(item, float(energy), energies.problems[row])
            if isinstance(placed, Problem):
                problems[row] = placed
            else:
                values[row], notes[row] = placed.e_above_hull, _words(placed)
                shift[row] = placed.e_above_hull - energy
        interval: Floats | None = None if energies.interval is None else energies.interval + shift[:, None]
        return [Column(PREDICTED_HULL, values, None, problems, notes, interval, energies.in_domain)]

    def _place(self, item: Composition, energy: float, problem: Problem | None) -> Placement | Problem:
        if self.phases is None:
            return Problem("no_phases", self.missing)
        return problem or self.phases.place(item, energy)


def _words(placed: Placement) -> str:
    phases = f"{placed.competitors} known phase{'' if placed.competitors == 1 else 's'} of the system"
    return f"against {placed.text} ({phases})"
