"""Five properties asked for at once: logP, molecular weight, solubility, donors and acceptors of real molecules.

python -m benchmarks.five_properties.run --model moses --seeds 0 1 2
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from benchmarks.record import (
    circumstances,
    line_of,
    number,
    sampling_options,
    save,
    saved,
    table,
    with_spread,
    write_page,
)

from sekkei.core.errors import UserError
from sekkei.core.targets import Target
from sekkei.core.types import Floats
from sekkei.data.folder import find
from sekkei.generate.model import Model, load, read_wishes
from sekkei.generate.sample import Sampling
from sekkei.metrics.molecules import mean_and_spread, novel_share, unique_share
from sekkei.metrics.parallel import processes
from sekkei.metrics.satisfaction import inside_share, measure

HERE = Path(__file__).parent
NAMES = ("logp", "mw", "esol", "hbd", "hba")
TOLERANCES = (0.5, 25.0, 0.5, 0.0, 0.0)
FIGURES = ("inside", "valid", "unique", "novelty")


def options() -> argparse.Namespace:
    parser = sampling_options(__doc__, 1_000, "raw samples per target row and seed")
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--targets", type=int, default=20, help="target rows")
    parser.add_argument("--target-seed", type=int, default=0, help="which molecules of the MOSES test set they are")
    parser.add_argument(
        "--aim", choices=["point", "window"], default="point", help="condition on the values, or as `generate` aims"
    )
    return parser.parse_args()


def main() -> None:
    asked = options()
    torch.set_num_threads(asked.threads)
    model = load(asked.model)
    settings = Sampling(temperature=asked.temperature, guidance=asked.guidance)
    rows = []
    with processes(asked.workers) as pool:
        for smiles, values in zip(*target_molecules(asked.targets, asked.target_seed), strict=True):
            targets = wishes(values)
            drawn = [run(model, targets, values, seed, asked, settings, pool) for seed in asked.seeds]
            target = dict(zip(NAMES, values.tolist(), strict=True))
            rows.append({"molecule": smiles, "target": target, "runs": drawn, "random": random_share(model, targets)})
            print(smiles, {name: with_spread(pair) for name, pair in mean_and_spread(drawn).items()}, flush=True)
    kept = {name: getattr(asked, name) for name in ("n", "seeds", "target_seed", "aim", "guidance", "temperature")}
    label = f"{model.name}-{asked.aim}-guidance{asked.guidance:g}-temperature{asked.temperature:g}"
    save(HERE, label, {"circumstances": circumstances(model), **kept, "rows": rows})
    write_page(HERE, "Five properties asked for at once", [page_part(one) for one in saved(HERE)])


def target_molecules(count: int, seed: int) -> tuple[list[str], Floats]:
    """Molecules of the MOSES test set drawn at random, and their five properties."""
    path = find("moses/test.csv.gz")
    if path is None:
        raise UserError("moses/test.csv.gz is in no data folder", "MOSES test set", "run `sekkei data fetch moses`")
    known = pd.read_csv(path)["SMILES"].tolist()
    chosen = np.random.default_rng(seed).choice(len(known), size=count, replace=False)
    return measure([known[row] for row in chosen], NAMES)


def wishes(values: Floats) -> list[Target]:
    return read_wishes([f"{n}={v!r}±{t}" for n, v, t in zip(NAMES, values.tolist(), TOLERANCES, strict=True)])


def run(
    model: Model,
    targets: Sequence[Target],
    values: Floats,
    seed: int,
    asked: argparse.Namespace,
    settings: Sampling,
    pool: Executor | None,
) -> dict[str, float]:
    conditions = model.conditions(targets, asked.n, seed)
    if asked.aim == "point":
        conditions[:, [model.properties.index(name) for name in NAMES]] = values
    texts = [draw.text for draw in model.draw(conditions, seed, settings=settings)]
    smiles, found = measure(texts, NAMES, pool)
    return {
        "inside": inside_share(dict(zip(NAMES, found.T, strict=True)), targets),
        "valid": len(smiles) / asked.n,
        "unique": unique_share(smiles),
        "novelty": novel_share(smiles, model.known),
    }


def random_share(model: Model, targets: Sequence[Target]) -> float:
    """Share of training molecules, taken at random, that meet all five targets."""
    known = {name: model.reference.properties[:, model.properties.index(name)] for name in NAMES}
    return inside_share(known, targets)


def page_part(result: dict[str, Any]) -> str:
    rows, inside = [], []
    for row in result["rows"]:
        figures = mean_and_spread(row["runs"])
        inside.append(figures["inside"][0])
        wanted = [f"{row['target'][name]:.4g}" for name in NAMES]
        rows.append([*wanted, *(with_spread(figures[name], 3) for name in FIGURES), number(row["random"], 2)])
    chance = float(np.mean([row["random"] for row in result["rows"]]))
    name = result["circumstances"]["model"]["name"]
    way = f"aimed at the {result['aim']}, guidance {result['guidance']:g}, temperature {result['temperature']:g}"
    about = (
        f"**{number(float(np.mean(inside)), 3)} of the valid raw samples lie inside all five windows** (mean over "
        f"{len(rows)} targets; training molecules taken at random: {number(chance, 2)}). Windows: logP ± 0.5, mw ± 25 "
        "Da, esol ± 0.5, hbd and hba exact. Targets: molecules of the MOSES test set drawn with seed "
        f"{result['target_seed']}; {result['n']:,} raw samples per target and seed."
    )
    return "\n\n".join([f"## `{name}`, {way}", about, table([*NAMES, *FIGURES, "random"], rows), line_of(result)])


if __name__ == "__main__":
    main()
