"""Band gaps in one step or in two: is it a metal, and then how large is the gap (the chapter's MatBERTForBandgap).

    python -m benchmarks.transfer.gated
    python -m benchmarks.transfer.gated --page

Measured gaps, three seeds. No row that tests is touched: of the training rows of a fold a fifth is asked, 1,500 others
teach. Trees and the fully fine-tuned MatBERT, each with its usual settings. Every cell is kept as it is done.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.record import line_of, number, saved, table, write_page
from benchmarks.transfer.cells import TASKS, Kept, Split, splits_of, within

from sekkei.core.types import Floats
from sekkei.predict.describe import describer
from sekkei.predict.embed import encoder_of
from sekkei.predict.fit import Task, Teacher
from sekkei.predict.networks import Tuning

HERE = Path(__file__).parent
NAME, SEEDS, MOST_ROWS = "expt_gap", 3, 1500
WAYS: dict[Task, str] = {"number": "one step", "gated": "two steps"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="write GATED.md from the raw results")
    if parser.parse_args().page:
        page()
    else:
        run()


def run() -> None:
    encoder = encoder_of("materials", None)
    kept = Kept(HERE, f"gated_{NAME}", {"gated": NAME, "encoder": encoder.hash})
    for seed, split in enumerate(splits_of(NAME)[:SEEDS]):
        part = within(split, seed, MOST_ROWS)
        for learner, task in product(("trees", "matbert"), WAYS):
            cell = f"{learner}, {WAYS[task]}, seed {seed}"
            trees: Teacher = replace(TASKS[NAME].recipe, task=task)
            teacher = trees if learner == "trees" else Tuning(encoder, "full", task)
            if cell not in kept:
                kept.add(cell, measured(teacher, part, seed))


def measured(teacher: Teacher, part: Split, seed: int) -> dict[str, Any]:
    """Errors [eV], and how often a metal is told from what is none."""
    words, began = describer("materials"), time.perf_counter()
    mind = teacher.learn(part.items, words.features(part.items), part.values, seed).mind
    said = np.maximum(mind(part.asked, words.features(part.asked)).values, 0.0)
    seconds = round(time.perf_counter() - began, 1)
    return {**errors(said, part.truth), "seconds": seconds, "rows": len(part.items), "asked": len(part.asked)}


def errors(said: Floats, truth: Floats) -> dict[str, float]:
    """Mean absolute errors [eV] of all, of metals and of the others, and the share that is on the right side."""
    miss, metal = np.abs(said - truth), truth == 0
    below = said < 0.05  # a gap that small is none to any experiment
    return {
        "mae": float(miss.mean()), "mae_metals": float(miss[metal].mean()), "mae_others": float(miss[~metal].mean()),
        "right_side": float((below == metal).mean()),
    }  # fmt: skip


def page() -> None:
    (result,) = (one for one in saved(HERE) if one.get("gated") == NAME)
    groups: dict[str, list[dict[str, Any]]] = {}
    for cell, found in result["cells"].items():
        groups.setdefault(cell.rpartition(", ")[0], []).append(found)
    names = ("mae", "mae_metals", "mae_others", "right_side")
    rows = [
        [*name.split(", "), *(spread([one[key] for one in cells]) for key in names)] for name, cells in groups.items()
    ]
    heading = ("learner", "way", "MAE [eV]", "of metals", "of the others", "metal or not, right")
    about = "Mean ± standard deviation over the seeds. Less than 0.05 eV counts as said to be a metal."
    write_page(
        HERE, "Band gaps in one step or two", [__doc__ or "", table(heading, rows), about, line_of(result)], "GATED.md"
    )


def spread(values: list[float]) -> str:
    return f"{number(float(np.mean(values)))} ± {number(float(np.std(values)), 2)}"


if __name__ == "__main__":
    main()
