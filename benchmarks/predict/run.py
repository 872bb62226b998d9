"""How good the baseline is on published tasks; its settings were chosen on other rows.

    python benchmarks/predict/run.py expt_gap expt_is_metal steels glass
    python benchmarks/predict/run.py esol freesolv lipo
    python benchmarks/predict/run.py mp_gap mp_e_form qm9_gap
    python benchmarks/predict/run.py --overlap --page

Matbench tasks: the official five folds, the mean over folds; ``mp_gap`` on folds 0 and 1, ``mp_e_form`` on fold 0.
Training rows whose reduced formula stands in the test fold are left out, which the leaderboard does not do, and how
many there were is printed; only the table's own rows are trained on. MoleculeNet tasks: three random splits and the
scaffold split; ``qm9_gap``: one random split. Each result holds errors, and coverage and width of 90 % intervals
calibrated on a tenth of the training rows. Beside it lies what was said of every test row,
``results/TASK_predictions.csv.gz``, with Matbench's ids. ``--overlap`` counts again how many test rows stand in other
tables, in the results there are; it trains nothing. What blended.py measured stands on the same page.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from folds import Rows, k_fold, random_split, scaffold_split, stratified
from overlap import elsewhere

from sekkei.core.types import Problem
from sekkei.data.folder import find
from sekkei.materials.datasets import TABLES, read_compositions
from sekkei.predict.describe import Describer, describer
from sekkei.predict.fit import Teacher, calibrated, errors_of, merged
from sekkei.predict.forest import Settings
from sekkei.predict.materials_recipes import MATERIALS
from sekkei.predict.measures import auc
from sekkei.predict.molecules_recipes import EV, MOLECULES, qm9_table, read_table
from sekkei.predict.predictor import Answer, Brain
from sekkei.predict.reach import Reach
from sekkei.predict.trees import Recipe

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from page import write  # noqa: E402
from record import circumstances, save, saved  # noqa: E402

QM9_GAP = "HOMO_LUMO_gap_au"


@dataclass(frozen=True)
class Task:
    """A published task: its data, its recipe, and what others report as ``today``."""

    domain: str
    source: str
    recipe: Teacher
    metric: str
    goal: str
    today: str
    folds: int = 5
    low: float = -np.inf


SMALL = MATERIALS["band_gap_expt"].recipe
YES_NO = MATERIALS["is_metal"].recipe
LIPO = MOLECULES["lipophilicity"].recipe
GAP = MATERIALS["band_gap"].recipe
QUANTUM = Recipe("number", Settings(trees=1500, leaves=127, rate=0.07, least=8, columns=0.2, rows=0.6, ridge=2.0))
TASKS = {
    "expt_gap": Task("materials", "expt_gap", SMALL, "mae", "≤ 0.345 eV", "0.331, CrabNet 0.346", low=0.0),
    "expt_is_metal": Task("materials", "expt_is_metal", YES_NO, "auc_hard", "≥ 0.91", "0.921"),
    "steels": Task("materials", "steels", Recipe("number", SMALL.trees, folds=8), "mae", "≤ 95 MPa", "79.9"),
    "glass": Task("materials", "glass", YES_NO, "auc_hard", "≥ 0.90", "0.960, next 0.861"),
    "mp_gap": Task("materials", "mp_gap", GAP, "mae", "≤ 0.28 eV", "0.231, CrabNet 0.266", 2, 0.0),
    "mp_e_form": Task("materials", "mp_e_form", Recipe("number", GAP.trees), "mae", "≤ 0.10 eV/atom", "0.084", 1),
    "esol": Task("molecules", "delaney smiles logp", LIPO, "rmse", "≤ 0.58", "Chemprop 0.555"),
    "freesolv": Task("molecules", "freesolv smiles freesolv", LIPO, "rmse", "≤ 1.10", "Chemprop 1.075"),
    "lipo": Task("molecules", "lipo smiles lipo", LIPO, "rmse", "≤ 0.60", "Chemprop 0.555"),
    "qm9_gap": Task("molecules", "qm9", QUANTUM, "mae", "≤ 0.16 eV", "0.087 to 0.122", 1, 0.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", choices=[[], *TASKS])
    parser.add_argument("--overlap", action="store_true", help="count test rows that stand in other tables")
    parser.add_argument("--page", action="store_true", help="write RESULTS.md from the raw results")
    options = parser.parse_args()
    for name in options.tasks:
        run(name, TASKS[name], name)
    if options.overlap:
        for name in TASKS:
            for result in (one for one in saved(HERE) if one["task"] == name):
                file = f"{name}_{result['way']}" if "way" in result else name
                save(HERE, file, {**result, "overlap": overlap(name)})
    if options.page:
        write(HERE, __doc__ or "", TASKS)


def run(name: str, task: Task, file: str, **about: str) -> None:
    """Measure a task, and keep errors and what was said of every test row under a name."""
    start = time.monotonic()
    said: list[list[Any]] = []
    parts = list(measured(name, task, said))
    write_predictions(file, said)
    save(HERE, file, {"task": name, **about, "metric": task.metric, "circumstances": circumstances(), "parts": parts,
                      "overlap": overlap(name), "seconds": round(time.monotonic() - start)})  # fmt: skip


def overlap(name: str) -> dict[str, Any]:
    """How many of the rows that test a task stand in other tables."""
    task = TASKS[name]
    _, keys, _, splits = data_of(task, describer(task.domain))
    tested = sorted({int(row) for _, _, test in splits for row in test})
    return elsewhere(task.domain, task.source.split()[0], [keys[row] for row in tested])


def write_predictions(name: str, rows: Sequence[Sequence[Any]]) -> None:
    """What was said of every test row; the same answers give the same file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("split", "id", "object", "truth", "value", "low", "high"))
    writer.writerows(rows)
    (HERE / "results" / f"{name}_predictions.csv.gz").write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def ids_of(name: str, many: int) -> list[str]:
    """Matbench's names of the rows of a table, from 1; of other tasks the number of the row."""
    if TASKS[name].domain == "molecules":
        return [str(row) for row in range(many)]
    return [f"mb-{name.replace('_', '-')}-{row:0{len(str(many))}d}" for row in range(1, many + 1)]


def measured(name: str, task: Task, said: list[list[Any]]) -> Iterator[dict[str, Any]]:
    """Errors of every split of a task; what was said of each test row is added to ``said``."""
    words = describer(task.domain)
    items, keys, values, splits = data_of(task, words)
    rows = words.features(items)
    ids = ids_of(name, len(items))
    for split, train, test in splits:
        taken = {keys[row] for row in test}
        kept = np.array([row for row in train if keys[row] not in taken])
        found, answer = one_split(words, task, items, keys, values, rows, kept, test)
        for place, row in enumerate(test.tolist()):
            numbers = (values[row], answer.values[place], *answer.interval[place])
            said.append([split, ids[row], words.text(items[row]), *(f"{one:.6g}" for one in numbers)])
        part = {"split": split, "train": len(train), "test": len(test), "left_out": len(train) - len(kept), **found}
        print(part, flush=True)
        yield part


def data_of(task: Task, words: Describer) -> tuple[list[Any], list[str], Any, list[tuple[str, Rows, Rows]]]:
    if task.source == "qm9":
        frame = qm9_table([QM9_GAP])
        parsed = [words.parse(text) for text in frame["SMILES"]]
        kept = [row for row, item in enumerate(parsed) if not isinstance(item, Problem)]
        items, values = [parsed[row] for row in kept], frame[QM9_GAP].to_numpy(dtype=np.float64)[kept] * EV
        return items, [words.key(item) for item in items], values, [("random 0", *random_split(len(items), 0))]
    if task.domain == "molecules":
        file, smiles, column = task.source.split()
        items, numbers = read_table(f"molecules/moleculenet_{file}.csv.gz", smiles, [column])
        splits = [(f"random {seed}", *random_split(len(items), seed)) for seed in range(3)]
        return (
            items,
            [words.key(item) for item in items],
            numbers[column],
            [*splits, ("scaffold", *scaffold_split(items))],
        )
    known = TABLES[task.source]
    path = find(known.file)
    if path is None:
        raise SystemExit(f"{known.file} is in no folder of SEKKEI_DATA")
    found = read_compositions(known, path)
    values = next(iter(found.values.values()))
    cut = stratified(values) if task.recipe.task == "class" else k_fold(len(values))
    splits = [(f"fold {place}", train, test) for place, (train, test) in enumerate(cut)][: task.folds]
    return list(found.items), [item.formula for item in found.items], values, splits


def one_split(
    words: Describer,
    task: Task,
    items: Sequence[Any],
    keys: Sequence[str],
    values: Any,
    rows: Any,
    train: Rows,
    test: Rows,
) -> tuple[dict[str, float], Answer]:
    """Train on nine tenths of the training rows, calibrate on one, test; the tenth is one of formulas, not of rows."""
    labels = merged(list(train), [keys[row] for row in train], values[train], partial(np.mean))
    order = np.random.default_rng(0).permutation(len(labels.values))
    tenth = len(order) // 10
    calibrate, learned = order[:tenth], order[tenth:]
    place = np.array(labels.items)
    of = {name: [items[row] for row in part] for name, part in (("l", place[learned]), ("c", place[calibrate]))}
    taught = task.recipe.learn(of["l"], rows[place[learned]], labels.values[learned], seed=0)
    mind = taught.mind
    high = 1.0 if task.recipe.task == "class" else np.inf
    guess = mind(of["c"], rows[place[calibrate]])
    margin = calibrated(guess, labels.values[calibrate], task.recipe.task, task.low, high)
    answer = Brain(mind, margin, task.low, high)([items[row] for row in test], rows[test])
    present = [np.asarray(words.present([items[row] for row in part]), dtype=bool) for part in (place[learned], test)]
    short = rows[:, : words.compared]
    reach = Reach.fit(short[place[learned]], short[place[calibrate]], present[0], words.bounded)
    inside = np.array([not why for why in reach.outside(short[test], present[1], words.elements, words.names)])
    found = errors_of(answer, values[test], inside, task.recipe.task)
    if task.recipe.task == "class" and np.isfinite(taught.left_out).any():
        found |= at_best_cut(taught.left_out, labels.values[learned], answer.values, values[test])
    return found, answer


def at_best_cut(left_out: Any, taught: Any, said: Any, truth: Any) -> dict[str, float]:
    """Hard labels where the cut between the classes need not be one half, as where one of them is rare.

    The cut is the one at which the objects to learn from, each judged by what had not seen it, are told apart best.
    """
    cuts, judged = np.linspace(0.02, 0.98, 97), np.isfinite(left_out)
    cut = float(max(cuts, key=lambda one: auc((left_out[judged] > one).astype(float), taught[judged] > 0.5)))
    return {"cut": round(cut, 2), "auc_hard_at_cut": round(auc((said > cut).astype(float), truth > 0.5), 5)}


if __name__ == "__main__":
    main()
