"""Train the predictors that ship and write them into the package.

    python benchmarks/predict/train.py materials [band_gap ...] [--out DIR]
    python benchmarks/predict/train.py --table         # those that ship, as docs/reference/predictors.md lists them

Needs the tables named in each lesson (`sekkei.predict.recipes`), in a folder of SEKKEI_DATA.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from sekkei.predict.describe import DOMAINS
from sekkei.predict.keep import save_predictor
from sekkei.predict.lab import with_card
from sekkei.predict.recipes import LESSONS
from sekkei.predict.shelf import FOLDER, evaluators


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("domain", nargs="?", choices=LESSONS)
    parser.add_argument("properties", nargs="*")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--table", action="store_true", help="print the table of the predictors that ship")
    options = parser.parse_args()
    if options.table:
        print("\n".join(rows()))
    if options.domain is None:
        return
    for name in options.properties or LESSONS[options.domain]:
        start = time.monotonic()
        found = LESSONS[options.domain][name].train(options.domain)
        folder = options.out / options.domain / name
        version = save_predictor(folder, with_card(found))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{name} {version}: {found.training['held_out']}, {size / 1e6:.2f} MB, {time.monotonic() - start:.0f} s")


def rows() -> Iterator[str]:
    """A line of Markdown for each predictor that ships."""
    for one in (found for domain in DOMAINS for found in evaluators(domain)):
        facts, errors = one.training, one.training["held_out"]
        if "mae" in errors:
            trees = f"; trees alone {facts['baseline']['mae']:.3g}" if "baseline" in facts else ""
            told = f"MAE {errors['mae']:#.3g}, R² {errors['r2']:.2f} (saying the mean: MAE {errors['mad']:.3g}{trees})"
        else:
            told = f"ROC-AUC {errors['auc']:.3f}, on yes and no {errors['auc_hard']:.3f}"
        shares = " | ".join(f"{100 * errors[name]:.1f} %" for name in ("coverage", "inside"))
        about = f"{facts['title']} | {facts['objects']['train']:,}"
        yield f"| {one.domain} | `{one.name}` | {one.measure.unit} | {about} | {told} | {shares} |"


if __name__ == "__main__":
    main()
