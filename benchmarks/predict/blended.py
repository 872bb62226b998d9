"""Trees and fine-tuned encoders together, on the tasks that trees alone do not meet.

    python benchmarks/predict/blended.py mp_gap mp_e_form lipo qm9_gap
    python benchmarks/predict/run.py --page

Splits, rows and calibration are those of run.py. The networks are two halves of the rows each, so that what neither had
seen decides how much trees and networks count; they and the trees are trained on the task's own rows alone, on encoders
that were pre-trained without any label.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import torch
from run import TASKS, Task, run

from sekkei.data.encoders import DEFAULT
from sekkei.predict.blend import Blending
from sekkei.predict.embed import encoder_of
from sekkei.predict.forest import Settings
from sekkei.predict.networks import Tuning
from sekkei.predict.trees import Recipe
from sekkei.train.tune import Pace

DEEP = Settings("regression_l1", trees=1500, leaves=127, rate=0.05, least=8, columns=0.2, rows=0.6, ridge=2.0)
MANY = Settings(trees=1500, leaves=127, rate=0.05, least=8, columns=0.2, rows=0.6, ridge=2.0)
RECIPES = {
    "mp_gap": Recipe("number", DEEP, folds=2),
    "mp_e_form": Recipe("number", DEEP, folds=2),
    "lipo": Recipe("number", Settings(trees=500, leaves=31, rate=0.04, least=4, columns=0.3), folds=8),
    "qm9_gap": Recipe("number", MANY, folds=2),
}
PACES = {
    "mp_gap": Pace(5e-4, batch=256, most=12_000),
    "mp_e_form": Pace(5e-4, batch=256, most=12_000),
    "lipo": Pace(5e-4, epochs=40),
    "qm9_gap": Pace(5e-4, batch=128, most=8_000),
}
FOLDS = {"mp_gap": 2, "mp_e_form": 2, "lipo": 4, "qm9_gap": 2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="+", choices=list(RECIPES))
    parser.add_argument("--model", help="encoder; the shipped one where absent")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name in options.tasks:
        run(name, blending(name, options.model), f"{name}_blend", way="blend")


def blending(name: str, model: str | None) -> Task:
    """A task with the recipe of both."""
    task = TASKS[name]
    encoder = encoder_of(task.domain, model or DEFAULT[task.domain])
    tuning = Tuning(encoder, "full", folds=FOLDS[name], pace=PACES[name])
    return replace(task, recipe=Blending(RECIPES[name], tuning))


if __name__ == "__main__":
    main()
