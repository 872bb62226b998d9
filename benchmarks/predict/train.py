"""Train the predictors that ship and write them into the package.

    python benchmarks/predict/train.py materials [band_gap ...] [--out DIR]

Needs the tables named in each lesson (`sekkei.predict.recipes`), in a folder of SEKKEI_DATA.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from sekkei.predict.keep import save_predictor
from sekkei.predict.lab import with_card
from sekkei.predict.recipes import LESSONS
from sekkei.predict.shelf import FOLDER


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("domain", choices=LESSONS)
    parser.add_argument("properties", nargs="*")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    for name in options.properties or LESSONS[options.domain]:
        start = time.monotonic()
        found = LESSONS[options.domain][name].train(options.domain)
        folder = options.out / options.domain / name
        version = save_predictor(folder, with_card(found))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{name} {version}: {found.training['held_out']}, {size / 1e6:.2f} MB, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
