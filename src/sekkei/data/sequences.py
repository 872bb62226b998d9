"""Token sequences as an encoder reads them: flat in memory, padded only in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Sequences:
    """n token sequences, start and end included.

    Attributes:
        tokens: all sequences one after the other.
        shares: what goes with each token, such as the fraction of an element; None where nothing does.
        offsets: (n + 1,) where each sequence begins.
        pad: number of the padding token.
    """

    tokens: NDArray[np.int32]
    shares: NDArray[np.float32] | None
    offsets: NDArray[np.int64]
    pad: int

    @staticmethod
    def of(tokens: Sequence[Sequence[int]], pad: int, shares: Sequence[Sequence[float]] | None = None) -> Sequences:
        """Join lists of tokens, and of shares where there are any."""
        lengths = np.fromiter((len(one) for one in tokens), dtype=np.int64, count=len(tokens))
        size = int(lengths.sum())
        flat = np.fromiter((token for one in tokens for token in one), dtype=np.int32, count=size)
        beside = None
        if shares is not None:
            beside = np.fromiter((share for one in shares for share in one), dtype=np.float32, count=size)
        return Sequences(flat, beside, np.concatenate([[0], lengths.cumsum()]).astype(np.int64), pad)

    def __len__(self) -> int:
        """Number of sequences."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) tokens in each sequence."""
        return np.diff(self.offsets)

    def arrays(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Tokens and shares of some rows, both (batch, longest), padded on the right; shares are 0 where none are."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        positions = np.arange(int(lengths.max(initial=1)))[None]
        inside = positions < lengths[:, None]
        places = (self.offsets[rows][:, None] + positions)[inside]
        tokens = np.full(inside.shape, self.pad, dtype=np.int64)
        tokens[inside] = self.tokens[places]
        shares = np.zeros(inside.shape, dtype=np.float32)
        if self.shares is not None:
            shares[inside] = self.shares[places]
        return tokens, shares

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """What an encoder takes: tokens (batch, longest), and shares of the same shape where there are any."""
        tokens, shares = self.arrays(rows)
        first = torch.from_numpy(tokens)
        return (first,) if self.shares is None else (first, torch.from_numpy(shares))
