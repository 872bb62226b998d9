"""Label MP-20 structures with the mean absolute site moment [mu_B per atom] that CHGNet predicts.

    python benchmarks/magnetic_moments/label.py -n 6000 --seed 0

The labels of all 26,034 ship as ``zoo/labels/mp20_moments.csv``; this makes them anew. One row per structure goes
into ``labels/mp20_moments.csv`` of your own data folder as soon as it is known, so that a stopped run goes on where
it was. The moments are absolute values summed over the sites and divided by their number: an antiferromagnet counts
as magnetic. They are CHGNet's opinion, not a measurement; CHGNet was trained on the moments of spin-polarised GGA and
GGA+U calculations of the Materials Project.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from chgnet.model.model import CHGNet

from sekkei.core.errors import UserError
from sekkei.data.folder import find, own
from sekkei.materials.crystal import Crystal
from sekkei.materials.datasets import material_table, read_structures

FIELDS = ("name", "formula", "atoms", "moment", "largest")
BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=6000, help="structures, a random sample of MP-20")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    out = own() / "labels" / "mp20_moments.csv"
    out.parent.mkdir(exist_ok=True)
    wanted = sample(options.n, options.seed)
    done = names(out)
    label([pair for pair in wanted if pair[0] not in done], out)


def sample(n: int, seed: int) -> list[tuple[str, Crystal]]:
    """The first n of MP-20's readable structures in a random order that the seed alone decides."""
    table = material_table("mp20")
    path = find(table.file)
    if path is None:
        raise UserError(f"{table.file} is in no data folder", "data", "name the folder in SEKKEI_DATA")
    readable = [(line.name, line.item) for line in read_structures(table, path) if line.item is not None]
    order = np.random.default_rng(seed).permutation(len(readable))[:n]
    return [readable[row] for row in order]


def names(path: Path) -> set[str]:
    """Names of the structures that have been labelled."""
    if not path.is_file():
        return set()
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"] for row in csv.DictReader(file)}


def label(pairs: list[tuple[str, Crystal]], out: Path) -> None:
    """Append one row per structure."""
    model = CHGNet.load(use_device="cpu", verbose=False)
    fresh = not out.is_file()
    start = time.monotonic()
    with out.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if fresh:
            writer.writerow(FIELDS)
        for first in range(0, len(pairs), BATCH):
            writer.writerows(rows(model, pairs[first : first + BATCH]))
            file.flush()
            print(f"{min(first + BATCH, len(pairs))} of {len(pairs)}, {time.monotonic() - start:.0f} s", flush=True)


def rows(model: CHGNet, pairs: list[tuple[str, Crystal]]) -> Iterator[tuple[str, str, int, str, str]]:
    answers = model.predict_structure([crystal.structure for _, crystal in pairs], task="em", batch_size=BATCH)
    for (name, crystal), answer in zip(pairs, answers, strict=True):
        moments = np.abs(answer["m"])
        yield name, crystal.composition.formula, len(crystal), f"{moments.mean():.5f}", f"{moments.max():.5f}"


if __name__ == "__main__":
    main()
