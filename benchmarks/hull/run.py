"""Decomposition energies of published ground states, computed again by sekkei.materials.hull.

python -m benchmarks.hull.run -n 500 --seeds 0
"""

from __future__ import annotations

import argparse
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from benchmarks.record import circumstances, line_of, save, saved, table, write_page

from sekkei.core.types import Problem
from sekkei.data.folder import find
from sekkei.materials.hull import hull_of, place_all

HERE = Path(__file__).parent
FILE = "hull/mp_ground_states_85k.parquet"
CLOSE = 0.001  # eV/atom


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=500, help="formulas per seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    asked = parser.parse_args()
    path = find(FILE)
    if path is None:
        raise SystemExit(f"{FILE} is in no folder of SEKKEI_DATA")
    columns = pq.read_table(path).to_pydict()
    runs = [run(columns, asked.n, seed) for seed in asked.seeds]
    where = circumstances() | {"packages": {name: version(name) for name in ("pymatgen-core", "numpy")}, "threads": 1}
    save(HERE, f"n{asked.n}", {"circumstances": where, "n": asked.n, "seeds": asked.seeds, "runs": runs})
    write_page(HERE, "Decomposition energies", [page_part(one) for one in saved(HERE)])


def run(columns: dict[str, list[Any]], count: int, seed: int) -> dict[str, Any]:
    began = time.perf_counter()
    formulas, energies = columns["formula"], columns["formation_energy_per_atom"]
    hull = hull_of(formulas, energies, elements_at_zero=True)
    built = time.perf_counter() - began
    rows = np.random.default_rng(seed).choice(len(formulas), count, replace=False)
    wanted = [formulas[row] for row in rows]
    placed = place_all(hull, wanted, [energies[row] for row in rows], against_others=True)
    seconds = time.perf_counter() - began - built
    cases = []
    for row, one in zip(rows, placed, strict=True):
        case = {"formula": formulas[row], "published": columns["decomposition_energy"][row]}
        if isinstance(one, Problem):
            cases.append({**case, "problem": f"{one.kind}: {one.message}"})
        else:
            off = one.e_above_hull - case["published"]
            cases.append({**case, "computed": one.e_above_hull, "off": off, "products": one.text})
    close = sum(abs(case.get("off", np.inf)) < CLOSE for case in cases)
    return {"seed": seed, "close": close, "seconds": seconds, "seconds_to_read": built, "cases": cases}


def page_part(result: dict[str, Any]) -> str:
    rows, far = [], []
    for one in result["runs"]:
        off = np.abs([case.get("off", np.nan) for case in one["cases"]])
        share = f"{one['close'] / len(off):.1%} ({one['close']} of {len(off)})"
        speed = f"{1000 * one['seconds'] / len(off):.0f} ms"
        rows.append([str(one["seed"]), share, f"{1000 * np.nanmean(off):.3f}", f"{1000 * np.nanmax(off):.1f}", speed])
        far += [case for case in one["cases"] if not abs(case.get("off", np.inf)) < CLOSE]
    missed = [
        [c["formula"], f"{c['published']:.4f}", f"{c['computed']:.4f}" if "computed" in c else c["problem"],
         c.get("products", "")]
        for c in far
    ]  # fmt: skip
    about = (
        "The published table (Bartel et al., npj Comput. Mater. 6, 97, 2020) holds formation energies and "
        "decomposition energies of ground states. Each drawn formula is placed on the hull of all others. "
        "Asked for: within 1 meV/atom on at least 99 %."
    )
    return "\n\n".join([
        about,
        table(["seed", "within 1 meV/atom", "mean deviation [meV/atom]", "largest", "time a formula"], rows),
        "Not within 1 meV/atom:" if missed else "None deviates by more.",
        table(["formula", "published [eV/atom]", "computed", "products"], missed) if missed else "",
        line_of(result),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
