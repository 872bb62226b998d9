"""Compositions under targets, and known ones found again, by a twin of the shipped model that lacks what judges it.

The twin never sees a tenth of the chemical systems, and of the other compositions it has the labels of one half only.
The judges, of the shipped predictors' recipe, learn the labels of the other half, so no formula teaches both.

python -m benchmarks.compositions.twins prepare --data build/twin.csv
sekkei train materials --level composition --data build/twin.csv --out build/twin
python -m benchmarks.compositions.twins run --model build/twin
python -m benchmarks.compositions.twins recover --model build/twin
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.record import circumstances, line_of, save, table
from numpy.typing import NDArray

from sekkei.core.types import Floats, Problem
from sekkei.data.compositions import TARGETS, KnownCompositions, by_system, known_compositions
from sekkei.data.parents import parents
from sekkei.generate.materials import AIMED, MaterialModel, load
from sekkei.generate.sample import Sampling
from sekkei.generate.substitute import Substitution
from sekkei.materials.constraints import Constraints
from sekkei.materials.formula import Composition, parse_formula
from sekkei.predict.judge import Judge, judge_by, judges_of

HERE = Path(__file__).parent
HELD_OUT, HALVES = 5, 6
"""Seeds of the systems left out and of the halves."""

ROWS: dict[str, tuple[float, float, float]] = {
    "band gap 2.5 alone": (2.5, np.nan, np.nan),
    "band gap 3 alone": (3.0, np.nan, np.nan),
    "2.0, -0.5, 0.0": (2.0, -0.5, 0.0),
    "2.5, -0.8, 0.0": (2.5, -0.8, 0.0),
    "2.5, -1.0, 0.0": (2.5, -1.0, 0.0),
    "3.5, -1.0, 2.0": (3.5, -1.0, 2.0),
}
"""Targets: band gap [eV], formation energy [eV/atom], moment [mu_B/atom]; free where NaN."""

WIDE, MAGNETIC = (0.5, 0.3), 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["prepare", "run", "recover"])
    parser.add_argument("--data", type=Path, default=Path("build/twin.csv"))
    parser.add_argument("--model", default="build/twin")
    parser.add_argument("-n", type=int, default=10_000, help="raw samples per row and seed")
    parser.add_argument(
        "--recover", type=int, default=1_000_000, help="samples for the recovery of held-out compositions"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--temperature", type=float, default=AIMED.temperature)
    parser.add_argument("--guidance", type=float, default=AIMED.guidance)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    known = known_compositions()
    left_out = by_system(known.items, 0.1, HELD_OUT)
    first = np.random.default_rng(HALVES).random(len(known.items)) < 0.5
    if asked.step == "prepare":
        prepare(known, left_out, first, asked.data)
    elif asked.step == "recover":
        recover(known, left_out, asked)
    else:
        run(known, left_out, first, asked)


def prepare(known: KnownCompositions, left_out: NDArray[np.bool_], first: NDArray[np.bool_], path: Path) -> None:
    """Write the twin's training data: no composition left out, labels of the first half only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    taught = half_of(known, first)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["formula", *TARGETS])
        for row in np.flatnonzero(~left_out):
            labels = taught.values[row]
            rows.writerow([known.items[row].formula, *("" if np.isnan(x) else f"{x:.6g}" for x in labels)])


def half_of(known: KnownCompositions, half: NDArray[np.bool_]) -> KnownCompositions:
    """All compositions, with the labels of one half only."""
    return replace(known, values=np.where(half[:, None], known.values, np.float32(np.nan)))


def run(known: KnownCompositions, left_out: NDArray[np.bool_], first: NDArray[np.bool_], asked: Any) -> None:
    model = load(asked.model)
    predictors = judges_of(half_of(known, ~first))
    judge = judge_by(predictors)
    settings = Sampling(temperature=asked.temperature, guidance=asked.guidance)
    taught = [known.items[row] for row in np.flatnonzero(~left_out & first)]
    everything = {item.formula for item in known.items}
    substitution = Substitution(parents(), Constraints(profile="none"))
    result: dict[str, Any] = {
        "n": asked.n, "seeds": asked.seeds, "temperature": asked.temperature, "guidance": asked.guidance,
        "judges": {name: dict(one.training["held_out"]) for name, one in predictors.items()}, "rows": {},
    }  # fmt: skip
    for name, wanted in ROWS.items():
        near = inside(known.values[np.isfinite(known.values[:, np.isfinite(wanted)]).all(axis=1)], wanted)
        ways: dict[str, Callable[[int], Iterable[str]]] = {
            "twin": lambda seed, w=wanted: drawn(model, w, asked.n, seed, settings),
            "twin without targets": lambda seed: drawn(model, (np.nan,) * 3, asked.n, seed, Sampling()),
            "ion substitution": lambda seed, w=wanted: substituted(substitution, w, asked.n, seed),
            "training compositions": lambda seed: resampled(taught, asked.n, seed),
        }
        figures = {
            way: [shares(draw(seed), wanted, judge, everything) for seed in asked.seeds] for way, draw in ways.items()
        }
        result["rows"][name] = {"known within": int(near.sum()), "ways": figures}
        print(
            name,
            {way: round(float(np.mean([one["inside"] for one in runs])), 3) for way, runs in figures.items()},
            flush=True,
        )
    label = f"twin-guidance{asked.guidance:g}-temperature{asked.temperature:g}"
    save(HERE / "twins", label, {"circumstances": circumstances(model), **result})
    (HERE / "twins" / f"{label}.md").write_text(
        page(result | {"circumstances": circumstances(model)}), encoding="utf-8"
    )


def recover(known: KnownCompositions, left_out: NDArray[np.bool_], asked: Any) -> None:
    """How many compositions of the systems that the twin never saw it writes."""
    model = load(asked.model)
    found = recovery(model, [known.items[row].formula for row in np.flatnonzero(left_out)], asked.recover)
    about = circumstances(model)
    save(HERE / "twins", "recovery", {"circumstances": about, "seeds": [0], **found})
    words = (
        f"Recovered {found['recovered']:.1%} of {found['held_out']:,} compositions of unseen systems in "
        f"{found['samples']:,} samples."
    )
    page = "\n\n".join(["# Known compositions found again", words, line_of({"circumstances": about, "seeds": [0]})])
    (HERE / "twins" / "recovery.md").write_text(page + "\n", encoding="utf-8")


def drawn(model: MaterialModel, wanted: Iterable[float], n: int, seed: int, settings: Sampling) -> list[str]:
    return [draw.text for draw in model.draw(np.tile(np.array(list(wanted)), (n, 1)), seed, settings=settings)]


def substituted(source: Substitution, wanted: tuple[float, float, float], n: int, seed: int) -> list[str]:
    return [draw.text for draw in source.draw(np.tile(np.array(wanted[:2]), (n, 1)), seed)]


def resampled(taught: list[Composition], n: int, seed: int) -> list[str]:
    return [taught[row].formula for row in np.random.default_rng(seed).integers(len(taught), size=n)]


def inside(values: Floats, wanted: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Which rows (n, 3) lie in the windows of the targets that are given."""
    gap, energy, moment = (np.array(column) for column in values.T)
    fits = np.ones(len(values), dtype=bool)
    if np.isfinite(wanted[0]):
        fits &= np.abs(gap - wanted[0]) <= WIDE[0]
    if np.isfinite(wanted[1]):
        fits &= np.abs(energy - wanted[1]) <= WIDE[1]
    if np.isfinite(wanted[2]):
        fits &= (moment >= MAGNETIC) == (wanted[2] >= MAGNETIC)
    return fits


def shares(texts: Iterable[str], wanted: tuple[float, float, float], judge: Judge, known: set[str]) -> dict[str, float]:
    """Of raw samples: unique, novel of those, and inside the windows of the novel ones (of all where none is)."""
    texts = list(texts)
    items = {item.formula: item for item in map(parse_formula, texts) if not isinstance(item, Problem)}
    novel = [item for formula, item in items.items() if formula not in known]
    judged = novel or list(items.values())
    return {
        "unique": len(items) / max(len(texts), 1),
        "novel": len(novel) / max(len(items), 1),
        "inside": float(inside(judge(judged), wanted).mean()),
    }


def recovery(
    model: MaterialModel, held_out: list[str], n: int, settings: Sampling | None = None, chunk: int = 50_000
) -> dict[str, float]:
    """Share of compositions of unseen chemical systems among n samples without targets or rules."""
    wanted, found = set(held_out), set[str]()
    free = np.full((chunk, len(model.properties)), np.nan)
    for start in range(0, n, chunk):
        draws = model.draw(free, 0, start, settings or Sampling(), Constraints(profile="none"))
        items = [parse_formula(draw.text) for draw in draws]
        found |= wanted & {item.formula for item in items if not isinstance(item, Problem)}
    return {"samples": n, "held_out": len(wanted), "recovered": len(found) / max(len(wanted), 1)}


def page(result: dict[str, Any]) -> str:
    rows = [
        [name, str(row["known within"])]
        + [f"{np.mean([one['inside'] for one in runs]):.3f}" for runs in row["ways"].values()]
        + [f"{np.mean([one[figure] for one in row['ways']['twin']]):.3f}" for figure in ("unique", "novel")]
        for name, row in result["rows"].items()
    ]
    about = (
        f"{result['n']:,} raw samples per row and seed, judged by predictors that share no labelled formula with the "
        "twin: share of unique novel samples inside the windows (training compositions are not novel). "
        f"Temperature {result['temperature']:g}, guidance {result['guidance']:g} under targets."
    )
    headings = ["target", "known within", "twin", "twin, no targets", "ion substitution", "training compositions",
                "twin: unique", "novel of these"]  # fmt: skip
    return "\n\n".join(["# Compositions under targets", about, table(headings, rows), line_of(result)]) + "\n"


if __name__ == "__main__":
    main()
