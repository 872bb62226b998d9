"""Wall times of whole processes: generation beside two published shapes, start-up, and the demo design.

python -m benchmarks.speed.run --model moses
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.record import ROOT, circumstances, line_of, save, saved, table, write_page

from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError
from sekkei.data.folder import find
from sekkei.generate.model import load, read_wishes
from sekkei.metrics.satisfaction import measure

HERE = Path(__file__).parent
SEKKEI = (str(Path(sys.executable).with_name("sekkei")),)  # the installed command beside this interpreter
DEMO_COUNT = 50
DEMO_TARGETS = ("logp=1.5±0.5", "mw=250±25", "hbd=2", "hba=3", "esol>=-2.5")
DEMO = (
    *("design", "molecules", "-n", str(DEMO_COUNT), "--seed", "0"),
    *(word for target in DEMO_TARGETS for word in ("--target", target)),
)
START_UPS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "import sekkei": (sys.executable, "-c", "import sekkei"),
    "sekkei --help": (*SEKKEI, "--help"),
}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="moses", help="shipped model or model folder")
    parser.add_argument("-n", type=int, default=30_000, help="molecules to generate")
    parser.add_argument("--reinvent", type=int, default=10_000, help="molecules the REINVENT shape samples")
    parser.add_argument("--molgpt", type=int, default=2_000, help="molecules the MolGPT shape samples")
    parser.add_argument("--batches", type=int, nargs="+", default=[128, 512], help="baseline batches; the best counts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5, help="start-up times are the best of so many")
    return parser.parse_args()


def main() -> None:
    asked = options()
    environment = {**os.environ, "OMP_NUM_THREADS": str(asked.threads)}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        generate = sekkei(asked, folder, environment)
        print(generate, flush=True)
        rivals = [
            rival(shape, count, batch, asked.threads, folder, environment)
            for shape, count in (("reinvent", asked.reinvent), ("molgpt", asked.molgpt))
            for batch in asked.batches
        ]
        print(rivals, flush=True)
        demo = design(folder, environment)
    starts = {
        name: min(seconds(command, environment) for _ in range(asked.repeats)) for name, command in START_UPS.items()
    }
    result = {"generate": generate, "rivals": rivals, "design": demo, "start_up_s": starts}
    model = load(asked.model)
    where = {**circumstances(model), "threads": asked.threads}
    save(HERE, model.name, {"circumstances": where, **result})
    write_page(HERE, "Speed", [page_part(one) for one in saved(HERE)])


def seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    """Wall time [s] of a whole process that has to succeed, if only in part."""
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    if done.returncode not in (EXIT_OK, EXIT_PARTIAL):
        raise subprocess.CalledProcessError(done.returncode, command)
    return time.perf_counter() - started


def sekkei(asked: argparse.Namespace, folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    out = folder / "generated.smi"
    command = (
        *SEKKEI,
        "generate",
        "molecules",
        "-n",
        str(asked.n),
        "--seed",
        "0",
        "--model",
        asked.model,
        "--out",
        str(out),
    )
    wall = seconds(command, environment)
    smiles, _ = measure(out.read_text(encoding="utf-8").split(), ["heavy_atoms"])
    different = len(set(smiles))
    return {"asked": asked.n, "valid_unique": different, "wall_s": wall, "per_s": different / wall}


def rival(
    shape: str, count: int, batch: int, threads: int, folder: Path, environment: dict[str, str]
) -> dict[str, Any]:
    """Time a baseline's whole process; what it would take for more follows from the time its sampling alone took."""
    lengths = folder / "lengths.npy"
    np.save(lengths, moses_lengths(count))
    command = (sys.executable, "-m", "benchmarks.speed.baselines", shape, str(lengths))
    choice = ("--batch", str(batch), "--threads", str(threads))
    started = time.perf_counter()
    done = subprocess.run((*command, *choice), env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - started
    sampling = float(done.stdout.split()[-1])
    return {
        "shape": shape,
        "batch": batch,
        "sampled": count,
        "wall_s": wall,
        "sampling_s": sampling,
        "per_s": count / sampling,
    }


def moses_lengths(count: int) -> np.ndarray:
    """Numbers of characters of random MOSES test molecules, one more for the end."""
    path = find("moses/test.csv.gz")
    if path is None:
        raise UserError("moses/test.csv.gz is in no data folder", "MOSES test set", "run `sekkei data fetch moses`")
    lengths = pd.read_csv(path)["SMILES"].str.len().to_numpy() + 1
    return np.random.default_rng(0).choice(lengths, size=count)


def design(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    wall = seconds((*SEKKEI, *DEMO, "--out", str(folder / "demo")), environment)
    listed = pd.read_csv(folder / "demo" / "candidates.csv")["smiles"].tolist()
    targets = read_wishes(DEMO_TARGETS)
    smiles, values = measure(listed, [target.name for target in targets])
    met = np.all([target.satisfied(column) for target, column in zip(targets, values.T, strict=True)], axis=0)
    return {"wall_s": wall, "asked": DEMO_COUNT, "listed": len(listed), "satisfied": len(set(np.array(smiles)[met]))}


def page_part(result: dict[str, Any]) -> str:
    about = (
        "Sekkei's time is that of the whole process, start and file included, and counts valid, unique molecules. The "
        "other shapes have random weights and write sequences as long as MOSES molecules; their start-up is not "
        "counted, and all they write counts as valid and unique, so the comparison favours them. The faster of the "
        "batch sizes tried stands."
    )
    demo = result["design"]
    starts = [[f"`{name}`", f"{value:.2f}"] for name, value in result["start_up_s"].items()]
    met = f"`sekkei design`, the demo: {demo['satisfied']} of {demo['asked']} meet all targets"
    starts.append([met, f"{demo['wall_s']:.1f}"])
    return "\n\n".join(
        [
            f"## `{result['circumstances']['model']['name']}`",
            generation_table(result),
            about,
            table(["command", "wall time [s]"], starts),
            line_of(result),
        ]
    )


def generation_table(result: dict[str, Any]) -> str:
    ours = result["generate"]
    rows = [["`sekkei generate molecules`", "whole process", *counted(ours["valid_unique"], ours["wall_s"]), "1"]]
    shapes = {"reinvent": "REINVENT shape, LSTM 3 × 512", "molgpt": "MolGPT shape, `transformers.generate`"}
    for shape, name in shapes.items():
        best = max((one for one in result["rivals"] if one["shape"] == shape), key=lambda one: one["per_s"])
        timed = f"sampling alone, batch {best['batch']}"
        faster = f"{ours['per_s'] / best['per_s']:.1f}"
        rows.append([name, timed, *counted(best["sampled"], best["sampling_s"]), faster])
    return table(["what", "timed", "molecules", "s", "molecules/s", "Sekkei is faster by"], rows)


def counted(molecules: int, seconds_taken: float) -> tuple[str, str, str]:
    return f"{molecules:,}", f"{seconds_taken:.1f}", f"{molecules / seconds_taken:.0f}"


if __name__ == "__main__":
    main()
