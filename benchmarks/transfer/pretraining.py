"""What pre-training is worth: none, masked, contrastive or both, by each way of fine-tuning and number of labels.

    python -m benchmarks.transfer.pretraining --masked DIR --contrastive DIR --both DIR [expt_gap ...]
    python -m benchmarks.transfer.pretraining --page

``none`` is an untrained encoder of the same shape, which adapters and LoRA leave as random as it is but for their part.
Three seeds, each on its official fold; the fewer rows are among the more, the same for all ways. DIR are folders of
``sekkei pretrain materials --task ...`` of equal length. Every cell is kept as it is done: a run that was stopped goes
on, and a folder that is not given is left out.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.record import line_of, number, saved, table, write_page
from benchmarks.transfer.cells import TASKS, Kept, Split, measured, splits_of
from matplotlib.figure import Figure

from sekkei.data.encoders import Encoder, element_traits
from sekkei.models.adapters import METHODS
from sekkei.models.matbert import MatBERT
from sekkei.predict.embed import encoder_of
from sekkei.predict.networks import Tuning, default_pace

HERE = Path(__file__).parent
KINDS = ("none", "masked", "contrastive", "both")
DATA = ("expt_gap", "expt_is_metal", "steels")
UNITS = {"expt_gap": "MAE [eV]", "expt_is_metal": "ROC-AUC of yes and no", "steels": "MAE [MPa]"}
SIZES = (50, 200, 1000, None)
LEAST, MOST = 300, 1000
"""Steps of one network, fewer than usual so that all cells take two hours on one core."""

PLOT = "pretraining.png"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", choices=[[], *DATA])
    for kind in KINDS[1:]:
        parser.add_argument(f"--{kind}", help="folder of this encoder")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of labels, 0 for all")
    parser.add_argument("--most", type=int, default=MOST, help="most steps of one network")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--page", action="store_true", help="write PRETRAINING.md and its plot from the raw results")
    options = parser.parse_args()
    encoders = encoders_of({kind: getattr(options, kind) for kind in KINDS[1:]})
    for name in (options.tasks or DATA) if encoders else ():
        run(name, encoders, options)
    if options.page:
        page(options.out)


def encoders_of(folders: dict[str, str | None]) -> dict[str, Encoder]:
    """The encoders that were named, and an untrained one of the shape of the first."""
    found = {kind: encoder_of("materials", folder) for kind, folder in folders.items() if folder}
    if not found:
        return {}
    config = next(iter(found.values())).network.config
    torch.manual_seed(0)
    blank = MatBERT(config, torch.from_numpy(element_traits()) if config.traits else None).eval()
    return {"none": Encoder("untrained", "materials", blank, "untrained", ""), **found}


def run(name: str, encoders: dict[str, Encoder], options: argparse.Namespace) -> None:
    hashes = {kind: encoder.hash for kind, encoder in encoders.items()}
    about = {"task": name, "metric": TASKS[name].metric, "encoders": hashes, "most": options.most}
    kept, splits = Kept(options.out, f"pretraining_{name}", about), splits_of(name)
    sizes = [size or None for size in options.sizes] if options.sizes else SIZES
    for seed, size in product(range(options.seeds), sizes):
        split = splits[seed]
        if size is None or size < len(split.items):
            for (kind, encoder), method in product(encoders.items(), METHODS):
                cell = f"{kind}, {method}, {size or 'all'}, seed {seed}"
                if cell not in kept:
                    kept.add(cell, one(name, encoder, method, split, size, seed, options.most))


def one(name: str, encoder: Encoder, method: Any, split: Split, size: int | None, seed: int, most: int) -> Any:
    items, values = split.part(size, seed)
    usual = default_pace(method, encoder)
    pace = replace(usual, most=most, least=min(LEAST, most))
    return measured(name, Tuning(encoder, method, TASKS[name].recipe.task, pace=pace), items, values, split, seed)


def page(folder: Path) -> None:
    """Markdown and the plot, from the raw results alone."""
    results = [result for result in saved(folder) if "encoders" in result]
    groups = {result["task"]: grouped(result) for result in results}
    sizes = sorted({size for group in groups.values() for _, _, size in group}, key=place)
    rows = []
    for result in results:
        group = groups[result["task"]]
        for kind, method in product(KINDS, METHODS):
            cells = [group.get((kind, method, size), []) for size in sizes]
            if any(cells):
                rows.append(
                    [result["task"], UNITS[result["task"]], kind, method, *(spread(errors) for errors in cells)]
                )
    draw(groups, folder / PLOT)
    about = (
        "Mean and standard deviation over the seeds; of the ROC-AUC more is better, of errors less. Of steels "
        "there are 249 rows to learn from, so 1,000 can not be given. No network learned in more than 1,000 steps, "
        "fewer than `sekkei finetune` takes."
    )
    lines = [f"`{result['task']}`: {line_of(result)}" for result in results]
    write_page(folder, "What pre-training is worth", [__doc__ or "", table(("task", "measure", "pre-trained", "way",
               *sizes), rows), about, f"![errors by number of labels]({PLOT})", *lines], "PRETRAINING.md")  # fmt: skip


def grouped(result: dict[str, Any]) -> dict[tuple[str, str, str], list[float]]:
    """Errors of the seeds by pre-training, way and number of labels."""
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for cell, said in result["cells"].items():
        kind, method, size, _ = cell.split(", ")
        found[kind, method, size].append(said["error"])
    return found


def place(size: str) -> float:
    return float("inf") if size == "all" else float(size)


def spread(errors: list[float]) -> str:
    if len(errors) == 1:
        return f"{number(errors[0])} (one seed)"
    return f"{number(float(np.mean(errors)))} ± {number(float(np.std(errors)), 2)}" if errors else "–"


def draw(groups: dict[str, dict[tuple[str, str, str], list[float]]], path: Path) -> None:
    """A row of pictures for each task, one for each way; bars are standard deviations over the seeds."""
    figure = Figure(figsize=(11, 3 * len(groups)), layout="constrained")
    axes = figure.subplots(len(groups), len(METHODS), squeeze=False, sharey="row")
    for (name, group), row in zip(groups.items(), axes, strict=True):
        sizes = sorted({size for _, _, size in group}, key=place)
        for method, plot in zip(METHODS, row, strict=True):
            for shift, kind in enumerate(one for one in KINDS if any(key[0] == one for key in group)):
                known = [(at, group[kind, method, size]) for at, size in enumerate(sizes) if group[kind, method, size]]
                x = [at + 0.06 * (shift - 1.5) for at, _ in known]
                means, bars = ([float(how(errors)) for _, errors in known] for how in (np.mean, np.std))
                plot.errorbar(x, means, yerr=bars, marker="o", markersize=4, capsize=3, label=kind)
            plot.set_xticks(range(len(sizes)), sizes)
            plot.set_title(f"{name}, {method}")
            plot.set_xlabel("labels")
        row[0].set_ylabel(UNITS[name])
    axes[0][0].legend(title="pre-trained")
    figure.savefig(path, dpi=150)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
