"""Fit what each token adds to every property, before the network that uses it is trained."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sekkei.data.encode import EncodedSet, batches
from sekkei.models.causal import ConditionalGPT
from sekkei.models.conditions import CLIP


@dataclass(frozen=True)
class Fit:
    """How long and how fast to fit.

    Attributes:
        total: sequences to see.
        batch: sequences per step.
        rate: peak learning rate; it rises over 100 steps and falls along a cosine.
        seed: order of the data.
    """

    total: int = 1_000_000
    batch: int = 256
    rate: float = 3e-3
    seed: int = 0

    @classmethod
    def of(cls, rows: int, seed: int) -> Fit:
        """The usual one for so many sequences: of few, none is seen more than four times."""
        return cls(min(cls.total, 4 * rows), seed=seed)


def fit_shares(
    network: ConditionalGPT, data: EncodedSet, rows: NDArray[np.int64], fit: Fit, say: Callable[[str], None]
) -> None:
    """Make the sum of the shares of each sequence meet its properties, by least squares.

    Args:
        network: whose shares are fitted in place; nothing else of it changes.
        data: sequences with their properties.
        rows: which of them to fit on.
        fit: how long and how fast.
        say: called with a line now and then.
    """
    shares = network.shares.requires_grad_(True)
    opt = torch.optim.AdamW(shares.parameters(), lr=fit.rate, betas=(0.9, 0.98), weight_decay=0.0)
    steps, begun = -(-fit.total // fit.batch), time.monotonic()
    for step, batch in enumerate(islice(_endless(data, rows, fit), steps)):
        for group in opt.param_groups:
            group["lr"] = fit.rate * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * step / steps))
        loss = misses(network, data, batch).nan_to_num(0.0).square().mean()  # unknown: no pull
        opt.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(shares.parameters(), 1.0)
        opt.step()
        if (step + 1) % 500 == 0 or step + 1 == steps:
            off, seconds = float(loss.detach().sqrt()), time.monotonic() - begun
            say(f"shares: step {step + 1:,} of {steps:,}, {off:.3f} deviations off, {seconds:.0f} s")
    shares.requires_grad_(False)


def misses(network: ConditionalGPT, data: EncodedSet, rows: NDArray[np.int64]) -> Tensor:
    """Sum of shares minus property (rows, properties) [standard deviations], NaN where the property is unknown."""
    tokens, _, values = data.batch(rows)
    z = network.conditions.standardise(torch.from_numpy(values)).clamp(-CLIP, CLIP)
    last = torch.from_numpy(data.lengths[rows])[:, None, None].expand(-1, 1, z.shape[1])
    sums: Tensor = network.shares(tokens).sums
    return sums.gather(1, last).squeeze(1) - z


def _endless(data: EncodedSet, rows: NDArray[np.int64], fit: Fit) -> Iterator[NDArray[np.int64]]:
    for epoch in count():
        yield from batches(data.lengths, rows, fit.batch, fit.seed + epoch)
