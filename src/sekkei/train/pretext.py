"""The two tasks of pre-training: guess hidden tokens, and find the other view of the same thing."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sekkei.data.encode import IGNORED

SHARE = 0.15
"""Share of the tokens that are to be guessed; of every sequence at least one."""

TEMPERATURE = 0.1
"""Of InfoNCE: similarities are divided by it."""


def hide(
    tokens: NDArray[np.int64], ordinary: NDArray[np.int64], mask: int, random: np.random.Generator, share: float = SHARE
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose tokens to be guessed; show 80 % of them as the mask, 10 % as another token, 10 % as they are.

    One draw per token decides among the three, so that no branch overwrites another (Devlin et al. 2018,
    arXiv:1810.04805, sec. 3.1). Special tokens and padding are never chosen.

    Args:
        tokens: (batch, length).
        ordinary: numbers of the tokens that may be chosen and put in.
        mask: number of the mask token.
        random: source of randomness.
        share: of the tokens that are chosen.

    Returns:
        What is shown (batch, length), and the labels: the true token where it is to be guessed, else ``IGNORED``.
    """
    open_ = np.isin(tokens, ordinary)
    draw = np.where(open_, random.random(tokens.shape), np.inf)
    chosen = (draw < share) | ((draw == draw.min(axis=1, keepdims=True)) & open_)
    fate = random.random(tokens.shape)
    others = random.choice(ordinary, size=tokens.shape)
    shown = np.select([chosen & (fate < 0.8), chosen & (fate < 0.9)], [np.full_like(tokens, mask), others], tokens)
    return shown, np.where(chosen, tokens, IGNORED)


def guess_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean negative log-likelihood [nats] of the hidden tokens: (batch, length, vocabulary), (batch, length)."""
    return functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED)


def info_nce(one: Tensor, other: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Mean negative log-likelihood [nats] of finding the other view of each object among those of the batch.

    Every view but itself is a candidate: 2 batch - 1 of them (van den Oord et al. 2018, arXiv:1807.03748, eq. 4; as
    NT-Xent in Chen et al. 2020, arXiv:2002.05709, eq. 1).

    Args:
        one: (batch, d) unit vectors.
        other: (batch, d) unit vectors of the other views.
        temperature: similarities are divided by it.
    """
    views = torch.cat([one, other])
    likeness = (views @ views.T / temperature).fill_diagonal_(float("-inf"))
    partner = torch.arange(len(views), device=views.device).roll(len(one))
    return functional.cross_entropy(likeness, partner)


def right_guesses(logits: Tensor, labels: Tensor) -> tuple[int, int]:
    """How many hidden tokens were guessed right, and how many there were."""
    asked = labels != IGNORED
    return int((logits.argmax(dim=-1)[asked] == labels[asked]).sum()), int(asked.sum())
