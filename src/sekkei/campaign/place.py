"""Place every row of a file of energies on the hull of another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.energies import Energies, EnergyLine
from sekkei.materials.formula import parse_formula
from sekkei.materials.hull import Placement, hull_of, place_all

Cell = str | float | None


def place_rows(asked: Energies, references: Energies) -> list[dict[str, Cell]]:
    """Energy above hull and decomposition products of each row.

    Args:
        asked: the materials to place.
        references: the materials that make the hull; both in one energy frame.

    Returns:
        A row for each row of ``asked``, in order; ``problem`` says why one has no place.

    Raises:
        UserError: one file holds formation energies and the other total energies, or they are of two potentials.
    """
    if len(potentials := asked.potentials | references.potentials) > 1:
        raise UserError(
            f"energies of {' and '.join(sorted(potentials))} are in two frames",
            "--reference",
            "a hull is of one potential: relax both files with the same one",
        )
    if asked.formation != references.formation:
        words = ("total energies", "formation energies")
        raise UserError(
            f"holds {words[references.formation]}, where the file to place holds {words[asked.formation]}",
            "--reference",
            "both must be in one frame; name the column of energies with --energy or --reference-energy",
        )
    sound = [row for row in references.rows if row.problem is None]
    hull = hull_of([row.formula for row in sound], [row.energy for row in sound], elements_at_zero=asked.formation)
    if not len(hull):
        raise UserError("holds no formula with an energy", "--reference", "a formula and an energy a row")
    placed = place_all(hull, [row.formula for row in asked.rows], [row.energy for row in asked.rows])
    lowest = _lowest(asked.rows)
    return [_row(row, one, lowest) for row, one in zip(asked.rows, placed, strict=True)]


def _row(row: EnergyLine, placed: Placement | Problem, lowest: dict[str, float]) -> dict[str, Cell]:
    problem = row.problem or (placed if isinstance(placed, Problem) else None)
    known = placed if problem is None and isinstance(placed, Placement) else None
    first = lowest.get(_key(row.formula)) == row.energy
    return {
        "line": row.line,
        "name": row.name,
        "formula": row.formula,
        "energy [eV/atom]": row.energy if math.isfinite(row.energy) else None,
        "e_above_hull [eV/atom]": round(known.e_above_hull, 6) if known else None,
        "decomposes_into": known.text if known else "",
        "lowest_of_formula": ("yes" if first else "no") if known else "",
        "competitors": known.competitors if known else None,
        "problem": f"{problem.kind}: {problem.message}" if problem else "",
    }


def _lowest(rows: Sequence[EnergyLine]) -> dict[str, float]:
    energies: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.problem is None:
            energies[_key(row.formula)].append(row.energy)
    return {key: min(values) for key, values in energies.items()}


def _key(text: str) -> str:
    item = parse_formula(text)
    return text if isinstance(item, Problem) else item.formula
