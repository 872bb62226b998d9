"""How PBE gaps are learned best: finer trees, and an answer behind a hard gate or the median of what may be.

    python -m benchmarks.predict.gap_settings
    python -m benchmarks.predict.gap_settings --page

Of the rows that teach fold 0 of Matbench's mp_gap a fifth is asked, formulas apart; the fold itself is not touched.
Two boosters each. ``Coarse`` is what shipped before, ``fine`` what ships, ``finest`` is twice as large.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.record import circumstances, line_of, number, save, saved, table, write_page
from benchmarks.transfer import gated
from benchmarks.transfer.cells import splits_of, within

from sekkei.core.types import Floats
from sekkei.predict.describe import describer
from sekkei.predict.forest import Settings
from sekkei.predict.materials_recipes import FINE, LARGE
from sekkei.predict.trees import Recipe

OUT = Path(__file__).parent / "gap_settings"
SETTINGS: dict[str, tuple[Settings, int]] = {
    "coarse": (LARGE, 250),
    "fine": (FINE, 300),
    "finest": (replace(FINE, trees=1200, leaves=255, rate=0.045), 300),
}
"""Trees of the gap, and how many of the question whether there is one."""

HEADING = ("trees", "answer", "MAE [eV]", "of metals", "of the others", "bias of the others", "metal or not, right",
           "seconds")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="write RESULTS.md from the raw results")
    if not parser.parse_args().page:
        save(OUT, "gap_settings", {"circumstances": circumstances(), "found": measured()})
    page()


def measured() -> list[dict[str, Any]]:
    """Errors of each setting, with a gate that is hard and with the median."""
    part, words = within(splits_of("mp_gap")[0], 0), describer("materials")
    taught, asked = words.features(part.items), words.features(part.asked)
    found = []
    for name, (settings, gates) in SETTINGS.items():
        began = time.perf_counter()
        recipe = Recipe("gated", settings, replace(settings, objective="binary", trees=gates), folds=2)
        mind: Any = recipe.learn(part.items, taught, part.values, 0).mind
        seconds = round(time.perf_counter() - began)
        for answer, one in (("hard gate", replace(mind, width=0.0)), ("median", mind)):
            said = np.maximum(one(part.asked, asked).values, 0.0)
            row = {"trees": name, "answer": answer, **errors(said, part.truth), "seconds": seconds, "width": one.width}
            print(row, flush=True)
            found.append(row)
    return found


def errors(said: Floats, truth: Floats) -> dict[str, float]:
    """Mean absolute errors and the bias of what is no metal [eV]; of computed gaps only zero is that of a metal."""
    metal = truth == 0
    right = float(((said == 0) == metal).mean())
    return {**gated.errors(said, truth), "bias_others": float((said - truth)[~metal].mean()), "right_side": right}


def page() -> None:
    (result,) = saved(OUT)
    names = ("mae", "mae_metals", "mae_others", "bias_others", "right_side")
    rows = [[one["trees"], one["answer"], *(number(one[name]) for name in names), str(one["seconds"])]
            for one in result["found"]]  # fmt: skip
    about = "`bias`: answer less truth. The median errs less in all and is the smaller, the less sure there is a gap."
    write_page(OUT, "How PBE gaps are learned", [__doc__ or "", table(HEADING, rows), about, line_of(result)])


if __name__ == "__main__":
    main()
