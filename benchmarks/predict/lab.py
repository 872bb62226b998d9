"""Memory and time of ``sekkei finetune`` on a large table of one's own.

    python -m benchmarks.predict.lab [--rows 100000] [--materials DIR] [--molecules DIR]

The tables are made up: formulas of the data folder with a noisy mean atomic number, SMILES of ZINC250k with a noisy
number of characters. Trees, and LoRA where an encoder is named. Memory is the greatest resident memory of the
process or its largest child, as the system counted it.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from benchmarks.record import circumstances, line_of, save, saved, table, write_page

from sekkei.data.compositions import every_composition
from sekkei.data.folder import find
from sekkei.materials.formula import NUMBERS

OUT = Path(__file__).parent / "lab"
ZINC = "molecules/zinc250k_smiles.parquet"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--materials", help="encoder of compositions")
    parser.add_argument("--molecules", help="encoder of SMILES")
    parser.add_argument("--epochs", type=int, help="passes of the encoder over the table")
    parser.add_argument("--domains", nargs="+", default=["materials", "molecules"])
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    for domain in options.domains:
        with tempfile.TemporaryDirectory() as scratch:
            source = Path(scratch) / "lab.csv"
            write_table(source, domain, options.rows)
            ways: dict[str, list[str]] = {"baseline": []}
            if model := getattr(options, domain):
                ways["lora"] = ["--method", "lora", "--model", model]
                ways["lora"] += ["--epochs", str(options.epochs)] if options.epochs else []
            runs = {name: finetuned(domain, source, Path(scratch) / name, words) for name, words in ways.items()}
        save(options.out, domain, {"domain": domain, "rows": options.rows, "epochs": options.epochs, "runs": runs,
             "circumstances": circumstances()})  # fmt: skip
    page(options.out)


def write_table(path: Path, domain: str, rows: int) -> None:
    """Random structures, each once, with made-up numbers."""
    random = np.random.default_rng(0)
    if domain == "materials":
        items = every_composition()[0]
        chosen = [items[row] for row in random.permutation(len(items))[:rows].tolist()]
        texts = [item.formula for item in chosen]
        values = [sum(n * NUMBERS[s] for s, n in item.amounts) / item.atoms for item in chosen]
    else:
        file = find(ZINC)
        if file is None:
            raise SystemExit(f"{ZINC} is in no folder of SEKKEI_DATA")
        smiles = pq.read_table(file).column(0).to_pylist()
        texts = [smiles[row].strip() for row in random.permutation(len(smiles))[:rows].tolist()]
        values = [float(len(text)) for text in texts]
    noisy = np.asarray(values, dtype=np.float64) + random.normal(size=len(values))
    with path.open("w", encoding="utf-8", newline="") as file_:
        heading = ("formula" if domain == "materials" else "smiles", "made_up")
        csv.writer(file_).writerows([heading, *zip(texts, noisy.round(3).tolist(), strict=True)])


def finetuned(domain: str, source: Path, out: Path, words: list[str]) -> dict[str, float]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "sekkei", "finetune", domain, "--data", str(source), "--target", "made_up"]
    began = time.perf_counter()
    process = subprocess.Popen([*command, "--out", str(out), *words])
    _, status, used = os.wait4(process.pid, 0)
    code = process.returncode = os.waitstatus_to_exitcode(status)
    if code not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"peak_gb": peak / 1e9, "minutes": (time.perf_counter() - began) / 60, "exit": code}


def page(folder: Path) -> None:
    """RESULTS.md from the raw results."""
    results: list[dict[str, Any]] = saved(folder)
    rows = [
        [one["domain"], f"{one['rows']:,}", way, f"{run['peak_gb']:.2f}", f"{run['minutes']:.1f}"]
        for one in results
        for way, run in one["runs"].items()
    ]
    lines = [f"`{one['domain']}`: {line_of(one)}" for one in results]
    heading = ("domain", "rows", "learned by", "peak [GB]", "minutes")
    write_page(folder, "A large table of one's own", [__doc__ or "", table(heading, rows), *lines])


if __name__ == "__main__":
    main()
