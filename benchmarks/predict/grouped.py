"""Coverage and width of 90 % intervals on random splits and on splits by chemistry.

    python benchmarks/predict/grouped.py expt_gap expt_is_metal steels glass esol freesolv lipo
    python benchmarks/predict/grouped.py expt_gap --method lora --model DIR
    python benchmarks/predict/grouped.py --page

A fifth of the rows tests. Random: any rows. By chemistry: whole chemical systems, or all molecules of a Bemis-Murcko
scaffold, so that what is asked is unlike what was learned; intervals are calibrated on a random tenth of the training
rows in both, as a user's own would be. Three seeds. With ``--method`` an encoder is fine-tuned instead of trees.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from folds import Rows
from numpy.typing import NDArray
from rdkit.Chem.Scaffolds import MurckoScaffold
from run import TASKS, Task, data_of, one_split

from sekkei.models.adapters import METHODS
from sekkei.molecules.lean import ringed
from sekkei.predict.describe import describer
from sekkei.predict.embed import encoder_of
from sekkei.predict.networks import Tuning, default_pace

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from record import circumstances, number, save, saved, table, write_page  # noqa: E402

OUT = HERE / "grouped"
SHARE, SEEDS = 0.2, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", choices=[[], *TASKS])
    parser.add_argument("--method", choices=("trees", *METHODS), default="trees")
    parser.add_argument("--model", help="encoder; the shipped one of the domain where absent")
    parser.add_argument("--epochs", type=int, help="passes over the table, the usual number where absent")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--page", action="store_true", help="write RESULTS.md from the raw results")
    options = parser.parse_args()
    for name in options.tasks:
        task, about = taught(TASKS[name], options)
        parts = list(measured(task, options.seeds))
        save(options.out, f"{name}_{options.method}", {"task": name, "method": options.method, **about,
             "circumstances": circumstances(), "parts": parts})  # fmt: skip
    if options.page:
        page(options.out)


def taught(task: Task, options: argparse.Namespace) -> tuple[Task, dict[str, str]]:
    """The task with its trees, or with an encoder in their place."""
    if options.method == "trees":
        return task, {}
    encoder = encoder_of(task.domain, options.model)
    pace = default_pace(options.method, encoder)
    if options.epochs:
        pace = replace(pace, epochs=options.epochs, least=1)
    teacher: Any = Tuning(encoder, options.method, task.recipe.task, pace=pace)
    return replace(task, recipe=teacher), {"encoder": encoder.hash}


def measured(task: Task, seeds: int) -> Iterator[dict[str, Any]]:
    """Errors and intervals of every split."""
    words = describer(task.domain)
    items, keys, values, _ = data_of(task, words)
    rows = words.features(items)
    for seed in range(seeds):
        for kind, asked in (("random", at_random(keys, seed)), ("chemistry", by_chemistry(task.domain, items, seed))):
            train, test = split(asked)
            found, _ = one_split(words, task, items, keys, values, rows, train, test)
            part = {"split": kind, "seed": seed, "train": len(train), "test": len(test), **found}
            print(part, flush=True)
            yield part


def split(asked: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    return np.flatnonzero(~asked), np.flatnonzero(asked)


def at_random(keys: list[str], seed: int) -> NDArray[np.bool_]:
    """A random fifth of the identities: none is on both sides."""
    return some_of(keys, seed)


def by_chemistry(domain: str, items: list[Any], seed: int) -> NDArray[np.bool_]:
    """Whole chemical systems, or all molecules of a scaffold."""
    if domain == "materials":
        return some_of([item.system for item in items], seed)
    return some_of([MurckoScaffold.MurckoScaffoldSmiles(mol=ringed(mol)) for mol in items], seed)


def some_of(names: list[str], seed: int) -> NDArray[np.bool_]:
    """Rows whose names come up first at random, a fifth of all at most; no name is on both sides."""
    rows, left = Counter(names), SHARE * len(names)
    chosen: set[str] = set()
    for name in np.random.default_rng(seed).permutation(sorted(rows)).tolist():
        if rows[name] <= left:
            chosen.add(name)
            left -= rows[name]
    return np.array([name in chosen for name in names])


def page(folder: Path) -> None:
    """RESULTS.md from the raw results."""
    lines, results = [], saved(folder)
    for result in results:
        metric = TASKS[result["task"]].metric
        for kind in ("random", "chemistry"):
            # two seeds may keep the same rows aside
            parts = list({(part[metric], part.get("width", 0)): part
                          for part in result["parts"] if part["split"] == kind}.values())  # fmt: skip
            words = [name for name in (metric, "coverage", "width", "inside", "coverage_inside") if name in parts[0]]
            said = {word: [part[word] for part in parts if word in part] for word in words}
            cells = [f"{number(float(np.mean(v)), 3)} ± {number(float(np.std(v)), 2)}" for v in said.values()]
            cells = [dict(zip(words, cells, strict=True)).get(word, "–") for word in
                     (metric, "coverage", "width", "inside", "coverage_inside")]  # fmt: skip
            lines.append([result["task"], result["method"], f"{kind} ({len(parts)})", metric, *cells])
    heading = ("task", "learned by", "split", "measure", "error", "coverage", "width", "in domain", "coverage there")
    where = "; ".join(sorted({f"{r['circumstances']['date'][:10]}, {r['circumstances']['machine']}" for r in results}))
    about = f"Mean and standard deviation over the seeds. `width`: mean width of the intervals. Measured {where}."
    write_page(folder, "Intervals on random splits and on splits by chemistry", [__doc__ or "", table(heading, lines),
               about])  # fmt: skip


if __name__ == "__main__":
    main()
