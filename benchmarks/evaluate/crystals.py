"""The measures of crystals: uniqueness of 10,000 and its time, CDVAE's validity, fingerprints and coverage by matminer.

Crystals of MP-20, and the same moved, in other cells, with elements exchanged, and squeezed. The other side runs in an
environment of its own: ``python -m venv FOLDER; FOLDER/bin/pip install matminer; FOLDER/bin/pip install --no-deps
smact==2.2.1``.

python -m benchmarks.evaluate.crystals -n 10000 --python FOLDER/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.record import circumstances, line_of, number, save, table

from sekkei.data.folder import find
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.datasets import TABLES
from sekkei.materials.fingerprints import composition_fingerprint, crystal_fingerprint
from sekkei.materials.geometry import check_geometry
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.structures import MATCHERS, groups
from sekkei.materials.validity import Verdict, judge
from sekkei.metrics.materials.coverage import CUTOFFS, coverage
from sekkei.metrics.materials.look import Prints
from sekkei.metrics.parallel import processes

HERE = Path(__file__).parent
ALLOWED_SECONDS, TOLERANCE = 600.0, 1e-4
SUPERCELLS = (np.diag([2, 1, 1]), np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=10_000, help="crystals of the uniqueness")
    parser.add_argument("--pairwise", type=int, default=500, help="crystals compared one by one")
    parser.add_argument("--judged", type=int, default=1_000, help="crystals a set of the validity")
    parser.add_argument("--fingerprints", type=int, default=60, help="crystals whose fingerprints are compared")
    parser.add_argument("--python", type=Path, required=True, help="interpreter with matminer and smact 2.2.1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    path = find(TABLES["mp20"].file)
    if path is None:
        sys.exit("the crystals of MP-20 are in no data folder")
    random = np.random.default_rng(asked.seed)
    known = [line.item for line in read_crystals(path) if line.item is not None]
    some = [known[row] for row in random.choice(len(known), size=(asked.n + 1) // 2, replace=False)]
    copies = [again(item, random) for item in some]
    result = {"uniqueness": uniqueness([*some, *copies][: asked.n], asked, random)}
    sets = {"MP-20": some, "exchanged": [exchanged(item, random) for item in copies],
            "squeezed": [squeezed(item, random) for item in copies]}  # fmt: skip
    result |= against_reference({name: items[: asked.judged] for name, items in sets.items()}, asked)
    about = {"kind": "crystals", "circumstances": circumstances(), "n": asked.n, "seeds": [asked.seed]}
    save(HERE, f"crystals-{asked.n}", {**about, **result})


def made(lattice: Any, numbers: Any, positions: Any) -> Crystal:
    item = crystal(lattice, numbers, positions)
    if not isinstance(item, Crystal):
        sys.exit(item.message)
    return item


def again(item: Crystal, random: np.random.Generator) -> Crystal:
    """The same structure in another cell with another origin, its atoms moved by 0.02 Angstrom."""
    matrix = SUPERCELLS[int(random.integers(len(SUPERCELLS)))] if len(item) <= 10 else SUPERCELLS[1]
    lattice = matrix @ item.lattice
    copies = round(float(np.linalg.det(matrix)))
    shifts = np.array([[step, 0, 0] for step in range(copies)])
    cartesian = np.concatenate([(item.positions + shift) @ item.lattice for shift in shifts])
    cartesian += random.normal(0, 0.02, cartesian.shape) + random.random(3)
    return made(lattice, np.tile(item.numbers, copies), cartesian @ np.linalg.inv(lattice))


def exchanged(item: Crystal, random: np.random.Generator) -> Crystal:
    numbers = item.numbers.copy()
    numbers[numbers == random.choice(np.unique(numbers))] = random.integers(1, 95)
    return made(item.lattice, numbers, item.positions)


def squeezed(item: Crystal, random: np.random.Generator) -> Crystal:
    return made(item.lattice * random.uniform(0.12, 0.6), item.numbers, item.positions)


def uniqueness(items: list[Crystal], asked: Any, random: np.random.Generator) -> dict[str, Any]:
    before = os.getloadavg()[0]
    with processes(asked.workers) as pool:
        list(pool.map(len, [[]] * asked.workers)) if pool else None
        started = time.perf_counter()
        leaders = groups(items, MATCHERS["default"], pool)
        seconds = time.perf_counter() - started
    load = [before, os.getloadavg()[0]]
    half = len(items) // 2
    rows = random.choice(half, size=min(asked.pairwise, len(items)) // 2, replace=False)
    few = [items[row] for row in [*rows, *(rows + half)]]
    equal = groups(few) == one_by_one(few)
    return {"n": len(items), "workers": asked.workers, "unique": len(set(leaders)), "seconds": seconds, "load": load,
            "pairwise": len(few), "equal": equal}  # fmt: skip


def one_by_one(items: list[Crystal]) -> list[int]:
    """Each crystal with the first member of each earlier group, by plain ``fit``, whatever their formulas."""
    matcher = MATCHERS["default"].matcher()
    firsts: list[int] = []
    out = []
    for place, item in enumerate(items):
        leader = next((first for first in firsts if matcher.fit(items[first].structure, item.structure)), place)
        if leader == place:
            firsts.append(place)
        out.append(leader)
    return out


def against_reference(sets: dict[str, list[Crystal]], asked: Any) -> dict[str, Any]:
    mine: dict[str, Any] = {}
    for name, items in sets.items():
        verdicts = [judge(item.composition) for item in items]
        mine[name] = {"comp_valid": [isinstance(one, Verdict) and one.valid for one in verdicts],
                      "struct_valid": [check_geometry(item) is None for item in items]}  # fmt: skip
    printed = [item for name in ("MP-20", "exchanged") for item in sets[name][: asked.fingerprints]]
    structure = np.array([crystal_fingerprint(item) for item in printed])
    prints = Prints(structure, np.array([composition_fingerprint(item.composition) for item in printed]))
    half = len(printed) // 2
    figures = coverage(*(Prints(prints.structure[rows], prints.composition[rows]) for rows in
                         (slice(half, None), slice(half))), CUTOFFS["mp20"], crystals=True)  # fmt: skip
    theirs = reference(sets, printed, asked.python)
    alike = {name: {rule: [sum(ours), sum(other := theirs["validity"][name][rule]), ours == other, len(ours)]
                    for rule, ours in rules.items()} for name, rules in mine.items()}  # fmt: skip
    off = np.abs(prints.structure - theirs["structure"]).max(axis=1)
    others = np.abs(prints.composition - theirs["composition"]).max()
    told = {"n": len(printed), "structure": np.sort(off)[::-1].tolist(), "composition": float(others)}
    both = {one.name: [one.value, theirs["coverage"][one.name]] for one in figures if one.name in theirs["coverage"]}
    return {"validity": alike, "fingerprints": told, "coverage": both}


def reference(sets: dict[str, list[Crystal]], printed: list[Crystal], python: Path) -> dict[str, Any]:
    def plain(items: list[Crystal]) -> list[Any]:
        return [[item.lattice.tolist(), item.numbers.tolist(), item.positions.tolist()] for item in items]

    with tempfile.TemporaryDirectory() as scratch:
        given, found = Path(scratch) / "crystals.json", Path(scratch) / "answers.json"
        content = {"sets": {name: plain(items) for name, items in sets.items()}, "printed": plain(printed)}
        given.write_text(json.dumps(content), encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        scaler = HERE.parents[1] / "src" / "sekkei" / "materials" / "tables" / "cdvae_scaler.csv"
        command = [str(python), str(HERE / "crystals_reference.py"), str(given), str(found), str(scaler)]
        subprocess.run(command, check=True, env=environment)
        return dict(json.loads(found.read_text(encoding="utf-8")))


def page_part(result: dict[str, Any]) -> str:
    one, prints = result["uniqueness"], result["fingerprints"]
    quick = "yes" if one["seconds"] <= ALLOWED_SECONDS else "**no**"
    load = " and ".join(f"{load:.1f}" for load in one["load"])
    clock = f"time for {one['n']:,} crystals, {one['workers']} workers [s]"
    rows = [[clock, number(one["seconds"]), f"{ALLOWED_SECONDS:g}", quick],
            [f"equal to fit of every pair, {one['pairwise']} crystals", str(one["equal"]), "equal",
             "yes" if one["equal"] else "**no**"]]  # fmt: skip
    validity = [[name, rule, str(a), str(b), str(n), "yes" if equal else "**no**"]
                for name, rules in result["validity"].items() for rule, (a, b, equal, n) in rules.items()]  # fmt: skip
    over = sum(value > TOLERANCE for value in prints["structure"])
    told = (
        f"Fingerprints of {prints['n']} crystals against matminer: compositions differ by "
        f"{prints['composition']:.1e} at most, crystals by {prints['structure'][0]:.1e} at most, {over} of them "
        f"by more than {TOLERANCE:g}. Coverage of the one half by the other (both small, for agreement only):"
    )
    covered = [[name, number(a, 6), number(b, 6), f"{abs(a - b):.1e}"] for name, (a, b) in result["coverage"].items()]
    head = (
        f"## Crystals\n\nUniqueness: crystals of MP-20, half of them twice, the second time moved and in another cell; "
        f"{one['unique']:,} are different. Load of the machine before and after: {load}."
    )
    return "\n\n".join([
        head,
        table(["what", "measured", "wanted", "met"], rows),
        "CDVAE's validity, every verdict compared with smact 2.2.1 and pymatgen's distance matrix:",
        table(["set", "rule", "pass here", "pass there", "of", "every verdict equal"], validity),
        told, table(["figure", "Sekkei", "matminer and SciPy", "difference"], covered), line_of(result),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
