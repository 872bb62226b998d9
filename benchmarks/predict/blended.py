"""Trees and fine-tuned encoders together, on the tasks that trees alone do not meet.

    python benchmarks/predict/blended.py mp_e_form
    python benchmarks/predict/blended.py esol freesolv lipo qm9_gap
    python benchmarks/predict/run.py --page

Splits, rows and calibration are those of run.py. How much trees and networks count is decided on a tenth of the rows to
learn from, which neither is shown; both learn the task's own rows alone, and the encoders were pre-trained without any
measurement; `dmpnn` was told computed descriptors of many molecules, some of which are tested on.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import torch
from run import LIPO, QUANTUM, TASKS, Task, run

from sekkei.data.encoders import usual_encoder
from sekkei.predict.blend import Blending
from sekkei.predict.embed import encoder_of
from sekkei.predict.forest import Settings
from sekkei.predict.networks import GRAPH_PACE, Tuning
from sekkei.predict.trees import Recipe
from sekkei.train.tune import Pace

DEEP = Settings(trees=1200, leaves=127, rate=0.07, least=8, columns=0.2, rows=0.6, ridge=2.0)
RECIPES = {
    "mp_e_form": Recipe("number", DEEP, folds=8),
    "esol": replace(LIPO, folds=8),
    "freesolv": replace(LIPO, folds=8),
    "glass": replace(TASKS["glass"].recipe, folds=8),
    "lipo": Recipe("number", Settings(trees=500, leaves=31, rate=0.04, least=4, columns=0.3), folds=8),
    "qm9_gap": replace(QUANTUM, folds=3),
}
PACES = {
    "mp_e_form": Pace(5e-4, batch=256, most=8000),
    "glass": Pace(5e-4, epochs=60),
    "esol": GRAPH_PACE,
    "freesolv": GRAPH_PACE,
    "lipo": GRAPH_PACE,
    "qm9_gap": Pace(1e-3, batch=128, most=9000),
}
NETWORKS = {"mp_e_form": 2, "glass": 2, "esol": 3, "freesolv": 3, "lipo": 2, "qm9_gap": 1}


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
    encoder = encoder_of(task.domain, model or usual_encoder(task.domain, "full"))
    tuning = Tuning(encoder, "full", RECIPES[name].task, pace=PACES[name])
    return replace(task, recipe=Blending(RECIPES[name], tuning, NETWORKS[name]))


if __name__ == "__main__":
    main()
