"""Which learning rate suits adapters and LoRA: judged on rows kept aside from the training rows of fold 0.

    python -m benchmarks.transfer.rates expt_gap steels

No row that tests is touched: a fifth of the training rows judges, at most 1,500 others teach. Full
fine-tuning at its own rate stands beside; ``300 steps`` are cells as short as small tables once were. Every cell is
kept as it is done.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from benchmarks.transfer.cells import TASKS, Kept, measured, splits_of, within

from sekkei.models.adapters import Method
from sekkei.predict.embed import encoder_of
from sekkei.predict.networks import Tuning, default_pace

HERE = Path(__file__).parent
RATES: dict[Method, tuple[float, ...]] = {"full": (5e-4,), "lora": (2e-3, 6e-3), "adapter": (2e-3, 6e-3)}
SEEDS = {"expt_gap": 1, "steels": 2}
MOST_ROWS = 1500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="+", choices=list(SEEDS))
    parser.add_argument("--methods", nargs="+", choices=list(RATES), default=list(RATES))
    parser.add_argument("--seeds", type=int, help="more than the usual one or two")
    asked = parser.parse_args()
    for name in asked.tasks:
        run(name, asked.methods, asked.seeds or SEEDS[name])


def run(name: str, methods: Sequence[Method], seeds: int) -> None:
    encoder = encoder_of(TASKS[name].domain, None)
    about = {"rates_of": name, "encoder": encoder.hash, "metric": TASKS[name].metric, "rows": MOST_ROWS}
    kept, split = Kept(HERE, f"rates_{name}", about), splits_of(name)[0]
    for seed, method in product(range(seeds), methods):
        usual = default_pace(method, encoder)
        paces = {f"{rate:g}": replace(usual, rate=rate) for rate in RATES[method]}
        for told, pace in {**paces, "300 steps": replace(usual, least=300)}.items():
            cell = f"{method}, {told}, seed {seed}"
            if cell not in kept:
                part = within(split, seed, MOST_ROWS)
                teacher = Tuning(encoder, method, TASKS[name].recipe.task, pace=pace)
                kept.add(cell, measured(name, teacher, part.items, part.values, part, seed))


if __name__ == "__main__":
    main()
