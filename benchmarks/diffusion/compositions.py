"""Compositions by latent diffusion beside other ways to make vectors for the same decoder, and beside the GPT.

python -m benchmarks.diffusion.compositions --model matdiffusion --beside matgpt

No masks anywhere. The judges of targets learn all labels, which the generators know too: the figures compare the ways,
and are no proof of what they find; that is in ``benchmarks/compositions/twins``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.compositions.run import figures
from benchmarks.compositions.twins import ROWS, shares
from benchmarks.diffusion.page import write
from benchmarks.diffusion.ways import ALL_STEPS, CHAPTER, Way, of, ways_of
from benchmarks.record import circumstances, save

from sekkei.core.types import Floats
from sekkei.data.compositions import known_compositions
from sekkei.generate.materials import AIMED, load
from sekkei.materials.novelty import KnownMaterials
from sekkei.predict.judge import judged_by
from sekkei.train.labels import filled, usable, written_out

HERE = Path(__file__).parent


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="matdiffusion", help="latent diffusion of compositions")
    parser.add_argument("--beside", default="matgpt")
    parser.add_argument("-n", type=int, default=10_000, help="raw samples per seed")
    parser.add_argument("--few", type=int, default=2000, help="raw samples where all steps are walked")
    parser.add_argument("--aimed", type=int, default=3000, help="raw samples per seed under each target")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--gan-steps", type=int, default=3000)
    parser.add_argument("--work", type=Path, default=Path("build/diffusion"))
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    asked = options()
    torch.set_num_threads(asked.threads)
    model, beside = load(asked.model), load(asked.beside)
    known = usable(known_compositions())
    judge = judged_by(known)
    data = written_out(filled(known, judge), model.codec)
    ways = ways_of(model, lambda: data, AIMED, asked) | {asked.beside: of(beside, AIMED)}
    everything = {item.formula for item in known.items}
    free, told = (np.tile([np.nan, np.nan, np.nan, charges], (asked.n, 1)) for charges in (np.nan, 1.0))
    result: dict[str, Any] = {
        "n": asked.n,
        "few": asked.few,
        "aimed": asked.aimed,
        "seeds": asked.seeds,
        "raw": {},
        "targets": {},
    }
    for name, way in ways.items():
        slow = name in (ALL_STEPS, CHAPTER)
        seeds, n = (asked.seeds[:1], asked.few) if slow else (asked.seeds, asked.n)
        result["raw"][name] = {
            kind: [raw(way, conditions[:n], seed, model.known) for seed in seeds]
            for kind, conditions in (("free", free), ("told to balance", told))
        }
        print(name, result["raw"][name]["told to balance"][0], flush=True)
    for name in (name for name in ways if name.startswith(("diffusion, DDIM", asked.beside))):
        result["targets"][name] = {
            row: [
                shares(ways[name](under(wanted, asked.aimed), seed), wanted, judge, everything) for seed in asked.seeds
            ]
            for row, wanted in ROWS.items()
        }
    result |= {"circumstances": circumstances(model), "beside": beside.hash}
    result["reconstructed"] = model.training["reconstructed"]
    save(HERE, "compositions", result)
    write(HERE)


def raw(way: Way, conditions: Floats, seed: int, known: KnownMaterials) -> dict[str, float]:
    started = time.perf_counter()
    texts = way(conditions, seed)
    return figures(texts, time.perf_counter() - started, known)


def under(wanted: Sequence[float], n: int) -> Floats:
    return np.tile([*wanted, np.nan], (n, 1))


if __name__ == "__main__":
    main()
