"""Which way of learning pays on a table of one's own: every method on the same folds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sekkei.core.errors import UserError
from sekkei.predict.blend import Blending
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels, Task, Teacher, chosen
from sekkei.predict.networks import Tuning


@dataclass(frozen=True)
class Row:
    """One method.

    Attributes:
        method: its name.
        encoder: that was fine-tuned, None for trees alone.
        task: what kind of answer was wanted.
        error: mean absolute error on each fold [unit]; for a class the share of wrong answers.
        square: root mean square error on each fold [unit]; for a class the root of the Brier score.
        trained: parameters trained in the encoder and in the head, None for trees.
        share: of the encoder's parameters that are trained, the head not counted; None for trees.
        seconds: of training and answering, all folds.
    """

    method: str
    encoder: str | None
    task: Task
    error: tuple[float, ...]
    square: tuple[float, ...]
    trained: tuple[int, int] | None
    share: float | None
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """Means over the folds, their deviation, and the rest, as plain values."""
        error, square = ("share_wrong", "root_brier") if self.task == "class" else ("mae", "rmse")
        return {
            "method": self.method,
            "encoder": self.encoder,
            error: float(np.mean(self.error)),
            f"{error}_deviation": float(np.std(self.error)),
            square: float(np.mean(self.square)),
            f"{error}_by_fold": list(self.error),
            "trained_in_encoder": None if self.trained is None else self.trained[0],
            "trained_in_head": None if self.trained is None else self.trained[1],
            "share_of_encoder": self.share,
            "seconds": round(self.seconds, 2),
        }


def compare(
    domain: str,
    labels: Labels,
    teachers: Sequence[tuple[str, Teacher]],
    folds: int = 5,
    seed: int = 0,
    say: Callable[[str], None] = print,
) -> list[Row]:
    """Cross-validate several methods on the same folds of different structures.

    Args:
        domain: ``materials`` or ``molecules``.
        labels: one value per structure.
        teachers: the methods by name.
        folds: how many parts; each is judged by what was learned from the others.
        seed: of the folds and of the methods.
        say: called with a line per method and fold.

    Raises:
        UserError: fewer than two folds, or fewer structures than ten a fold.
    """
    if folds < 2 or len(labels.items) < 10 * folds:
        what = f"{folds} folds of {len(labels.items)} structures"
        raise UserError(what, "--folds", "give at least 2 folds and 10 structures for each")
    rows = describer(domain).features(labels.items)
    fold = np.random.default_rng(seed).permutation(len(labels.items)) % folds
    found = []
    for name, teacher in teachers:
        began, mae, rmse = time.perf_counter(), [], []
        for one in range(folds):
            test = fold == one
            mind = teacher.learn(chosen(labels.items, ~test), rows[~test], labels.values[~test], seed).mind
            guess = mind(chosen(labels.items, test), rows[test]).values
            miss = guess - labels.values[test]
            wrong = (guess > 0.5) != (labels.values[test] > 0.5)
            mae.append(float(wrong.mean() if teacher.task == "class" else np.abs(miss).mean()))
            rmse.append(float(np.sqrt((miss**2).mean())))
            say(f"{name}, fold {one + 1} of {folds}: {mae[-1]:.4g}")
        tuning = teacher.tuning if isinstance(teacher, Blending) else teacher
        encoder, trained, share = None, None, None
        if isinstance(tuning, Tuning):
            inside, head, whole = tuning.counts()
            encoder, trained, share = tuning.encoder.name, (inside, head), inside / whole
        seconds = time.perf_counter() - began
        found.append(Row(name, encoder, teacher.task, tuple(mae), tuple(rmse), trained, share, seconds))
    return found
