"""How many test formulas and molecules of a task also stand in other tables at hand.

None of their labels is used: a task is learned from the rows of its own table alone, and encoders are pre-trained
without any label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sekkei.core.types import Problem
from sekkei.data.folder import find
from sekkei.materials.datasets import TABLES, read_compositions
from sekkei.predict.describe import describer
from sekkei.predict.molecules_recipes import read_table

MOLECULES = {
    "delaney": ("molecules/moleculenet_delaney.csv.gz", "smiles"),
    "freesolv": ("molecules/moleculenet_freesolv.csv.gz", "smiles"),
    "lipo": ("molecules/moleculenet_lipo.csv.gz", "smiles"),
    "aqsoldb": ("molecules/aqsoldb_tdc.csv.gz", "Drug"),
    "bace": ("molecules/moleculenet_bace.csv.gz", "mol"),
    "bbbp": ("molecules/moleculenet_bbbp.csv.gz", "smiles"),
}
"""The tables of molecules with a label, and the heading of their SMILES."""


def elsewhere(domain: str, own: str, keys: Sequence[str]) -> dict[str, Any]:
    """Of the rows that test a task, how many stand in each other table, and in any.

    Args:
        domain: of the task.
        own: name of the task's table.
        keys: identities of the rows: reduced formulas, or first blocks of the InChIKey.
    """
    names = [name for name in (TABLES if domain == "materials" else MOLECULES) if name != own]
    known = {name: _formulas(name) if domain == "materials" else _skeletons(name) for name in names}
    tables = {name: sum(key in there for key in keys) for name, there in known.items()}
    everywhere = frozenset().union(*known.values())
    return {"rows": len(keys), "any": sum(key in everywhere for key in keys),
            "tables": {name: count for name, count in tables.items() if count}}  # fmt: skip


@cache
def _formulas(name: str) -> frozenset[str]:
    path = find(TABLES[name].file)
    if path is None:
        return frozenset()
    items = read_compositions(replace(TABLES[name], measures={}), path).items
    return frozenset(item.formula for item in items if not isinstance(item, Problem))


@cache
def _skeletons(name: str) -> frozenset[str]:
    file, smiles = MOLECULES[name]
    if find(file) is None:
        return frozenset()
    key = describer("molecules").key
    return frozenset(key(item) for item in read_table(file, smiles, [])[0])
