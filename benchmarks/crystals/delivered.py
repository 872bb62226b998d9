"""Delivered band gap: whole designs, judged by a predictor that shares no formula with generator, funnel or itself.

The generator has the labels of its training crystals. The other labelled formulas are halved: the funnel's predictor
learns one half and the training crystals, the judge learns the other half, so that no formula teaches both.

python -m benchmarks.crystals.delivered --model crystalgpt --work build/delivered
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.compositions.twins import half_of
from benchmarks.crystals.sources import split
from benchmarks.record import circumstances, save
from numpy.typing import NDArray

from sekkei.campaign import crystals
from sekkei.campaign.run import design
from sekkei.campaign.spec import campaign
from sekkei.core.types import Floats
from sekkei.data.compositions import KnownCompositions, known_compositions
from sekkei.generate.crystals import load
from sekkei.metrics.figures import share
from sekkei.metrics.parallel import processes
from sekkei.predict.crystals import OfComposition
from sekkei.predict.judge import judge_by, judges_of

HERE = Path(__file__).parent / "delivered"
GAP, WIDE = "band_gap", 0.5
WANTED = (2.0, 3.0)
HALVES = 6
"""Seed of the halves."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="crystalgpt")
    parser.add_argument("--work", type=Path, default=Path("build/delivered"), help="keeps the campaigns")
    parser.add_argument("-n", type=int, default=100, help="candidates to list")
    parser.add_argument("--relax", type=int, default=150, help="relaxations allowed")
    parser.add_argument("--pool", type=int, default=3000, help="attempts that are screened")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    known = known_compositions()
    of_judge = halves(known)
    with_gap = replace(known, values=known.values * np.array([1.0, np.nan, np.nan], dtype=np.float32))
    judge, funnel = judges_of(half_of(with_gap, of_judge)), judges_of(half_of(with_gap, ~of_judge))
    # the shipped predictor has learned the judge's half, so another of the same recipe stands in its place
    ours = {**crystals.evaluators(), GAP: OfComposition(replace(funnel[GAP], version="half"))}
    crystals.evaluators = lambda: ours  # type: ignore[assignment]
    told = judge_by(judge)
    found = {f"{wanted:g}": delivered(wanted, asked, lambda items: told(items)[:, 0]) for wanted in WANTED}
    errors = {"judge": judge[GAP].training["held_out"], "funnel": funnel[GAP].training["held_out"]}
    model = load(asked.model)
    save(HERE, model.name, {
        "circumstances": circumstances(model), "n": asked.n, "pool": asked.pool,
        "relaxations": asked.relax, "seeds": [asked.seed], "predictors": errors, "targets": found,
    })  # fmt: skip


def halves(known: KnownCompositions) -> NDArray[np.bool_]:
    """Which formulas teach the judge: half of those that are in no training split."""
    taught = {item.composition.formula for item in split("train")}
    free = np.array([item.formula not in taught for item in known.items])
    return free & (np.random.default_rng(HALVES).random(len(free)) < 0.5)


def delivered(wanted: float, asked: argparse.Namespace, judge: Any) -> dict[str, Any]:
    """A design for one gap, and how many of its list the judge sees within half an electronvolt."""
    spec = campaign({
        "domain": "materials", "level": "crystal", "model": asked.model, "n": asked.n, "seed": asked.seed,
        "targets": [f"{GAP}={wanted:g}±0.3"],
        "limits": {"novel": True},
        "budget": {"relax": asked.relax, "max_generated": asked.pool, "probe": 0},
    })  # fmt: skip
    with processes(asked.workers) as pool:
        outcome = design(spec, asked.work / f"gap{wanted:g}", resume=True, workers=pool)
    listed = [one.candidate.item.composition for one in outcome.ranked]
    gaps: Floats = judge(listed)
    inside = int((np.abs(gaps - wanted) <= WIDE).sum())
    figure = share("inside", inside, len(listed))
    print(f"gap {wanted:g}: {inside} of {len(listed)} within {WIDE:g} eV", flush=True)
    return {
        "listed": len(listed),
        "inside": inside,
        "share": figure.value,
        "interval": [figure.interval.low, figure.interval.high],
        "judged": [round(float(gap), 3) for gap in gaps],
        "formulas": [item.formula for item in listed],
    }


if __name__ == "__main__":
    main()
