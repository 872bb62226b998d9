"""LoRA and adapters against full fine-tuning: error, share of the encoder's parameters trained, time.

    python -m benchmarks.transfer.run expt_gap steels --materials DIR
    python -m benchmarks.transfer.run esol lipo --molecules DIR
    python -m benchmarks.transfer.run --page

Three seeds; the seed also chooses the split (official fold, or random split), of steels, which is small, all five folds
are taken with each. All methods see the same rows in the same order. The head is trained by each and not counted. The
passes over the table are few enough for a task to take an hour on two cores. DIR is a folder of ``sekkei pretrain``;
a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.record import line_of, number, saved, table, write_page
from benchmarks.transfer.cells import TASKS, Kept, Split, measured, splits_of

from sekkei.models.adapters import METHODS
from sekkei.predict.embed import encoder_of
from sekkei.predict.networks import Tuning, default_pace

HERE = Path(__file__).parent
EPOCHS = {"expt_gap": 60, "steels": 250, "esol": 28, "lipo": 9}
SEEDS = 3
ALL_FOLDS = ("steels",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", choices=[[], *EPOCHS])
    parser.add_argument("--materials", help="encoder of compositions; the shipped one where absent")
    parser.add_argument("--molecules", help="encoder of SMILES; the shipped one where absent")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--epochs", type=int, help="passes over the table, instead of the usual number")
    parser.add_argument("--rows", type=int, help="learn from so many rows only")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--page", action="store_true", help="write RESULTS.md from the raw results")
    options = parser.parse_args()
    for name in options.tasks:
        run(name, getattr(options, TASKS[name].domain), options)
    if options.page:
        write_page(options.out, "LoRA and adapters against full fine-tuning", [__doc__ or "", *parts_of(options.out)])


def run(name: str, model: str | None, options: argparse.Namespace) -> None:
    encoder = encoder_of(TASKS[name].domain, model)
    epochs = options.epochs or EPOCHS[name]
    about = {"task": name, "encoder": encoder.hash, "metric": TASKS[name].metric, "epochs": epochs}
    kept = Kept(options.out, f"methods_{name}", about)
    for seed, split in pairs(name, options.seeds):
        items, values = split.part(options.rows, seed)
        for method in METHODS:
            cell = f"{method}, {split.name}, seed {seed}"
            if cell not in kept:
                pace = replace(default_pace(method, encoder), epochs=epochs, least=min(300, 10 * epochs))
                teacher = Tuning(encoder, method, TASKS[name].recipe.task, pace=pace)
                kept.add(cell, measured(name, teacher, items, values, split, seed))


def pairs(name: str, seeds: int) -> Iterator[tuple[int, Split]]:
    """Seeds and the splits they are tried on."""
    splits = splits_of(name)
    for seed in range(seeds):
        yield from ((seed, split) for split in (splits if name in ALL_FOLDS else splits[seed : seed + 1]))


def parts_of(folder: Path) -> list[str]:
    """One table of all tasks, and where each was measured."""
    results = [result for result in saved(folder) if "epochs" in result]
    rows = [row for result in results for row in rows_of(result)]
    heading = ("task", "method", "measure", "error", "to full [%]", "pairs", "passes", "trained",
               "of the encoder", "seconds")  # fmt: skip
    about = (
        "`to full`: mean over the pairs of one split and seed of the difference to full fine-tuning, with its standard "
        "error; below zero is better. `passes` over the table; `sekkei finetune` takes 60, in "
        "1,000 steps at least. `seconds`: of one network, beside other work."
    )
    return [table(heading, rows), about, *(f"`{result['task']}`: {line_of(result)}" for result in results)]


def rows_of(result: dict[str, Any]) -> Iterator[list[str]]:
    by_method: dict[str, dict[str, Any]] = {}
    for cell, found in result["cells"].items():
        method, _, where = cell.partition(", ")
        by_method.setdefault(method, {})[where] = found
    for method, cells in by_method.items():
        shared = [where for where in cells if where in by_method.get("full", {})]
        full = np.array([by_method["full"][where]["error"] for where in shared])
        mine = np.array([cells[where]["error"] for where in shared])
        change, one = 100 * (mine - full) / full, next(iter(cells.values()))
        spread = np.std(change, ddof=1) / np.sqrt(len(change)) if len(change) > 1 else float("nan")
        told = "–" if method == "full" else f"{change.mean():+.1f} ± {number(float(spread), 2)}"
        error = f"{number(float(mine.mean()))} ± {number(float(mine.std()), 2)}"
        yield [result["task"], method, result["metric"], error, told,
               str(len(shared)), str(result["epochs"]), f"{one['trained']:,}", f"{100 * one['share']:.2f} %",
               number(float(np.mean([cell["seconds"] for cell in cells.values()])), 3)]  # fmt: skip


if __name__ == "__main__":
    main()
