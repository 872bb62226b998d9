"""What each generated material is: formula, space group, verdicts, properties, fingerprints. Work for processes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats, Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.fingerprints import (
    COMPOSITION_WIDTH,
    STRUCTURE_WIDTH,
    composition_fingerprint,
    crystal_fingerprint,
)
from sekkei.materials.formula import Composition
from sekkei.materials.geometry import GEOMETRY_PROFILES, check_geometry
from sekkei.materials.properties import CRYSTAL_PROPERTIES, table
from sekkei.materials.properties import PROPERTIES as COMPOSITION_PROPERTIES
from sekkei.materials.structures import symmetry
from sekkei.materials.validity import PROFILES, judge
from sekkei.metrics.materials.samples import Item, composition_of
from sekkei.metrics.parallel import in_chunks

RULES = tuple(PROFILES)
"""Profiles of composition validity, in the order of ``Look.composition``."""

GEOMETRIES = tuple(GEOMETRY_PROFILES)
"""Profiles of structural validity, in the order of ``Look.structure``."""

PROPERTIES = (*COMPOSITION_PROPERTIES, *CRYSTAL_PROPERTIES)
"""Names of the properties, in the order of ``Look.properties``."""

_CHUNK, _DEAR_CHUNK = 200, 10


@dataclass(frozen=True)
class Look:
    """What n attempts are.

    Attributes:
        formulas: n reduced formulas, empty where the attempt cannot be read.
        groups: (n,) space group numbers, 0 where there is none.
        composition: (n, rules) 1 where a profile of composition validity passes, 0 where not, NaN where undecided.
        structure: (n, geometries) the same of structural validity, NaN for compositions.
        properties: (n, p) NaN where there is none.
    """

    formulas: list[str]
    groups: NDArray[np.int64]
    composition: Floats
    structure: Floats
    properties: Floats

    def of(self, rows: Sequence[int] | NDArray[np.int64]) -> Look:
        """The same of some attempts."""
        return Look(
            [self.formulas[row] for row in rows],
            self.groups[rows],
            self.composition[rows],
            self.structure[rows],
            self.properties[rows],
        )


@dataclass(frozen=True)
class Prints:
    """Fingerprints of n attempts; a row of NaN where there is none.

    Attributes:
        structure: (n, 61).
        composition: (n, 132).
    """

    structure: Floats
    composition: Floats


def look(items: Sequence[Item | None], pool: Executor | None = None) -> Look:
    """Look at n attempts, shared among the processes of a pool."""
    parts = in_chunks(_look, items, pool, _CHUNK)
    return Look(
        [formula for part in parts for formula in part.formulas],
        *(np.concatenate([getattr(part, name) for part in parts])
          for name in ("groups", "composition", "structure", "properties")),
    )  # fmt: skip


def fingerprints(items: Sequence[Item | None], pool: Executor | None = None) -> Prints:
    """Fingerprints of n attempts, shared among the processes of a pool; about 0.1 s a crystal."""
    parts = in_chunks(_prints, items, pool, _DEAR_CHUNK)
    return Prints(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("structure", "composition")))


def _look(items: list[Item | None]) -> Look:
    n = len(items)
    found = Look(
        [""] * n,
        np.zeros(n, dtype=np.int64),
        np.full((n, len(RULES)), np.nan),
        np.full((n, len(GEOMETRIES)), np.nan),
        np.full((n, len(PROPERTIES)), np.nan),
    )
    for row, item in enumerate(items):
        if item is None:
            continue
        formula = composition_of(item)
        found.formulas[row] = formula.formula
        found.composition[row] = [_passes(formula, name) for name in RULES]
        found.properties[row, : len(COMPOSITION_PROPERTIES)] = table([formula])[0]
        if isinstance(item, Crystal):
            _look_at_crystal(item, row, found)
    return found


def _look_at_crystal(item: Crystal, row: int, found: Look) -> None:
    group = symmetry(item)
    found.groups[row] = 0 if isinstance(group, Problem) else group.number
    found.structure[row] = [float(check_geometry(item, GEOMETRY_PROFILES[name]) is None) for name in GEOMETRIES]
    answers = [entry.compute(item) for entry in CRYSTAL_PROPERTIES.values()]
    values = [answer[0] if isinstance(answer, tuple) else answer for answer in answers]
    found.properties[row, len(COMPOSITION_PROPERTIES) :] = values


def _passes(formula: Composition, name: str) -> float:
    verdict = judge(formula, PROFILES[name])
    return float("nan") if isinstance(verdict, Problem) else float(verdict.valid)


def _prints(items: list[Item | None]) -> Prints:
    found = Prints(np.full((len(items), STRUCTURE_WIDTH), np.nan), np.full((len(items), COMPOSITION_WIDTH), np.nan))
    for row, item in enumerate(items):
        if item is None:
            continue
        found.composition[row] = composition_fingerprint(composition_of(item))
        made = crystal_fingerprint(item) if isinstance(item, Crystal) else None
        if isinstance(made, np.ndarray):
            found.structure[row] = made
    return found
