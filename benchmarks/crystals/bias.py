"""By how much the reference hull lies too high: references that are not relaxed, and references that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.crystals.sources import split

from sekkei.campaign.judge import Candidate, Judge
from sekkei.core.types import Floats
from sekkei.materials.domain import LINES
from sekkei.materials.energies import EnergyLine, read_energies
from sekkei.materials.hull import Placement, hull_of, place_all
from sekkei.predict.crystals import RelaxationEvaluator
from sekkei.predict.potentials import potential

MISSING = (0.1, 0.3)
"""Shares of the references that are left out."""

PLACED = 500


def bias(path: Path, n: int, relaxation: RelaxationEvaluator, judge: Judge, *, parallel: bool) -> dict[str, Any]:
    """Both effects [eV/atom]: what relaxing n training crystals gains, and what leaving references out raises."""
    return {"unrelaxed": _unrelaxed(n, relaxation, judge, parallel=parallel), "missing": _missing(path)}


def _unrelaxed(n: int, relaxation: RelaxationEvaluator, judge: Judge, *, parallel: bool) -> dict[str, float]:
    known = split("train")
    rows = np.random.default_rng(3).permutation(len(known))[:n]
    chosen = [Candidate(place, LINES.key(known[row]), "", known[row]) for place, row in enumerate(rows)]
    judge.evaluate(relaxation, chosen, 1, parallel=parallel)
    asked = potential(relaxation.potential)
    before = asked.energies([one.item for one in chosen])
    gains = np.array([
        float(first) - one.values["energy"]
        for first, one in zip(before, chosen, strict=True)
        if isinstance(first, float) and np.isfinite(one.values["energy"])
    ])  # fmt: skip
    return {"references": len(gains), **_spread(gains)}


def _missing(path: Path) -> dict[str, Any]:
    rows = [row for row in read_energies(path).rows if row.problem is None]
    random = np.random.default_rng(4)
    asked = [rows[place] for place in random.permutation(len(rows))[:PLACED]]
    whole = _heights(rows, asked)
    out: dict[str, Any] = {}
    for part in MISSING:
        drawn = random.random(len(rows)) >= part
        names = {row.formula for row in asked}
        kept = [row for row, there in zip(rows, drawn, strict=True) if there or _element(row) or row.formula in names]
        fewer = _heights(kept, asked)
        out[f"{part:.0%}"] = {"materials": len(asked), **_spread(whole - fewer)}
    return out


def _element(row: EnergyLine) -> bool:
    return row.formula.isalpha() and sum(letter.isupper() for letter in row.formula) == 1


def _heights(references: list[EnergyLine], asked: list[EnergyLine]) -> Floats:
    """Decomposition energies against the references of other formulas."""
    hull = hull_of([row.formula for row in references], [row.energy for row in references])
    placed = place_all(hull, [row.formula for row in asked], [row.energy for row in asked], against_others=True)
    return np.array([one.e_above_hull if isinstance(one, Placement) else np.nan for one in placed])


def _spread(values: Floats) -> dict[str, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return {"mean": np.nan, "median": np.nan, "95 %": np.nan}
    high = float(np.quantile(known, 0.95))
    return {"mean": float(known.mean()), "median": float(np.median(known)), "95 %": high}
