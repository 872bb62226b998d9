"""The project's own reference hull: CHGNet energies of MP-20 and MPTS-52 at their DFT geometries, as a compact table.

python -m benchmarks.crystals.reference_hull --work build/chgnet        # goes on where it stopped
python -m benchmarks.crystals.reference_hull --work build/chgnet --table-only

Structures nearest to the published hull come first, so that an unfinished table already holds most of the hull. The
elements are added in their reference structures, relaxed, since the tables lack Ni, Pd, Pt, Rh and Mn. The
folder gets ``energies.csv`` (every structure), ``hull.csv`` (lowest energy of each formula, and of how many structures)
and ``provenance.json``. Single points only: a structure that CHGNet would relax further is too high by that much.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from benchmarks.crystals.elements import reference_states_of_elements
from benchmarks.record import circumstances

from sekkei.core.files import write_text
from sekkei.core.types import Problem
from sekkei.data.folder import find
from sekkei.materials.crystal import Crystal
from sekkei.materials.files import write_table
from sekkei.materials.structure_files import read_crystals
from sekkei.predict.potentials import Potential, potential
from sekkei.predict.relaxation import relax_all

FILES = ("crystals/mp20_structures.parquet", "crystals/mpts52_structures.parquet")
FIELDS = ("name", "formula", "atoms", "energy_per_atom", "problem")
CHUNK = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the tables, made if need be")
    parser.add_argument("--potential", default="chgnet")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--table-only", action="store_true", help="make the compact table of what is there")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    asked.work.mkdir(parents=True, exist_ok=True)
    judge = potential(asked.potential)
    energies = asked.work / "energies.csv"
    structures = list(wanted())
    simple = list(reference_states_of_elements())
    if not asked.table_only:
        compute(structures, energies, judge)
        compute_relaxed(simple, energies, asked.potential)
    write_compact(energies, asked.work, judge, len(structures) + len(simple))


def wanted() -> Iterator[tuple[str, Crystal]]:
    """Every structure once, by name; the lowest published energy above hull first, those without a label last."""
    found: dict[str, tuple[float, Crystal]] = {}
    for file in FILES:
        path = find(file)
        if path is None:
            raise SystemExit(f"{file} is in no folder of SEKKEI_DATA")
        labels = pq.read_table(path, columns=["e_above_hull"]).column(0).to_numpy()
        for line, label in zip(read_crystals(path), labels, strict=True):
            if line.item is not None and line.name not in found:
                found[line.name] = (float(label), line.item)
    order = sorted(found, key=lambda name: (np.isnan(found[name][0]), found[name][0], name))
    yield from ((name, found[name][1]) for name in order)


def compute(structures: list[tuple[str, Crystal]], energies: Path, judge: Potential) -> None:
    """Append the energies that are not there yet, a chunk at a time."""
    done = {row["name"] for row in rows_of(energies)}
    left = [(name, item) for name, item in structures if name not in done]
    print(f"{len(done)} of {len(structures)} are there", flush=True)
    for start in range(0, len(left), CHUNK):
        part = left[start : start + CHUNK]
        append(energies, part, judge.energies([item for _, item in part]))
        if (start // CHUNK) % 20 == 0:
            print(f"{len(done) + start + len(part)} of {len(structures)}", flush=True)


def compute_relaxed(simple: list[tuple[str, Crystal]], energies: Path, name: str) -> None:
    """Append the elements that are not there yet, relaxed."""
    done = {row["name"] for row in rows_of(energies)}
    left = [pair for pair in simple if pair[0] not in done]
    found = relax_all([item for _, item in left], name)
    append(energies, left, [one.problem or one.energy for one in found])


def append(energies: Path, part: list[tuple[str, Crystal]], answers: Sequence[float | Problem]) -> None:
    """Add structures and what the potential said of them."""
    rows = []
    for (name, item), answer in zip(part, answers, strict=True):
        value, reason = ("", answer.kind) if isinstance(answer, Problem) else (f"{answer:.6f}", "")
        rows.append((name, item.composition.formula, str(len(item)), value, reason))
    add_rows(energies, FIELDS, rows)


def add_rows(path: Path, fields: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Add rows to a table, begun if need be."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([fields, *rows] if new else rows)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of the table so far; a last line that a kill has cut is left out and computed again."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        text = text[: text.rfind("\n") + 1]
        write_text(path, text)
    return list(csv.DictReader(text.splitlines()))


def write_compact(energies: Path, folder: Path, judge: Potential, total: int) -> None:
    by_formula: dict[str, list[float]] = defaultdict(list)
    problems: dict[str, int] = defaultdict(int)
    rows = rows_of(energies)
    for row in rows:
        if row["energy_per_atom"]:
            by_formula[row["formula"]].append(float(row["energy_per_atom"]))
        else:
            problems[row["problem"]] += 1
    table = [
        {"formula": formula, "energy_per_atom": f"{min(values):.5f}", "structures": len(values)}
        for formula, values in sorted(by_formula.items())
    ]
    write_table(folder / "hull.csv", table)
    names = ("chgnet", "torch", "pymatgen-core")
    about = {
        "what": "lowest energy [eV/atom] of each formula: single points at the DFT geometry; elements also relaxed",
        "potential": {"name": judge.name, "version": judge.version},
        "structures": "MP-20 and MPTS-52 (Materials Project, CC BY 4.0; Jain et al., APL Mater. 1, 011002, 2013)",
        "computed": len(rows),
        "of": total,
        "complete": len(rows) == total,
        "problems": dict(problems),
        "circumstances": circumstances() | {"packages": {name: version(name) for name in names}},
    }
    write_text(folder / "provenance.json", json.dumps(about, indent=1) + "\n")
    print(f"{len(table)} formulas of {len(rows)} of {total} structures in {folder}")


if __name__ == "__main__":
    main()
