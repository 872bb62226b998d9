"""How long crystals take: the whole design, the same relaxations by one process and by two, sampling.

python -m benchmarks.crystals.speed
python -m benchmarks.crystals.speed --relaxations 2 --relax-budget 2 --attempts 40 -n 8      # whether it runs at all

Commands are timed as whole processes, start and files included.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarks.crystals.sources import candidates, of_prototypes
from benchmarks.record import circumstances, line_of, number, save, saved, table, write_page

from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.judge import Candidate, Judge
from sekkei.campaign.reference import reference_hull
from sekkei.campaign.spec import campaign
from sekkei.campaign.store import Store
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL
from sekkei.materials.crystal import Crystal
from sekkei.materials.geometry import check_geometry
from sekkei.materials.prototypes import aflow_prototypes
from sekkei.metrics.processes import Processes
from sekkei.predict.crystals import RelaxationEvaluator

HERE = Path(__file__).parent / "speed"
PACKAGES = ("torch", "transformers", "numpy", "pymatgen-core", "spglib", "chgnet")
TARGETS = ("band_gap=2.0±0.3", "formation_energy<=-0.5", "magnetic_moment=0±0.1")
MOST_ATOMS = 20
ASKED = {"ratio": 1.7, "sampling": 500, "design": 15}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--relaxations", type=int, default=60, help="crystals relaxed by one process and by two")
    parser.add_argument("--relax-budget", type=int, default=100, help="of the whole design")
    parser.add_argument("--attempts", type=int, help="of the whole design; what the command itself would choose")
    parser.add_argument("-n", type=int, default=1000, help="crystals to sample")
    parser.add_argument("--model", default="crystalgpt", help="shipped model or model folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=HERE, help="folder for result and page")
    asked = parser.parse_args()
    found = {
        "sampling": sampling(asked),
        "relaxations": relaxations(asked.relaxations, asked.seed),
        "designs": [design(asked, workers) for workers in (1, 2)],
    }
    about = circumstances() | {"packages": {name: version(name) for name in PACKAGES}}
    save(asked.out, "speed", {"circumstances": about, "model": asked.model, "seeds": [asked.seed], **found})
    write_page(asked.out, "Speed of crystals", [page(one) for one in saved(asked.out)])


def sampling(asked: argparse.Namespace) -> dict[str, Any]:
    """``sekkei generate materials``: n crystals, and a single one, which shows what the start takes."""
    with TemporaryDirectory() as folder:
        words = ["generate", "materials", "--level", "crystal", "--model", asked.model, "--seed", str(asked.seed)]
        seconds = {}
        for count in (1, asked.n):
            out = ["-n", str(count), "--out", str(Path(folder) / f"{count}.extxyz"), "--json"]
            seconds[count], told = command([*words, *out])
        delivered = len(told["crystals"])
    per_minute = 60 * delivered / seconds[asked.n]
    longer = seconds[asked.n] - seconds[1]
    alone = 60 * (delivered - 1) / longer if longer > 0 else math.nan
    return {
        "asked": asked.n, "delivered": delivered, "attempts": told["attempts"], "seconds": seconds[asked.n],
        "start": seconds[1], "per_minute": per_minute, "per_minute_after_start": alone,
    }  # fmt: skip


def design(asked: argparse.Namespace, workers: int) -> dict[str, Any]:
    """The whole design, from nothing to files and report."""
    with TemporaryDirectory() as folder:
        words = ["design", "materials", "--exclude", "Pb,Cd", "-n", "20", "--seed", str(asked.seed)]
        words += [word for target in TARGETS for word in ("--target", target)]
        words += ["--relax-budget", str(asked.relax_budget), "--model", asked.model]
        words += ["--budget", str(asked.attempts)] if asked.attempts else []
        words += ["--workers", str(workers), "--json", "--out", str(Path(folder) / "run")]
        seconds, told = command(words)
    steps = {step["step"]: step for step in told["funnel"]}
    return {
        "workers": workers, "minutes": seconds / 60, "attempts": told["generated"], "listed": told["found"],
        "energies": steps["energy"]["entered"], "relaxed": steps["relaxed"]["entered"],
        "satisfied": sum(one["satisfied"] for one in told["candidates"]),
        "keys": [one["key"] for one in told["candidates"]],
    }  # fmt: skip


def command(words: Sequence[str]) -> tuple[float, dict[str, Any]]:
    """Wall time [s] of a command and what it printed."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "sekkei", *words], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode not in (EXIT_OK, EXIT_PARTIAL):
        raise SystemExit(f"sekkei {' '.join(words)} ended with {done.returncode}: {done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout)
    return seconds, told


def relaxations(count: int, seed: int) -> dict[str, Any]:
    """The same crystals by one process, and by two: from their start, and once more when they are at work."""
    spec = campaign({"domain": "materials", "level": "crystal"})
    if not isinstance(spec, CrystalCampaign):
        raise TypeError(spec.kind)
    relaxation = RelaxationEvaluator(hull=reference_hull(spec))
    items = crystals(count, seed)
    one, alone = relaxed(relaxation, items, None)  # the potential is loaded already: its version was asked for
    pool = Processes(2)
    try:
        started, first = relaxed(relaxation, items, pool)
        working, second = relaxed(relaxation, items, pool)
    finally:
        pool.shutdown()
    for other in (first, second):
        np.testing.assert_array_equal(alone, other)
    return {
        "crystals": count, "atoms": [len(item) for item in items], "limits": str(relaxation.limits),
        "one": one, "two_from_start": started, "two": working,
        "ratio_from_start": one / started, "ratio": one / working,
    }  # fmt: skip


def crystals(count: int, seed: int) -> list[Crystal]:
    """Sound crystals of ion exchange, the largest first as a campaign hands them out."""
    draw = of_prototypes(aflow_prototypes())
    found: dict[str, Crystal] = {}
    first = 0
    while len(found) < count:
        drawn = candidates(draw(seed, first, 100))
        found |= {one.key: one.item for one in drawn if len(one.item) <= MOST_ATOMS and not check_geometry(one.item)}
        first += 100
    return sorted(list(found.values())[:count], key=len, reverse=True)


def relaxed(
    relaxation: RelaxationEvaluator, items: Sequence[Crystal], pool: Processes | None
) -> tuple[float, list[float]]:
    """Wall time [s] of relaxing them as a campaign does, and their energies."""
    asked = [Candidate(row, str(row), "", item) for row, item in enumerate(items)]
    with TemporaryDirectory() as folder, Store(Path(folder) / "store.db") as store:
        judge = Judge(store, pool or ThreadPoolExecutor(1))
        began = time.perf_counter()
        judge.evaluate(relaxation, asked, 1, parallel=pool is not None)
        return time.perf_counter() - began, [one.values["energy"] for one in asked]


def page(result: dict[str, Any]) -> str:
    """What was measured, beside what was asked."""
    sampled, done = result["sampling"], result["relaxations"]
    designs = {one["workers"]: one for one in result["designs"]}
    rows = [
        [
            f"whole design, {workers} worker{'s' * (workers > 1)} [min]",
            number(one["minutes"], 3),
            f"≤ {ASKED['design']}",
        ]
        for workers, one in designs.items()
    ]
    rows += [
        ["relaxations: two processes against one", number(done["ratio"], 3), f"≥ {ASKED['ratio']}"],
        ["the same, start of the two included", number(done["ratio_from_start"], 3), ""],
        ["`generate materials`, start included [1/min]", number(sampled["per_minute"], 3), f"≥ {ASKED['sampling']}"],
        ["the same, start taken off [1/min]", number(sampled["per_minute_after_start"], 3), ""],
    ]  # fmt: skip
    first = designs[1]
    same = "the same" if len({tuple(one["keys"]) for one in designs.values()}) == 1 else "not the same"
    about = (
        f"Design: `sekkei design materials` with the targets {', '.join(f'`{target}`' for target in TARGETS)}, without "
        f"Pb and Cd, 20 wanted: {first['attempts']:,} attempts, {first['energies']} energies, "
        f"{first['relaxed']} relaxations, {first['listed']} listed, {first['satisfied']} of which meet all targets; "
        f"with two workers the list is {same}. Relaxations: {done['crystals']} crystals of ion exchange with "
        f"{min(done['atoms'])} to {max(done['atoms'])} atoms ({done['limits']}), {done['one']:.1f} s by one process, "
        f"{done['two']:.1f} s by two, {done['two_from_start']:.1f} s with their start; the energies are equal. "
        f"Sampling: {sampled['delivered']:,} crystals in {sampled['seconds']:.1f} s from {sampled['attempts']:,} "
        f"attempts of `{result['model']}`, as the command does unless told otherwise; a single one "
        f"takes {sampled['start']:.1f} s."
    )
    return "\n\n".join([table(["what", "measured", "asked"], rows), about, line_of(result)])


if __name__ == "__main__":
    main()
