"""Sequences of different length as one flat array, and batches of similar length cut from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sekkei.core.types import Floats
from sekkei.models.tokens import BOS, EOS

IGNORED = -100
"""Label of positions that carry no loss (PyTorch's default)."""

BUCKET = 16
"""Batches are cut from chunks of this many batches sorted by length, so that little is padded."""


@dataclass(frozen=True)
class EncodedSet:
    """n token sequences with their property values.

    Attributes:
        tokens: all sequences one after the other, without start and end.
        offsets: (n + 1,) where each sequence begins.
        values: (n, properties) float32, NaN where unknown.
    """

    tokens: NDArray[np.int16]
    offsets: NDArray[np.int64]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        """Number of sequences."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) tokens in each sequence."""
        return np.diff(self.offsets)

    def sequence(self, row: int) -> list[int]:
        """The tokens of one sequence."""
        return [int(token) for token in self.tokens[self.offsets[row] : self.offsets[row + 1]]]

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor, NDArray[np.float32]]:
        """Inputs (batch, longest + 1) from ``BOS``, labels (same) up to ``EOS``, values (batch, properties)."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        positions = np.arange(int(lengths.max()))[None]
        inside = positions < lengths[:, None]
        sequence = np.zeros((len(rows), positions.shape[1] + 2), dtype=np.int64)
        sequence[:, 0] = BOS
        sequence[:, 1:-1][inside] = self.tokens[(self.offsets[rows][:, None] + positions)[inside]]
        sequence[np.arange(len(rows)), lengths + 1] = EOS
        labels = sequence[:, 1:].copy()
        labels[np.arange(labels.shape[1])[None] > lengths[:, None]] = IGNORED
        return torch.from_numpy(sequence[:, :-1]), torch.from_numpy(labels), self.values[rows]


def pack(sequences: Sequence[Sequence[int]], values: Floats) -> EncodedSet:
    """Join token lists into one flat set; ``values`` is (n, properties)."""
    lengths = np.fromiter((len(one) for one in sequences), dtype=np.int64, count=len(sequences))
    tokens = np.fromiter((token for one in sequences for token in one), dtype=np.int16, count=int(lengths.sum()))
    return EncodedSet(tokens, np.concatenate([[0], lengths.cumsum()]), values.astype(np.float32))


def batches(lengths: NDArray[np.int64], rows: NDArray[np.int64], size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """One epoch over ``rows`` in random order, each batch of similar lengths; a last incomplete chunk is cut short.

    Args:
        lengths: of all sequences.
        rows: which sequences take part.
        size: sequences in a batch.
        seed: order of this epoch.
    """
    random = np.random.default_rng(seed)
    order = random.permutation(rows)
    for start in range(0, len(order), size * BUCKET):
        chunk = order[start : start + size * BUCKET]
        chunk = chunk[np.argsort(lengths[chunk], kind="stable")]
        pieces = [chunk[i : i + size] for i in range(0, len(chunk), size)]
        for piece in random.permutation(len(pieces)):
            yield pieces[piece]
