"""The known compositions that a generator learns from, each once, with the labels there are."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Measure, Problem
from sekkei.data.folder import VARIABLE, find
from sekkei.materials.datasets import TABLES, material_table, read_compositions
from sekkei.materials.formula import NUMBERS, Composition, parse_formula

MOMENTS = "labels/mp20_moments.csv"
"""Mean absolute site moments of MP-20 structures, as CHGNet predicts them; the file ships."""

TARGETS: dict[str, Measure] = {
    m.name: m
    for m in (
        Measure("band_gap", "eV", "band gap (PBE)", 0.3, low=0.0,
                source="Materials Project; PBE gaps are about 40 % smaller than measured ones"),
        Measure("formation_energy", "eV/atom", "formation energy", 0.2,
                source="Materials Project, frame of MP-20 (corrections of 2020); the lowest entry of each formula"),
        Measure("magnetic_moment", "mu_B/atom", "mean absolute site moment", 0.1, low=0.0,
                source="CHGNet 0.4.2 on MP-20 structures: a model's value, not a calculation's"),
    )
}  # fmt: skip
"""What a generator of compositions can be conditioned on, in the order of its columns."""

FORMULAS = ("mp20_properties", "mp20", "mpts52", "mp_e_form", "mp_formation", "mp_bandgap", "mp_gap", "mp_mu_b",
            "icsd_formulas")  # fmt: skip
"""Tables whose formulas are used: the Materials Project in its extracts, with or without labels."""

_SAME = 0.3
"""Energies of one formula that differ by more [eV/atom] belong to different polymorphs."""

_RIDGE = 0.1


@dataclass(frozen=True)
class KnownCompositions:
    """Distinct compositions with the labels there are.

    Attributes:
        items: n compositions in order of their formulas.
        values: (n, 3) float32 in the order of :data:`TARGETS`, NaN where unknown.
        sources: whose data these are, one line a table.
        unread: lines of a file that are no formula, as the file has them.
    """

    items: list[Composition]
    values: NDArray[np.float32]
    sources: list[str]
    unread: list[str] = field(default_factory=list)

    def of(self, rows: NDArray[np.int64]) -> KnownCompositions:
        """Some of them."""
        return KnownCompositions([self.items[row] for row in rows], self.values[rows], self.sources)


def known_compositions(moments: Path | None = None) -> KnownCompositions:
    """Join the tables of the data folder by reduced formula.

    The band gap is that of MP-20's entry nearest to the hull where MP-20 has the formula, else the median of the
    entries; the formation energy is the lowest, with older energies moved to the frame of MP-20; the moment is the mean
    of the MP-20 structures that CHGNet has labelled.

    Args:
        moments: file of moments; the one of the data folders where None.

    Raises:
        UserError: a table is not in the data folder.
    """
    items: dict[str, Composition] = {}
    sources: list[str] = []
    for name in FORMULAS:
        table = material_table(name)
        found = read_compositions(table, _path(table.file, name))
        items.update((item.formula, item) for item in found.items if not isinstance(item, Problem))
        sources.append(f"{table.title} ({table.source}; {table.licence})")
    labels = (_band_gaps(), _formation_energies(), _moments(moments or find(MOMENTS)))
    formulas = sorted(items)
    values = np.array([[column.get(formula, np.nan) for column in labels] for formula in formulas], dtype=np.float32)
    return KnownCompositions([items[formula] for formula in formulas], values, sources)


def every_composition() -> tuple[list[Composition], list[str]]:
    """The different compositions of all tables that the data folders hold, without labels.

    Returns:
        The compositions in order of their formulas, and whose data these are, one line a table.

    Raises:
        UserError: there is not one table.
    """
    items: dict[str, Composition] = {}
    sources: list[str] = []
    for table in TABLES.values():
        path = find(table.file)
        if path is not None:
            found = read_compositions(replace(table, measures={}), path)
            items.update((item.formula, item) for item in found.items if not isinstance(item, Problem))
            sources.append(f"{table.title} ({table.source}; {table.licence})")
    if not items:
        raise UserError(
            "no table of compositions is in a data folder", "data", f"put some under a folder of {VARIABLE}"
        )
    return [items[formula] for formula in sorted(items)], sources


def by_system(items: Sequence[Composition], share: float, seed: int) -> NDArray[np.bool_]:
    """Which compositions belong to a random share of the chemical systems, to one at least: (n,)."""
    systems = sorted({item.system for item in items})
    order = np.random.default_rng(seed).permutation(len(systems))
    chosen = {systems[row] for row in order[: max(round(share * len(systems)), 1)]}
    return np.array([item.system in chosen for item in items])


def _band_gaps() -> dict[str, float]:
    several: dict[str, list[float]] = defaultdict(list)
    for name in ("mp_bandgap", "mp_gap"):
        for formula, value in _column(name, "band_gap"):
            several[formula].append(value)
    return {formula: float(np.median(gaps)) for formula, gaps in several.items()} | _stablest("band_gap")


def _formation_energies() -> dict[str, float]:
    """The lowest of each formula, all in the frame of MP-20 (corrections of 2020).

    Matbench's are of 2018, in another frame, which differs by corrections for elements. They are moved by a sum over
    the shares of the elements, fitted on the formulas that both have.
    """
    new, old = _lowest("mp20_properties", "mpts52"), _lowest("mp_e_form")
    both = [formula for formula in sorted(new) if formula in old and abs(new[formula] - old[formula]) < _SAME]
    items = {formula: parse_formula(formula) for formula in old.keys() | new.keys()}
    shares = {formula: _shares(item) for formula, item in items.items() if not isinstance(item, Problem)}
    table = np.array([shares[formula] for formula in both])
    moved = np.array([new[formula] - old[formula] for formula in both])
    by_element = np.linalg.solve(table.T @ table + np.eye(table.shape[1]) * _RIDGE, table.T @ moved)
    return {formula: value + float(shares[formula] @ by_element) for formula, value in old.items()} | new


def _lowest(*names: str) -> dict[str, float]:
    lowest: dict[str, float] = {}
    for name in names:
        for formula, value in _column(name, "formation_energy"):
            lowest[formula] = min(value, lowest.get(formula, np.inf))
    return lowest


def _shares(item: Composition) -> NDArray[np.float64]:
    shares = np.zeros(len(NUMBERS))
    for symbol, amount in item.amounts:
        shares[NUMBERS[symbol] - 1] = amount / item.atoms
    return shares


def _stablest(measure: str) -> dict[str, float]:
    """Labels of MP-20, that of the entry nearest to the hull for each formula."""
    table = material_table("mp20_properties")
    found = read_compositions(table, _path(table.file, table.name))
    best: dict[str, tuple[float, float]] = {}
    for item, above, value in zip(found.items, found.values["e_above_hull"], found.values[measure], strict=True):
        if not isinstance(item, Problem) and np.isfinite(value):
            best[item.formula] = min((float(above), float(value)), best.get(item.formula, (np.inf, np.inf)))
    return {formula: value for formula, (_, value) in best.items()}


def _moments(path: Path | None) -> dict[str, float]:
    """Moments by formula, the mean where several structures have one."""
    if path is None:
        return {}
    several: dict[str, list[float]] = defaultdict(list)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                several[row["formula"]].append(float(row["moment"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"cannot be read as a table of moments: {error}", str(path)) from error
    return {formula: float(np.mean(values)) for formula, values in several.items()}


def _column(name: str, measure: str) -> Iterable[tuple[str, float]]:
    table = material_table(name)
    found = read_compositions(table, _path(table.file, name))
    for item, value in zip(found.items, found.values[measure], strict=True):
        if not isinstance(item, Problem) and np.isfinite(value):
            yield item.formula, float(value)


def _path(file: str, name: str) -> Path:
    path = find(file)
    if path is None:
        raise UserError(f"{file} is in no data folder", f"table {name}", f"put the file under a folder of {VARIABLE}")
    return path
