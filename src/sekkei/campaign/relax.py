"""Relax every crystal of a file, and keep a row for each, the unreadable ones too."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sekkei.campaign.finished import Finished
from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.extxyz import Fact, write_extxyz
from sekkei.materials.files import write_table
from sekkei.materials.structure_files import CrystalLine
from sekkei.predict.relaxation import Limits, Relaxed, relaxations

Cell = str | float | None


@dataclass(frozen=True)
class RelaxedLine:
    """One structure of the file and what became of it.

    Attributes:
        line: the structure as it was read.
        done: what the relaxation says; None where there was nothing to relax.
        potential: name of the potential.
    """

    line: CrystalLine
    done: Relaxed | None
    potential: str

    @property
    def problem(self) -> Problem | None:
        """Why it could not be read or relaxed, else None."""
        return self.done.problem if self.done else self.line.problem

    @property
    def item(self) -> Crystal | None:
        """The relaxed crystal; where a limit broke the relaxation off, the last geometry in order."""
        return self.done.item if self.done and math.isfinite(self.done.energy) else None

    def row(self) -> dict[str, Cell]:
        """A row for a table; headings carry units, and what is not known is empty."""
        done, problem = self.done, self.problem
        known = done if done and math.isfinite(done.energy) else None
        return {
            "line": self.line.line,
            "name": self.line.name,
            "formula": self.line.item.composition.formula if self.line.item else "",
            "converged": "" if known is None else ("yes" if known.converged else "no"),
            "steps": known.steps if known else None,
            "energy_per_atom [eV/atom]": known.energy if known else None,
            "first_energy_per_atom [eV/atom]": known.first_energy if known else None,
            "max_force [eV/Angstrom]": known.max_force if known else None,
            "pressure [GPa]": known.pressure if known else None,
            "rmsd [Angstrom]": known.rmsd if known else None,
            "volume_ratio": known.volume_ratio if known else None,
            "spacegroup_before": done.group_before or None if done else None,
            "spacegroup_after": known.group_after or None if known else None,
            "moment_per_atom [mu_B]": _mean(known) if known else None,
            "seconds": round(done.seconds, 2) if done else None,
            "potential": self.potential,
            "problem": f"{problem.kind}: {problem.message}" if problem else "",
        }


def sound_of(lines: Sequence[CrystalLine]) -> list[Crystal]:
    """The crystals among the lines."""
    return [line.item for line in lines if line.item is not None]


def relax_lines(
    lines: Sequence[CrystalLine],
    name: str,
    limits: Limits,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    finished: Finished | None = None,
) -> list[RelaxedLine]:
    """Relax the structures of a file; row i of the answer belongs to row i.

    Args:
        lines: what :func:`sekkei.materials.structure_files.read_crystals` gave.
        name: the potential.
        limits: when each relaxation stops.
        executor: where they are relaxed side by side; None does it here.
        progress: told (done, structures) after each.
        finished: what is done already; the others are added as they are done.

    Raises:
        UserError: there is no such potential, or what is done cannot be kept.
    """
    sound = sound_of(lines)
    done = dict(finished.rows) if finished else {}
    open_ = [row for row in range(len(sound)) if row not in done]
    for place, answer in relaxations([sound[row] for row in open_], name, limits, executor):
        done[open_[place]] = answer
        if finished:
            finished.add(open_[place], answer)
        if progress:
            progress(len(done), len(sound))
    answers = (done[row] for row in range(len(sound)))
    return [RelaxedLine(line, next(answers) if line.item is not None else None, name) for line in lines]


def write_relaxed(path: Path, rows: Sequence[RelaxedLine]) -> Path:
    """Write the relaxed crystals, where there are any, as extended XYZ, and a row for every structure as CSV beside it.

    Returns:
        The path of the CSV file.

    Raises:
        UserError: a file cannot be written.
    """
    kept = [row for row in rows if row.item is not None]
    items = [row.item for row in kept if row.item is not None]
    if kept:
        write_extxyz(path, items, [_facts(row.row()) for row in kept])
    else:
        path.unlink(missing_ok=True)  # an empty file is no structure file
    beside = path.with_suffix(".csv")
    write_table(beside, [row.row() for row in rows])
    return beside


def _facts(row: dict[str, Cell]) -> dict[str, Fact]:
    """What goes into a frame: names without units, since keys of extended XYZ are plain words."""
    return {heading.split(" [")[0]: value for heading, value in row.items() if value not in (None, "")}


def _mean(done: Relaxed) -> float | None:
    return float(np.abs(done.moments).mean()) if len(done.moments) else None
