"""Fine-tuning: teach an encoder a property from a table of labels.

The loop of pre-training is for long runs that are killed and resumed; this one is for minutes, and keeps the weights of
the moment at which held-out labels were met best.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sekkei.data.encode import batches
from sekkei.models.device import best_device, moved
from sekkei.train.loop import bfloat16_pays

_CHECKS = 30
_WARMUP = 0.06
_JUDGED = 512


class Taught(Protocol):
    """What can be fine-tuned: a module that says how far it is off."""

    def standardise(self, labels: Tensor, /) -> None:
        """Take the scale of the numbers from labels (n, tasks)."""

    def loss(self, inputs: Any, labels: Tensor, /) -> Tensor:
        """Mean loss [nats per label] of a batch."""

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """As of any module."""

    def load_state_dict(self, state_dict: Mapping[str, Tensor], strict: bool = True) -> Any:
        """As of any module."""

    def to(self, device: torch.device, /) -> Any:
        """As of any module."""

    def train(self) -> Any:
        """As of any module."""

    def eval(self) -> Any:
        """As of any module."""


class Examples(Protocol):
    """What is learned from."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) tokens of each example."""

    def batch(self, rows: NDArray[np.int64]) -> Any:
        """Some of them, as the network takes them."""


@dataclass(frozen=True)
class Pace:
    """How long and how fast to fine-tune.

    Attributes:
        rate: peak learning rate of what is adapted.
        head: peak learning rate of the head, which begins at random.
        epochs: most passes over the labels.
        least: fewest steps, which small tables need.
        most: most steps, which large tables can do with.
        batch: labels per step.
        decay: weight decay of AdamW.
    """

    rate: float
    head: float = 1e-3
    epochs: int = 60
    least: int = 300
    most: int = 12_000
    batch: int = 64
    decay: float = 0.01

    def steps(self, rows: int) -> int:
        """Steps on a table of so many rows."""
        return max(1, min(max(self.epochs * -(-rows // self.batch), self.least), self.most))


def tune(
    net: Taught,
    data: Examples,
    labels: Tensor,
    rows: NDArray[np.int64],
    judges: NDArray[np.int64],
    pace: Pace,
    seed: int,
    shown: Examples | None = None,
) -> float:
    """Fine-tune in place with AdamW, linear warm-up, a cosine to zero and clipped gradients; the best moment is kept.

    It runs on a GPU where there is one; the network is on the CPU afterwards.

    Args:
        net: encoder and heads; what does not require gradients stays as it is.
        data: the objects.
        labels: (n, tasks) in their own units, NaN where unknown.
        rows: which of them are learned from.
        judges: which of them decide which moment was best.
        pace: how long and how fast.
        seed: order of the data and dropout.
        shown: the objects as they are shown in training, such as another SMILES each time; ``data`` where None. The
            judges stand as in ``data``.

    Returns:
        The loss on the judges at the best moment [nats per label].
    """
    net.standardise(labels[torch.from_numpy(rows)])
    device = best_device()
    net.to(device)
    head = [p for name, p in net.named_parameters() if p.requires_grad and name.startswith("head.")]
    body = [p for name, p in net.named_parameters() if p.requires_grad and not name.startswith("head.")]
    groups = [{"params": body, "peak": pace.rate}, {"params": head, "peak": pace.head}]
    opt = torch.optim.AdamW([group for group in groups if group["params"]], weight_decay=pace.decay)
    steps, best = pace.steps(len(rows)), math.inf
    kept: dict[str, Tensor] = {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for step, batch in zip(range(1, steps + 1), _endless(data, rows, pace.batch, seed), strict=False):
            for group in opt.param_groups:
                group["lr"] = group["peak"] * warm_cosine(step, steps)
            net.train()
            inputs, truth = moved((shown or data).batch(batch), device), labels[torch.from_numpy(batch)].to(device)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16_pays()):
                loss = net.loss(inputs, truth)
            opt.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(body + head, 1.0)
            opt.step()
            if step == steps or step % max(1, steps // _CHECKS) == 0:
                judged = _judge(net, data, labels, judges, device)
                if judged < best or not kept:
                    best, kept = judged, {n: p.detach().clone() for n, p in net.named_parameters() if p.requires_grad}
    net.load_state_dict(kept, strict=False)
    net.to(torch.device("cpu"))
    net.eval()
    return best


def warm_cosine(step: int, steps: int) -> float:
    """Factor on the peak rate at step 1 to ``steps``: linear warm-up over 6 %, then a cosine to zero."""
    rising = step / max(_WARMUP * steps, 1.0)
    return min(1.0, rising) * 0.5 * (1.0 + math.cos(math.pi * (step - 1) / steps))


@torch.inference_mode()
def _judge(net: Taught, data: Examples, labels: Tensor, rows: NDArray[np.int64], device: torch.device) -> float:
    net.eval()
    total, count = 0.0, 0
    for first in range(0, len(rows), _JUDGED):
        part = rows[first : first + _JUDGED]
        truth = labels[torch.from_numpy(part)].to(device)
        known = int(truth.isfinite().sum())
        total, count = total + float(net.loss(moved(data.batch(part), device), truth)) * known, count + known
    return total / max(count, 1)


def _endless(data: Examples, rows: NDArray[np.int64], size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    epoch, lengths = 0, data.lengths
    while True:
        yield from batches(lengths, rows, size, seed + epoch)
        epoch += 1
