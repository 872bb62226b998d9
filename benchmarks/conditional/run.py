"""One property asked for at a time: how far off the molecules are, and at what cost in validity and novelty.

python -m benchmarks.conditional.run --model moses --seeds 0 1 2
"""

from __future__ import annotations

import argparse
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.conditional.published import ROWS
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

from sekkei.generate.model import Model, load
from sekkei.generate.sample import Sampling
from sekkei.metrics.molecules import mean_and_spread, novel_share, unique_share
from sekkei.metrics.parallel import processes
from sekkei.metrics.satisfaction import mean_absolute_deviation, measure

HERE = Path(__file__).parent
TARGETS = {"logp": (1.0, 2.0, 3.0), "tpsa": (30.0, 60.0, 90.0), "sa": (2.0, 2.75, 3.5), "qed": (0.6, 0.725, 0.85)}
FIGURES = ("valid", "unique", "novelty", "mad")


def options() -> argparse.Namespace:
    parser = sampling_options(__doc__, 10_000, "raw samples per target value and seed")
    parser.add_argument("--guidance", type=float, default=1.0)
    return parser.parse_args()


def main() -> None:
    asked = options()
    torch.set_num_threads(asked.threads)
    model = load(asked.model)
    settings = Sampling(temperature=asked.temperature, guidance=asked.guidance)
    rows = []
    with processes(asked.workers) as pool:
        for name, values in TARGETS.items():
            for value in values:
                runs = [run(model, name, value, seed, asked.n, settings, pool) for seed in asked.seeds]
                rows.append({"property": name, "target": value, "runs": runs, **baselines(model, name, value, asked.n)})
                print(name, value, {k: with_spread(v) for k, v in mean_and_spread(runs).items()}, flush=True)
    result = {"n": asked.n, "seeds": asked.seeds, "guidance": asked.guidance, "temperature": asked.temperature}
    label = f"{model.name}-guidance{asked.guidance:g}-temperature{asked.temperature:g}"
    save(HERE, label, {"circumstances": circumstances(model), **result, "rows": rows})
    write_page(HERE, "One property asked for", [page_part(one) for one in saved(HERE)])


def run(
    model: Model, name: str, value: float, seed: int, n: int, settings: Sampling, pool: Executor | None
) -> dict[str, float]:
    conditions = np.full((n, len(model.properties)), np.nan)
    conditions[:, model.properties.index(name)] = value
    texts = [draw.text for draw in model.draw(conditions, seed, settings=settings)]
    smiles, values = measure(texts, [name], pool)
    return {
        "valid": len(smiles) / n,
        "unique": unique_share(smiles),
        "novelty": novel_share(smiles, model.known),
        "mad": mean_absolute_deviation(values[:, 0], value),
    }


def baselines(model: Model, name: str, value: float, n: int) -> dict[str, float]:
    """Deviation of training molecules: taken at random, and the n nearest to the target.

    The nearest are estimated from the model's random sample of its training molecules, with as large a share of the
    sample as n is of the whole. Retrieval has no novelty at all.
    """
    known = model.reference.properties[:, model.properties.index(name)]
    off = np.sort(np.abs(known - value))
    nearest = max(1, round(len(off) * min(1.0, n / len(model.known))))
    return {"random_mad": float(off.mean()), "retrieval_mad": float(off[:nearest].mean())}


def page_part(result: dict[str, Any]) -> str:
    rows, pooled = [], {name: [] for name in TARGETS}
    for row in result["rows"]:
        figures = mean_and_spread(row["runs"])
        pooled[row["property"]].append(figures["mad"][0])
        baseline = [number(row["random_mad"], 3), number(row["retrieval_mad"], 2)]
        rows.append(
            [row["property"], f"{row['target']:g}", *(with_spread(figures[name], 4) for name in FIGURES), *baseline]
        )
    means = [
        [name, number(float(np.mean(offs)), 3), *(number(published[name], 3) for published in ROWS.values())]
        for name, offs in pooled.items()
    ]
    name = result["circumstances"]["model"]["name"]
    title = f"## `{name}`, guidance {result['guidance']:g}, temperature {result['temperature']:g}"
    about = (
        f"{result['n']:,} raw samples per target value and seed, nothing filtered. MAD: mean absolute deviation of "
        "valid molecules from the target. Random and retrieval: training molecules taken at random, and the nearest "
        "ones (novelty 0)."
    )
    beside = "Mean over the three target values, beside published figures from other data or with a scaffold given:"
    full = table(["property", "target", *FIGURES[:3], "MAD", "MAD, random", "MAD, retrieval"], rows)
    short = table(["property", "MAD here", *(f"{row} (published)" for row in ROWS)], means)
    return "\n\n".join([title, about, full, beside, short, line_of(result)])


if __name__ == "__main__":
    main()
