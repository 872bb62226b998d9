"""Relaxes the references that hold the hull up, first those that the potential would move most; then the table anew.

python -m benchmarks.crystals.relaxed_references --work build/relaxed --most 1500 --workers 2

The compact table holds single points at the DFT geometry; what relaxation gains is a bias of the hull. Of most
structures that is next to nothing, of a few it is much, and forces and stress tell which: a structure is expected to
gain the elastic energy of its pressure and the energy of springs at its forces. The lowest structure of each formula on
the hull is asked for its forces (``pulls.csv``) and relaxed in that order (``relaxed.csv``) until --most are, or until
less than 1 meV/atom is expected; ``hull.csv`` has the lower of both energies. A run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
import torch
from benchmarks.crystals.reference_hull import add_rows, rows_of, wanted
from benchmarks.record import circumstances

from sekkei.core.files import write_text
from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.energies import read_energies
from sekkei.materials.files import write_table
from sekkei.materials.hull import Placement, hull_of, place_all
from sekkei.metrics.parallel import processes
from sekkei.predict.potentials import SinglePoint, potential
from sekkei.predict.relaxation import Limits, relaxations
from sekkei.zoo import HULLS

STIFF, SPRING = 100.0, 5.0
"""Usual bulk modulus [GPa] and force constant of an atom [eV/Angstrom^2]."""

GPA = 1 / 160.21766
"""One GPa in eV/Angstrom^3."""

WORTH = 1e-3
"""Least gain that is worth a relaxation [eV/atom]."""

CHUNK = 16
Named = tuple[str, Crystal]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the tables, made if need be")
    parser.add_argument("--potential", default="chgnet")
    parser.add_argument("--most", type=int, default=1500, help="relaxations")
    parser.add_argument("--asked", type=int, default=10**9, help="structures to ask for forces")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.work.mkdir(parents=True, exist_ok=True)
    shipped = HULLS / f"{asked.potential}.csv"
    structures = holding(shipped)[: asked.asked]
    pulled(structures, asked.work / "pulls.csv", asked.potential)
    pulls = {row["name"]: float(row["expected"]) for row in rows_of(asked.work / "pulls.csv") if row["expected"]}
    order = sorted((pair for pair in lowest(structures, asked.work / "pulls.csv") if pulls[pair[0]] >= WORTH),
                   key=lambda pair: -pulls[pair[0]])[: asked.most]  # fmt: skip
    print(f"{len(order)} to relax of {len(structures)} structures on the hull", flush=True)
    with processes(asked.workers) as pool:
        relaxed(order, asked.work / "relaxed.csv", asked.potential, pool)
    write_hull(shipped, asked.work, asked.potential, len(structures))


def holding(shipped: Path) -> list[Named]:
    """The structures of the formulas that lie on the hull."""
    rows = [row for row in read_energies(shipped).rows if row.problem is None]
    formulas, energies = [row.formula for row in rows], [row.energy for row in rows]
    placed = place_all(hull_of(formulas, energies), formulas, energies)
    on_hull = {
        formula
        for formula, place in zip(formulas, placed, strict=True)
        if isinstance(place, Placement) and place.e_above_hull <= 1e-6
    }
    return [(name, item) for name, item in wanted() if item.composition.formula in on_hull]


def pulled(structures: Sequence[Named], path: Path, name: str) -> None:
    """Append energies and expected gains that are not there yet."""
    done = {row["name"] for row in rows_of(path)}
    left = [pair for pair in structures if pair[0] not in done]
    judge = potential(name)
    for start in range(0, len(left), CHUNK):
        part = left[start : start + CHUNK]
        answers = judge.single_points([item for _, item in part])
        add_rows(path, ("name", "formula", "energy_per_atom", "expected"), [
            (name, item.composition.formula, *_cells(item, answer))
            for (name, item), answer in zip(part, answers, strict=True)
        ])  # fmt: skip
        if (start // CHUNK) % 20 == 0:
            print(f"forces of {len(done) + start + len(part)} of {len(structures)}", flush=True)


def _cells(item: Crystal, answer: SinglePoint | Problem) -> tuple[str, str]:
    if isinstance(answer, Problem):
        return "", ""
    pressure = float(np.trace(answer.stress)) / 3
    volume = abs(float(np.linalg.det(item.lattice)))
    gain = (answer.forces**2).sum() / (2 * SPRING) + volume * GPA * pressure**2 / (2 * STIFF)
    return f"{answer.energy:.6f}", f"{gain / len(item):.6f}"


def lowest(structures: Sequence[Named], path: Path) -> list[Named]:
    """Of each formula the structure of the lowest energy."""
    by_formula: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for row in rows_of(path):
        if row["energy_per_atom"]:
            by_formula[row["formula"]].append((float(row["energy_per_atom"]), row["name"]))
    chosen = {min(several)[1] for several in by_formula.values()}
    return [pair for pair in structures if pair[0] in chosen]


def relaxed(order: Sequence[Named], path: Path, name: str, pool: Executor | None) -> None:
    """Append what is not relaxed yet, each as it is done."""
    done = {row["name"] for row in rows_of(path)}
    left = [pair for pair in order if pair[0] not in done]
    limits = Limits(fmax=0.05, steps=200)
    for count, (place, one) in enumerate(relaxations([item for _, item in left], name, limits, pool), start=1):
        label, item = left[place]
        sound = one.problem is None and one.converged
        cells = (f"{one.first_energy:.6f}", f"{one.energy:.6f}") if sound else ("", "")
        add_rows(path, ("name", "formula", "before", "after"), [(label, item.composition.formula, *cells)])
        if count % 20 == 0:
            print(f"relaxed {len(done) + count} of {len(order)}", flush=True)


def write_hull(shipped: Path, folder: Path, name: str, asked: int) -> None:
    """The compact table with the lower of both energies, and what was gained."""
    rows = list(csv.DictReader(shipped.read_text(encoding="utf-8").splitlines()))
    after = {row["formula"]: float(row["after"]) for row in rows_of(folder / "relaxed.csv") if row["after"]}
    gains = []
    for row in rows:
        energy = float(row["energy_per_atom"])
        if after.get(row["formula"], energy) < energy:
            gains.append(energy - after[row["formula"]])
            row["energy_per_atom"] = f"{after[row['formula']]:.5f}"
    write_table(folder / "hull.csv", rows)
    about = {
        "structures asked for forces": asked, "relaxed": len(after), "lower than before": len(gains),
        "mean gain of these": float(np.mean(gains)) if gains else 0.0, "potential": name,
        "circumstances": circumstances(),
    }  # fmt: skip
    write_text(folder / "relaxed.json", json.dumps(about, indent=1) + "\n")
    print(f"{len(gains)} of {len(after)} relaxed formulas are lower in {folder / 'hull.csv'}")


if __name__ == "__main__":
    main()
