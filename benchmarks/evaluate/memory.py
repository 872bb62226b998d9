"""Memory of `sekkei evaluate molecules` for a million molecules: the training molecules of MOSES shuffled, some broken.

Every twentieth text has lost a character. The peak is the sum of the resident memory of all processes, looked at twice
a second; pages that processes share are counted once for each, so the true peak is lower.

python -m benchmarks.evaluate.memory -n 1000000
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

from sekkei.data.catalogue import dataset

HERE = Path(__file__).parent
ALLOWED = 4.0  # GB
FIGURES = ("unreadable", "valid", "unique", "Novelty", "mean/logp", "mean/mw", "mean/qed", "mean/sa")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=1_000_000, help="molecules")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    where = circumstances()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "samples.smi"
        broken = write_samples(path, asked.n, asked.seed)
        result = evaluated(path, asked.workers)
    about = {"n": asked.n, "broken": broken, "seeds": [asked.seed], "workers": asked.workers}
    save(HERE, f"memory-{asked.n}", {"kind": "memory", "circumstances": where, **about, **result})


def write_samples(path: Path, n: int, seed: int) -> int:
    known = dataset("moses").smiles()
    random = np.random.default_rng(seed)
    broken = 0
    with path.open("w", encoding="utf-8") as file:
        for place, row in enumerate(random.choice(len(known), size=n, replace=n > len(known))):
            text = known[row]
            if place % 20 == 0:
                at = int(random.integers(len(text)))
                text, broken = text[:at] + text[at + 1 :], broken + 1
            file.write(text + "\n")
    return broken


def evaluated(path: Path, workers: int) -> dict[str, Any]:
    command = [sys.executable, "-c", "from sekkei.cli.main import main; main()", "evaluate", "molecules", str(path)]
    started, peak = time.perf_counter(), 0
    with (path.parent / "figures.json").open("w", encoding="utf-8") as out:
        process = subprocess.Popen([*command, "--workers", str(workers), "--json"], stdout=out)
        while process.poll() is None:
            peak = max(peak, sum(map(resident, family(process.pid))))
            time.sleep(0.5)
    if process.returncode:
        sys.exit(f"sekkei evaluate ended with {process.returncode}")
    figures = json.loads((path.parent / "figures.json").read_text(encoding="utf-8"))["figures"]
    kept = {one["name"]: one["value"] for one in figures if one["name"] in FIGURES}
    return {"figures": kept, "peak_gb": peak / 1e9, "seconds": time.perf_counter() - started}


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(int(child)))]


def resident(pid: int) -> int:
    """Resident memory of a process [bytes], 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * _PAGE
    except OSError:
        return 0


def page_part(result: dict[str, Any]) -> str:
    head = (
        f"## Memory for {result['n']:,} molecules\n\n{result['broken']:,} of them broken; {result['workers']} workers."
    )
    verdict = "yes" if result["peak_gb"] <= ALLOWED else "**no**"
    rows = [["peak of all processes [GB]", number(result["peak_gb"], 3), f"{ALLOWED:g}", verdict],
            ["time on a machine that other work shared [s]", number(result["seconds"], 4), "", ""],
            *([name, number(value, 6), "", ""] for name, value in result["figures"].items())]  # fmt: skip
    return "\n\n".join([head, table(["what", "measured", "at most", "met"], rows), line_of(result)])


if __name__ == "__main__":
    main()
