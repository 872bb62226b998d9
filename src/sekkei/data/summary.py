"""Compounds of the Materials Project with their properties, fetched through its own client and kept as a table.

Once fetched they are parents of ion substitutions, and known compounds are named with their ids.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.files import replacing
from sekkei.core.textfiles import unreadable
from sekkei.core.types import Measure, Problem
from sekkei.data.folder import find, own
from sekkei.data.project import Opened, asked_of
from sekkei.materials.constraints import Constraints
from sekkei.materials.datasets import MaterialTable
from sekkei.materials.files import write_table
from sekkei.materials.formula import parse_formula

PROPERTIES: dict[str, tuple[str, Measure]] = {
    "band_gap": ("band_gap", Measure("band_gap", "eV", "band gap (PBE)", low=0.0)),
    "formation_energy": ("formation_energy_per_atom", Measure("formation_energy", "eV/atom", "formation energy")),
    "e_above_hull": ("energy_above_hull", Measure("e_above_hull", "eV/atom", "energy above hull", low=0.0)),
    "net_moment": (
        "total_magnetization_normalized_formula_units",
        Measure("net_moment", "mu_B/f.u.", "net magnetic moment; zero includes antiferromagnets"),
    ),
    "density": ("density", Measure("density", "g/cm^3", "density", low=0.0)),
    "made": ("theoretical", Measure("made", "", "1 where known from experiment", low=0.0, high=1.0)),
}
"""What can be asked for, by our name: the field of the database, and what it means."""

FETCHED = MaterialTable(
    "mp_fetched", "Materials Project, fetched by the user", 0, "Jain et al., APL Mater. 1, 011002, 2013",
    "Materials Project, CC BY 4.0", "mp/summary.parquet",
    measures={name: measure for name, (_, measure) in PROPERTIES.items()},
)  # fmt: skip
"""Everything fetched so far, in the user's own data folder."""

WHERE = "data fetch mp"
_NAMES = ("material_id", "formula")
_KINDS = (".parquet", ".csv", ".csv.gz")
Row = dict[str, str | float | None]


def fetch_compounds(
    system: str = "", properties: Sequence[str] = (), out: Path | None = None, opened: Opened | None = None
) -> tuple[int, list[Path]]:
    """Ask for the compounds of a chemical system and all its parts, or for every compound there is.

    Args:
        system: such as ``Li-P-S``; everything where empty.
        properties: words of :data:`PROPERTIES`; all where empty.
        out: also write what came, ``.parquet`` or ``.csv``.
        opened: opens the client; the real one where None.

    Returns:
        How many compounds came, and the files written.

    Raises:
        UserError: an unknown property, no element, no key, no client, no answer, or a file cannot be written.
    """
    names = list(dict.fromkeys(properties)) or list(PROPERTIES)
    for name in names:
        if name not in PROPERTIES:
            raise UserError(f"unknown property '{name}'", "--properties", did_you_mean(name, PROPERTIES))
    if out and not out.name.endswith(_KINDS):
        raise UserError("is no kind of table that is written here", str(out), f"end it in {', '.join(_KINDS)}")
    fields = ["material_id", "formula_pretty", *(PROPERTIES[name][0] for name in names)]
    which = {"chemsys": parts_of(system)} if system else {}
    rows = asked_of(
        lambda client: rows_of(client.materials.summary.search(**which, fields=fields, all_fields=False), names),
        WHERE, opened,
    )  # fmt: skip
    if not rows:
        raise UserError("the Materials Project gave no compounds", WHERE, "name a system that has some")
    kept = own() / FETCHED.file
    kept.parent.mkdir(parents=True, exist_ok=True)
    _write(kept, _joined(_kept(), rows), list(PROPERTIES))
    if out:
        _write(out, rows, names)
    return len(rows), [kept, *([out] if out else [])]


def parts_of(system: str) -> list[str]:
    """The systems within a system: Li-P gives Li, P and Li-P.

    Raises:
        UserError: one of them is no element.
    """
    wanted = Constraints(system=system, profile="none")
    wanted.check()
    symbols = sorted(wanted.required)
    sizes = range(1, len(symbols) + 1)
    return ["-".join(part) for size in sizes for part in itertools.combinations(symbols, size)]


def rows_of(documents: Iterable[Mapping[str, Any] | Any], names: Sequence[str]) -> list[Row]:
    """Id, formula and the named properties of each document, as the client gives them or as plain JSON."""
    found: list[Row] = []
    for one in documents:
        read = one.get if isinstance(one, Mapping) else lambda field, of=one: getattr(of, field, None)
        formula = read("formula_pretty")
        if isinstance(formula, str) and not isinstance(parse_formula(formula), Problem):
            values = {name: _number(name, read(PROPERTIES[name][0])) for name in names}
            found.append({"material_id": str(read("material_id")), "formula": formula, **values})
    return found


def mp_ids() -> dict[str, str]:
    """The Materials Project's id of each fetched formula, of its entry nearest to the hull.

    Raises:
        UserError: what was fetched cannot be read.
    """
    best: dict[str, tuple[float, str]] = {}
    for row in _kept():
        item, above = parse_formula(str(row["formula"])), row["e_above_hull"]
        if not isinstance(item, Problem):
            mine = (math.inf if above is None else float(above), str(row["material_id"]))
            best[item.formula] = min(mine, best.get(item.formula, mine))
    return {formula: name for formula, (_, name) in best.items()}


def _number(name: str, value: Any) -> float | None:
    if name == "made":
        return None if value is None else float(not value)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _kept() -> list[Row]:
    path = find(FETCHED.file)
    if path is None:
        return []
    try:
        rows: list[Row] = pq.read_table(path, columns=[*_NAMES, *PROPERTIES]).to_pylist()
    except (OSError, pa.ArrowException, KeyError) as error:
        raise unreadable(path, error) from error
    return rows


def _joined(before: Sequence[Row], now: Sequence[Row]) -> list[Row]:
    """Rows by id, what came now over what was there."""
    rows: dict[str, Row] = {str(row["material_id"]): row for row in before}
    for row in now:
        rows[str(row["material_id"])] = rows.get(str(row["material_id"]), {}) | row
    return [rows[name] for name in sorted(rows)]


def _write(path: Path, rows: Sequence[Row], names: Sequence[str]) -> None:
    if path.suffix != ".parquet":
        write_table(path, rows)
        return
    words = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in _NAMES}
    numbers = {name: pa.array([row.get(name) for row in rows], pa.float64()) for name in names}
    with replacing(path) as temporary:
        pq.write_table(pa.table({**words, **numbers}), temporary)
