"""What pre-training learned of the elements: a map of a MatBERT's element vectors, coloured by group.

    python -m benchmarks.transfer.elements --model DIR

DIR must be a MatBERT of ``sekkei pretrain materials --blank``: others are told group and row of every element. Shown
are elements that stand in at least a hundred formulas of ``mp_e_form``; the plane is that of the two largest principal
components. The number is the share of the five nearest neighbours (in all components) that are of the same group of the
periodic table (lanthanoids and actinoids are one group of their own), beside that of the same network untrained and of
chance.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.record import circumstances, line_of, save, saved, table, write_page
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.data.folder import find
from sekkei.materials.datasets import TABLES, read_compositions
from sekkei.materials.formula import SYMBOLS
from sekkei.materials.traits import traits
from sekkei.models.matbert import FIRST, MatBERT
from sekkei.predict.embed import encoder_of

HERE = Path(__file__).parent
TABLE, LEAST, NEIGHBOURS = "mp_e_form", 100, 5
PLOT = "elements.png"
Numbers = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="folder of a MatBERT that was told nothing of the elements")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    encoder = encoder_of("materials", options.model)
    if encoder.network.config.traits:
        raise UserError("is told group and row of the elements", options.model, "pre-train one with --blank")
    chosen = common_elements()
    group = groups()[chosen]
    torch.manual_seed(0)
    found = vectors(encoder.network, chosen)
    result = {
        "model": encoder.hash, "elements": [SYMBOLS[row] for row in chosen],
        "groups": group.tolist(), "map": np.round(plane(found), 4).tolist(),
        "trained": same_group(found, group),
        "untrained": same_group(vectors(MatBERT(encoder.network.config), chosen), group),
        "chance": chance(group), "circumstances": circumstances(),
    }  # fmt: skip
    save(options.out, "elements", result)
    page(options.out)


def common_elements() -> NDArray[np.int64]:
    """Rows of the elements that pre-training has often met."""
    path = find(TABLES[TABLE].file)
    if path is None:
        raise SystemExit(f"{TABLES[TABLE].file} is in no folder of SEKKEI_DATA")
    items = read_compositions(replace(TABLES[TABLE], measures={}), path).items
    met = Counter(symbol for item in items if not isinstance(item, Problem) for symbol in item.symbols)
    return np.array([row for row, symbol in enumerate(SYMBOLS) if met[symbol] >= LEAST])


def groups() -> NDArray[np.int64]:
    """Group of each element, 1 to 18; 19 for lanthanoids, 20 for actinoids."""
    found = np.argmax(traits(SYMBOLS)[:, :18], axis=1) + 1
    found[56:71], found[88:103] = 19, 20
    return found


def vectors(network: MatBERT, chosen: NDArray[np.int64]) -> Numbers:
    """The learned vectors of elements, each less the mean of all: (n, width)."""
    table_ = network.words.weight.detach().double().numpy()[FIRST + chosen]
    return np.asarray(table_ - table_.mean(axis=0))


def plane(found: Numbers) -> Numbers:
    """The two largest principal components, (n, 2)."""
    left, sizes, _ = np.linalg.svd(found, full_matrices=False)
    return np.asarray(left[:, :2] * sizes[:2])


def same_group(found: Numbers, group: NDArray[np.int64]) -> float:
    """Share of the nearest neighbours that are of the same group, mean over elements whose group has another one."""
    apart = np.linalg.norm(found[:, None] - found[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1)[:, :NEIGHBOURS]
    return float((group[near] == group[:, None])[accompanied(group)].mean())


def chance(group: NDArray[np.int64]) -> float:
    """The same of neighbours drawn at random."""
    others = (group[:, None] == group[None]).sum(axis=1) - 1
    return float((others / (len(group) - 1))[accompanied(group)].mean())


def accompanied(group: NDArray[np.int64]) -> NDArray[np.bool_]:
    return (group[:, None] == group[None]).sum(axis=1) > 1


def page(folder: Path) -> None:
    """Markdown and the map, from the raw result alone."""
    result = next(one for one in saved(folder) if "elements" in one)
    draw(result, folder / PLOT)
    rows = [[name, f"{100 * result[name]:.1f} %"] for name in ("trained", "untrained", "chance")]
    heading = ("element vectors", f"of the {NEIGHBOURS} nearest neighbours in the same group")
    parts = [__doc__ or "", table(heading, rows), f"![map of the elements]({PLOT})",
             f"Encoder {result['model']}. {line_of(result)}"]  # fmt: skip
    write_page(folder, "What pre-training learned of the elements", parts, "ELEMENTS.md")


def draw(result: dict[str, Any], path: Path) -> None:
    figure = Figure(figsize=(9, 7), layout="constrained")
    axes = figure.subplots()
    x, y = np.array(result["map"]).T
    dots = axes.scatter(x, y, c=result["groups"], cmap="tab20", vmin=0.5, vmax=20.5, s=260)
    for symbol, across, up in zip(result["elements"], x, y, strict=True):
        axes.annotate(symbol, (across, up), ha="center", va="center", fontsize=8)
    bar = figure.colorbar(dots, ax=axes, ticks=range(1, 21), label="group")
    bar.ax.set_yticklabels([*map(str, range(1, 19)), "Ln", "An"])
    axes.set_xlabel("first principal component")
    axes.set_ylabel("second")
    figure.savefig(path, dpi=150)
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
