"""What the benchmarks of transfer learning share: tasks, one trained network, and cells kept as they are done."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.record import circumstances, save

from sekkei.core.types import Floats
from sekkei.predict.describe import describer
from sekkei.predict.fit import merged
from sekkei.predict.networks import Tuning

sys.path.insert(0, str(Path(__file__).parents[1] / "predict"))
from run import TASKS, data_of  # those of benchmarks/predict/run.py


@dataclass(frozen=True)
class Split:
    """One split of a task: what is learned, one value per identity, and what is asked."""

    name: str
    items: list[Any]
    values: Floats
    asked: list[Any]
    truth: Floats

    def part(self, rows: int | None, seed: int) -> tuple[list[Any], Floats]:
        """So many objects to learn from, all where None; the fewer are among the more."""
        order = np.random.default_rng(seed).permutation(len(self.items))[:rows]
        return [self.items[row] for row in order.tolist()], self.values[order]


def splits_of(name: str) -> list[Split]:
    """The splits of a task; training rows whose identity is in the test part are left out."""
    words = describer(TASKS[name].domain)
    items, keys, values, cuts = data_of(TASKS[name], words)
    found = []
    for split, train, test in cuts:
        taken = {keys[row] for row in test}
        kept = np.array([row for row in train if keys[row] not in taken])
        labels = merged(kept.tolist(), [keys[row] for row in kept], values[kept], partial(np.mean))
        learned = [items[row] for row in labels.items]
        found.append(Split(split, learned, labels.values, [items[row] for row in test], values[test]))
    return found


def within(split: Split, seed: int, most: int | None = None) -> Split:
    """A split of what a split teaches: a fifth of it asks, so many of the others teach, all where None."""
    order = np.random.default_rng(100 + seed).permutation(len(split.items)).tolist()
    judge = max(50, len(order) // 5)
    asked, told = order[:judge], order[judge:][:most]
    return Split(
        "within", [split.items[row] for row in told], split.values[told],
        [split.items[row] for row in asked], split.values[asked],
    )  # fmt: skip


def measured(name: str, teacher: Tuning, items: Sequence[Any], values: Floats, split: Split, seed: int) -> Any:
    """Train one network and ask it: error in the measure of the task, seconds, parameters, share of the encoder's."""
    began = time.perf_counter()
    rows = np.zeros((len(items), 1), dtype=np.float32)
    mind = teacher.learn(items, rows, values, seed).mind
    guess = mind(split.asked, np.zeros((len(split.asked), 1), dtype=np.float32)).values
    inside, head, whole = teacher.counts()
    return {
        "error": error_of(TASKS[name].metric, guess, split.truth), "seconds": round(time.perf_counter() - began, 1),
        "trained": inside, "head": head, "share": inside / whole, "rows": len(items),
    }  # fmt: skip


def error_of(metric: str, guess: Floats, truth: Floats) -> float:
    """Mean absolute or root mean square error; of classes the ROC-AUC of yes and no, which is the balanced accuracy."""
    if metric == "auc_hard":
        said, known = guess > 0.5, truth > 0.5
        return float((said[known].mean() + (~said[~known]).mean()) / 2)
    miss = np.abs(guess - truth)
    return float(miss.mean() if metric == "mae" else np.sqrt((miss**2).mean()))


class Kept:
    """Cells of a result by name, each written as it is done, so that a run that was stopped goes on."""

    def __init__(self, folder: Path, name: str, about: dict[str, Any]) -> None:
        self.folder, self.name, self.about = folder, name, about
        path = folder / "results" / f"{name}.json"
        found: dict[str, Any] = (
            json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {**about, "cells": {}}
        )
        if any(found[word] != told for word, told in about.items()):
            raise SystemExit(f"{path} is of another encoder or length: move it away")
        self.cells: dict[str, Any] = found["cells"]

    def __contains__(self, cell: str) -> bool:
        return cell in self.cells

    def add(self, cell: str, found: dict[str, Any]) -> None:
        self.cells[cell] = found
        print(cell, found, flush=True)
        save(self.folder, self.name, {**self.about, "circumstances": circumstances(), "cells": self.cells})
