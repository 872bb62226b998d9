"""What the networks are trained to do."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sekkei.data.encode import IGNORED
from sekkei.models.causal import ConditionalGPT
from sekkei.models.tokens import PAD

TOGETHER = 1024
"""Tokens of sequences of similar length that go through the network at once: as many as stay in a processor's cache."""


def next_token_loss(network: ConditionalGPT, tokens: Tensor, labels: Tensor, values: Tensor) -> Tensor:
    """Summed negative log-likelihood [nats] of a batch of sequences, their ends included."""
    return sequence_losses(network, tokens, labels, values).sum()


def token_losses(network: ConditionalGPT, tokens: Tensor, labels: Tensor, values: Tensor) -> Tensor:
    """Negative log-likelihood [nats] of every token (batch, length), zero where there is no label."""
    length = tokens.shape[1]
    more = max(0, min(_width(length), network.config.positions) - length)
    tokens, labels = functional.pad(tokens, (0, more), value=PAD), functional.pad(labels, (0, more), value=IGNORED)
    logits = network(tokens, values)
    losses = functional.cross_entropy(
        logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return losses.view_as(labels)[:, :length]


def sequence_losses(network: ConditionalGPT, tokens: Tensor, labels: Tensor, values: Tensor) -> Tensor:
    """Negative log-likelihood [nats] of every sequence (batch,); those of similar length together, to pad little."""
    groups = of_similar_length(labels)
    losses = [
        token_losses(network, tokens[rows, :longest], labels[rows, :longest], values[rows]).sum(dim=1)
        for rows, longest in groups
    ]
    return torch.cat(losses)[torch.cat([rows for rows, _ in groups]).argsort()]


def of_similar_length(labels: Tensor) -> list[tuple[Tensor, int]]:
    """Rows of labels (batch, length) in groups of similar length, each with its longest; every row is in one."""
    lengths = ((labels >= 0) * torch.arange(1, labels.shape[1] + 1, device=labels.device)).amax(dim=1)
    order = lengths.argsort(stable=True)
    longest, groups = lengths[order].tolist(), []
    end = len(longest)
    while end > 0:
        start = max(0, end - max(1, TOGETHER // max(1, longest[end - 1])))
        groups.append((order[start:end], longest[end - 1]))
        end = start
    return groups[::-1]


def _width(length: int) -> int:
    """A length or a little more, so that few differ: PyTorch keeps memory for every shape it has met."""
    step = max(1, (1 << (length - 1).bit_length()) // 8)
    return -(-length // step) * step


def drop_conditions(values: NDArray[np.float32], random: np.random.Generator) -> Tensor:
    """Hide properties at random, so that one network learns every subset, most of all those that are asked for.

    A user states few targets. 15 % of the rows keep none (unconditional), 45 % exactly one, 15 % exactly two, and the
    rest three or more, the fewer the likelier.

    Args:
        values: (batch, properties).
        random: source of randomness.

    Returns:
        (batch, properties) with NaN where hidden.
    """
    rows, columns = values.shape
    draw = random.random(rows)
    few = min(3, columns)
    many = few + ((columns + 1 - few) * random.random(rows) ** 3).astype(int)
    kept = np.select([draw < 0.15, draw < 0.6, draw < 0.75], [0, 1, min(2, columns)], many)
    rank = random.random((rows, columns)).argsort(axis=1).argsort(axis=1)
    return torch.from_numpy(np.where(rank < kept[:, None], values, np.float32(np.nan)))
