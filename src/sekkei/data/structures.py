"""The crystals that count as known: by hashes that ship, and themselves where the tables are in a data folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from sekkei import zoo
from sekkei.core.types import Problem
from sekkei.data.crystals import TABLES
from sekkei.data.folder import find
from sekkei.data.parents import parents
from sekkei.materials.crystal import Crystal
from sekkei.materials.datasets import material_table
from sekkei.materials.formula import parse_formula
from sekkei.materials.known import KnownStructures
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.structure_files import CELL_COLUMNS, from_row

_NOTHING = KnownMaterials.build(())


def known_structures(more: KnownMaterials = _NOTHING) -> KnownStructures:
    """The known formulas of the data folders, the structures of MP-20 and MPTS-52, and ``more``.

    Formulas, types and occupied sites of the structures ship as hashes; the structures themselves are compared with
    where their tables are in a data folder.
    """
    shipped = KnownMaterials.load(zoo.STRUCTURES) if zoo.STRUCTURES.is_file() else _NOTHING
    return KnownStructures(parents().known | shipped | more, _at_hand)


def _at_hand(formulas: frozenset[str]) -> Mapping[str, Sequence[Crystal]]:
    found: dict[str, list[Crystal]] = defaultdict(list)
    for name in TABLES:
        path = find(material_table(name).file)
        rows = _rows_by_formula(path) if path and formulas else {}
        wanted = sorted(row for formula in formulas for row in rows.get(formula, ()))
        if path is None or not wanted:
            continue
        for record in pq.read_table(path, columns=list(CELL_COLUMNS)).take(wanted).to_pylist():
            item = from_row(record)
            if isinstance(item, Crystal):
                found[item.composition.formula].append(item)
    return found


@lru_cache(maxsize=len(TABLES))
def _rows_by_formula(path: Path) -> dict[str, list[int]]:
    """The rows of a table by reduced formula."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(pq.read_table(path, columns=["formula"]).column(0).to_pylist()):
        item = parse_formula(text)
        if not isinstance(item, Problem):
            rows[item.formula].append(row)
    return rows
