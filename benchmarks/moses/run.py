"""The MOSES benchmark: raw samples of a model against the MOSES test sets, or against held-out data of its own.

python -m benchmarks.moses.run --model moses --seeds 0 1 2
python -m benchmarks.moses.run --model druglike --held-out held_out.smi
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Container, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.moses.published import FIGURES, ROWS
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

from sekkei.data.catalogue import dataset
from sekkei.generate.model import Model, load
from sekkei.generate.sample import Sampling
from sekkei.metrics.molecules import mean_and_spread, set_metrics
from sekkei.metrics.parallel import processes
from sekkei.metrics.reference import ReferenceSet, moses_filters, moses_reference, reference_set
from sekkei.molecules.files import read_molecules

HERE = Path(__file__).parent


def options() -> argparse.Namespace:
    parser = sampling_options(__doc__, 30_000, "raw samples per seed")
    parser.add_argument(
        "--held-out", type=Path, help="file of molecules to compare with instead of the MOSES test sets"
    )
    parser.add_argument("--floor", type=Path, help="file of training molecules for the floor; default: known ones")
    parser.add_argument("--no-grammar", action="store_true", help="sample the plain network, no token masked")
    return parser.parse_args()


def main() -> None:
    asked = options()
    torch.set_num_threads(asked.threads)
    model = load(asked.model)
    with processes(asked.workers) as pool:
        references = compared_with(asked.held_out, pool)
        floor = measure(floor_sample(model, asked), references, (), pool)
        settings = Sampling(asked.temperature, grammar=not asked.no_grammar)
        runs = [run(model, seed, asked.n, settings, references, pool) for seed in asked.seeds]
    against = "own data held out" if asked.held_out else "MOSES test sets"
    result = {"against": against, "n": asked.n, "seeds": asked.seeds, "floor": floor, "runs": runs}
    result["sampling"] = "no token masked" if asked.no_grammar else "tokens masked by the SMILES grammar"
    result["temperature"] = asked.temperature
    label = f"{model.name}-{'held-out' if asked.held_out else 'moses'}{'-plain' if asked.no_grammar else ''}"
    label += f"-temperature{asked.temperature:g}"
    save(HERE, label, {"circumstances": circumstances(model), **result})
    write_page(HERE, "MOSES benchmark", [page_part(one) for one in saved(HERE)])


def compared_with(held_out: Path | None, pool: Executor | None) -> dict[str, ReferenceSet]:
    if held_out is None:
        return {"Test": moses_reference("test"), "TestSF": moses_reference("test_scaffolds")}
    return {"held-out": reference_set([line.text for line in read_molecules(held_out)], pool)}


def floor_sample(model: Model, asked: argparse.Namespace) -> list[str]:
    """As many training molecules as a seed draws: what a model that repeats its training data would reach."""
    if asked.floor:
        known = [line.text for line in read_molecules(asked.floor)]
    else:
        known = dataset("moses").smiles() if model.name == "moses" else model.reference.smiles
    chosen = np.random.default_rng(0).choice(len(known), size=min(asked.n, len(known)), replace=False)
    return [known[row] for row in chosen]


def run(
    model: Model,
    seed: int,
    n: int,
    settings: Sampling,
    references: Mapping[str, ReferenceSet],
    pool: Executor | None,
) -> dict[str, Any]:
    started = time.perf_counter()
    draws = model.draw(np.full((n, len(model.properties)), np.nan), seed, settings=settings)
    drawn = time.perf_counter()
    figures = measure([draw.text for draw in draws], references, model.known, pool)
    print(f"seed {seed}: " + ", ".join(f"{name} {value:.4f}" for name, value in figures.items()), flush=True)
    seconds = {"draw": drawn - started, "measure": time.perf_counter() - drawn}
    return {"seed": seed, "figures": figures, "seconds": seconds}


def measure(
    texts: Sequence[str], references: Mapping[str, ReferenceSet], train: Container[str], pool: Executor | None
) -> dict[str, float]:
    return set_metrics(texts, references, train, moses_filters(), pool)


def page_part(result: dict[str, Any]) -> str:
    """Ours, the floor and, where the comparison is the same, the published rows."""
    ours = mean_and_spread([one["figures"] for one in result["runs"]])
    order = [name.split("/")[0] for name in FIGURES]
    names = sorted(
        ours, key=lambda name: order.index(name.split("/")[0]) if name.split("/")[0] in order else len(order)
    )
    published = {row: dict(zip(FIGURES, values, strict=True)) for row, values in ROWS.items()}
    shown = published if result["against"] == "MOSES test sets" else {}
    rows = [
        [
            name,
            with_spread(ours[name]),
            "–" if name == "Novelty" else number(result["floor"][name]),
            *(f"{row[name]:.4g}" if name in row else "–" for row in shown.values()),
        ]
        for name in names
    ]
    model = result["circumstances"]["model"]["name"]
    headings = [
        "figure",
        f"**{model}**, {len(result['runs'])} × {result['n']:,}",
        "floor",
        *(f"{row} (published)" for row in shown),
    ]
    about = (
        "Raw samples, nothing filtered; mean ± standard deviation over the seeds. Floor: a random sample of training "
        "molecules of the same size. Lower is better for FCD and for the property distances (logP, SA, QED, weight). "
        "Definitions: `sekkei.metrics.molecules`."
    )
    title = f"## `{model}` against {result['against']}, {result['sampling']}, temperature {result['temperature']:g}"
    return "\n\n".join([title, about, table(headings, rows), line_of(result)])


if __name__ == "__main__":
    main()
