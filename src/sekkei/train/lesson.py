"""What a run learns from: which molecules it is shown, as tokens, and which are held out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sekkei.data.encode import EncodedSet, pack
from sekkei.data.prepare import Labelled
from sekkei.molecules.codecs.smiles import SmilesCodec
from sekkei.molecules.novelty import KnownMolecules

HELD_OUT = 4000
KNOWN = "known.bin"
"""File of a model folder with the molecules it knows."""


def rehearsal(molecules: Labelled, start: Path | None, seed: int) -> tuple[Labelled, int]:
    """What a run learns from: everything new to the model it starts from, and as much again of what that one knows.

    Args:
        molecules: of all data sets.
        start: model folder the run starts from, if any.
        seed: which known molecules are shown again.

    Returns:
        The molecules, new ones first, and how many those are; all, where the run starts from nothing or nothing is new.
    """
    known = np.zeros(len(molecules.smiles), dtype=bool)
    if start and (start / KNOWN).is_file():
        known = KnownMolecules.load(start / KNOWN).contains(molecules.smiles)
    new, old = np.flatnonzero(~known), np.flatnonzero(known)
    if not len(new) or not len(old):
        return molecules, len(molecules.smiles)
    again = np.random.default_rng(seed).permutation(old)[: len(new)]
    rows = np.concatenate([new, np.sort(again)])
    return Labelled([molecules.smiles[row] for row in rows], molecules.values[rows]), len(new)


def encode(molecules: Labelled, codec: SmilesCodec, positions: int, say: Callable[[str], None]) -> EncodedSet:
    """Token sequences of all molecules that fit into the network's positions."""
    sequences = codec.encode_all(molecules.smiles)
    fits = np.array([len(one) < positions for one in sequences])
    if not fits.all():
        say(f"{int((~fits).sum()):,} molecules are longer than {positions - 1} tokens and left out")
    return pack([one for one, fit in zip(sequences, fits, strict=True) if fit], molecules.values[fits].astype(float))


def split(count: int, seed: int, fresh: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows held out (one in twenty of the first ``fresh``, 4,000 at most), and rows to train on: all others."""
    fresh = count if fresh is None else fresh
    held_out = np.random.default_rng(seed).permutation(fresh)[: min(HELD_OUT, fresh // 20)]
    return held_out, np.setdiff1d(np.arange(count), held_out)
