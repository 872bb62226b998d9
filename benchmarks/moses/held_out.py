"""What a model that continues another is compared with: the new molecules its training held out, and as many of MOSES.

python -m benchmarks.moses.held_out --data druglike --start moses --out held_out.smi --floor floor.smi

A run over a union learns as much from what its start knew as from what is new, so the comparison has both halves:
the new molecules held out by seed, and molecules of the MOSES test set, which no training has seen. The floor is drawn
from what the training did see.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from sekkei.core.errors import UserError
from sekkei.core.files import write_text
from sekkei.data.folder import find
from sekkei.data.prepare import prepare
from sekkei.generate.model import load
from sekkei.molecules.files import read_molecules
from sekkei.train.lesson import rehearsal, split
from sekkei.train.recipes import UNIONS

FLOOR = 30_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="druglike")
    parser.add_argument("--start", default="moses")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--floor", type=Path, required=True)
    asked = parser.parse_args()
    shown, fresh = rehearsal(prepare(UNIONS[asked.data]), load(asked.start).folder, asked.seed)
    held_out, rows = split(len(shown.smiles), asked.seed, fresh)
    random = np.random.default_rng(0)
    test = find("moses/test.csv.gz")
    if test is None:
        raise UserError("the MOSES test set is not there", "data folder", "run `sekkei data fetch moses`")
    lines = read_molecules(test)
    unseen = [lines[row].text for row in random.permutation(len(lines))[: len(held_out)]]
    write_text(asked.out, "\n".join([*(shown.smiles[row] for row in held_out), *unseen]) + "\n")
    write_text(asked.floor, "\n".join(shown.smiles[row] for row in random.permutation(rows)[:FLOOR]) + "\n")


if __name__ == "__main__":
    main()
