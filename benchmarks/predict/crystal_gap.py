"""A band gap from the structure: trees on CHGNet's crystal features, beside the composition alone, on MP-20 val.

python -m benchmarks.predict.crystal_gap --out build/band_gap_structures              # all of MP-20 train
python -m benchmarks.predict.crystal_gap --train 400 --val 200 --out build/trial      # a trial

Both learn from the same crystals of MP-20 train. Judged are crystals of MP-20 val whose formula is not among them. A
composition cannot tell polymorphs apart, so of one formula each keeps its own label. Beside them: the recipe of the
shipped predictor on every table's labels but those of the judged formulas, which are several times as many. A single
point takes 0.03 to 0.3 s.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from benchmarks.record import circumstances, line_of, number, save, saved, table, write_page

from sekkei.core.types import Column, Floats, Measure
from sekkei.data.compositions import TARGETS, known_compositions
from sekkei.data.folder import find
from sekkei.materials.crystal import Crystal
from sekkei.materials.structure_files import read_crystals
from sekkei.predict.card import predictor_card
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels, fit
from sekkei.predict.forest import Settings
from sekkei.predict.judge import judges_of
from sekkei.predict.keep import load_predictor, save_predictor
from sekkei.predict.predictor import Predictor
from sekkei.predict.trees import Recipe

FILE = "crystals/mp20_structures.parquet"
GAP = Measure("band_gap", "eV", "band gap (PBE)", 0.3, low=0.0, source="MP-20 (Materials Project, CC BY 4.0), PBE")
HERE = Path(__file__).parent / "crystal_gap"
_FIGURES = ("mae", "mae of non-metals", "coverage")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=int, default=10**9, help="crystals to learn from, drawn at random")
    parser.add_argument("--val", type=int, default=10**9, help="crystals to be judged on")
    parser.add_argument("--trees", type=int, default=600)
    parser.add_argument("--out", type=Path, required=True, help="folder for the predictor")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    known, judged = labelled("train", asked.train), labelled("val", asked.val)
    formulas = {item.composition.formula for item, _ in known}
    judged = [(item, gap) for item, gap in judged if item.composition.formula not in formulas]
    started = time.perf_counter()
    structures = learned("structures", known, asked.trees)
    save_predictor(asked.out, structures)
    compositions = learned("materials", known, asked.trees)
    wide = of_tables({item.composition.formula for item, _ in judged})
    truth = np.array([gap for _, gap in judged])
    items, apart = [item for item, _ in judged], [item.composition for item, _ in judged]
    columns = {
        "structure": load_predictor(asked.out).predict(items)[0],
        "composition": compositions.predict(apart)[0],
        "composition, all tables": wide.predict(apart)[0],
    }
    found = {name: errors(column, truth) for name, column in columns.items()}
    both = (columns["structure"].values + columns["composition, all tables"].values) / 2
    found["mean of structure and all tables"] = errors(Column(GAP, both), truth)
    found["median of the training set"] = {"mae": float(np.abs(truth - np.median([gap for _, gap in known])).mean())}
    sizes = {"train": len(known), "val": len(judged), "seconds": time.perf_counter() - started}
    save(HERE, f"crystal_gap-{len(known)}", {"circumstances": circumstances(), **sizes, "errors": found})
    write(HERE)


def write(folder: Path) -> None:
    """Write RESULTS.md of everything that was measured."""
    parts = [__doc__ or ""]
    for result in saved(folder):
        rows = [[name, *(number(one[key]) if key in one else "–" for key in _FIGURES)]
                for name, one in result["errors"].items()]  # fmt: skip
        about = f"{result['train']:,} crystals of MP-20 train, {result['val']:,} of MP-20 val; errors in eV."
        parts += [about, table(["band gap from", *_FIGURES], rows), line_of(result)]
    write_page(folder, "A band gap from the structure", parts)


def labelled(split: str, most: int) -> list[tuple[Crystal, float]]:
    """Crystals of a split with their band gap [eV], at most so many, drawn with one seed."""
    path = find(FILE)
    if path is None:
        raise SystemExit(f"{FILE} is in no folder of SEKKEI_DATA")
    table = pq.read_table(path, columns=["split", "band_gap"]).to_pydict()
    rows = zip(read_crystals(path), table["split"], table["band_gap"], strict=True)
    found = [
        (line.item, float(gap))
        for line, part, gap in rows
        if part == split and line.item is not None and gap is not None and not np.isnan(gap)
    ]
    return [found[row] for row in np.random.default_rng(0).permutation(len(found))[:most]]


def learned(domain: str, known: list[tuple[Crystal, float]], trees: int) -> Predictor:
    """A predictor of these crystals, or of their compositions; all of one formula are on one side of every split."""
    items = [item if domain == "structures" else item.composition for item, _ in known]
    keys = [item.composition.formula for item, _ in known]
    settings = Settings(trees=trees)
    recipe = Recipe("gated", settings, Settings("binary", trees=trees // 3))
    record = {
        "title": f"from {domain}", "sources": [GAP.source], "how": "Polymorphs keep their own labels.",
        "limits": "It knows ordered crystals of up to 20 atoms.", "task": recipe.task,
        "recipe": f"LightGBM, {recipe.folds} boosters of {trees} trees",
    }  # fmt: skip
    made = fit(describer(domain), GAP, Labels(items, keys, np.array([gap for _, gap in known])), recipe, record=record)
    return Predictor(
        made.describer, made.measure, made.brain, made.reach, made.training, made.version, predictor_card(made)
    )


def of_tables(left_out: set[str]) -> Predictor:
    """A predictor by the recipe of the shipped one, from every table's labels but those of these formulas."""
    known = known_compositions()
    told = np.array([item.formula not in left_out for item in known.items])
    only = [np.where(told, column, np.nan) if name == GAP.name else np.full(len(told), np.nan)
            for name, column in zip(TARGETS, known.values.T, strict=True)]  # fmt: skip
    return judges_of(replace(known, values=np.stack(only, axis=1).astype(np.float32)))[GAP.name]


def errors(column: Column, truth: Floats) -> dict[str, float]:
    """Mean absolute error [eV], of all and of those with a gap, and the coverage of the 90 % intervals."""
    known = np.isfinite(column.values)
    off = np.abs(column.values - truth)
    wide = known & (truth > 0)
    out = {"answered": int(known.sum()), "mae": float(off[known].mean()), "mae of non-metals": float(off[wide].mean())}
    if column.interval is not None:
        within = (column.interval[:, 0] <= truth) & (truth <= column.interval[:, 1])
        out["coverage"] = float(within[known].mean())
    return out


if __name__ == "__main__":
    main()
