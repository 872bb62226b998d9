"""What each token adds to a molecule, known before training: letters, and a share of every property."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sekkei.data.encode import EncodedSet
from sekkei.models.causal import TALLIED, CausalConfig
from sekkei.models.tokens import BOS
from sekkei.molecules.codecs.smiles import SmilesCodec

FITTED_ON = 100_000
RIDGE = 1.0


def letter_counts(codec: SmilesCodec) -> torch.Tensor:
    """How often each letter of the codec's texts stands in each token: (tokens, letters), the special ones zero.

    Divided by ten, so that the sums over a molecule are of the size of the embeddings.
    """
    pieces = ["", "", "", *codec.pieces[3:]]
    letters = sorted(set("".join(pieces)))[:TALLIED]
    return torch.tensor([[piece.count(letter) / 10 for letter in letters] for piece in pieces])


def property_shares(
    encoded: EncodedSet, rows: NDArray[np.int64], config: CausalConfig, seed: int = 0
) -> tuple[torch.Tensor, NDArray[np.float64]]:
    """Least-squares share of every token in every property, in standard deviations; rows without a value are left out.

    Args:
        encoded: token sequences and their properties.
        rows: those to fit on; 100,000 of them are drawn.
        config: centre and scale of the properties.
        seed: which rows are drawn.

    Returns:
        (vocabulary, properties), the offset at the start token; and for each property the share of the variance that
        the sum explains (R²) on the fitted rows.
    """
    chosen = np.random.default_rng(seed).permutation(rows)[:FITTED_ON]
    counts = np.zeros((len(chosen), config.vocabulary))
    counts[:, BOS] = 1.0
    for row, which in enumerate(chosen):
        np.add.at(counts[row], encoded.tokens[encoded.offsets[which] : encoded.offsets[which + 1]], 1.0)
    z = (encoded.values[chosen].astype(float) - config.centre) / np.array(config.scale)
    z = np.clip(z, -6.0, 6.0)
    shares, explained = np.zeros((config.vocabulary, z.shape[1])), np.zeros(z.shape[1])
    for column in range(z.shape[1]):
        known = np.isfinite(z[:, column])
        if known.any():
            some, target = counts[known], z[known, column]
            shares[:, column] = np.linalg.solve(some.T @ some + RIDGE * np.eye(config.vocabulary), some.T @ target)
            left = ((some @ shares[:, column] - target) ** 2).mean()
            explained[column] = 1.0 - left / max(float(target.var()), 1e-12)
    return torch.from_numpy(shares.astype(np.float32)), explained
