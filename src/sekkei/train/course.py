"""What a network is shown, and what it is told about its answers: all that one training run has of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from sekkei.data.encode import EncodedSet
from sekkei.train.objectives import drop_conditions, next_token_loss

Tensors = tuple[Tensor, ...]
Present = Callable[[EncodedSet, NDArray[np.int64], np.random.Generator], tuple[Tensor, Tensor, Tensor]]
"""Rows of the data as tokens, labels and conditions; what is shown may be drawn at random."""


class Loss(NamedTuple):
    """Of one batch: what is minimised, and the nats per example that a person follows."""

    objective: Tensor
    nats: float


@dataclass(frozen=True)
class Course:
    """A run over rows of a data set.

    Attributes:
        lengths: of all sequences; batches are of similar ones.
        rows: which of them are shown.
        make: a batch from some rows and a source of randomness that belongs to this batch alone.
        loss: of the network on such a batch.
    """

    lengths: NDArray[np.int64]
    rows: NDArray[np.int64]
    make: Callable[[NDArray[np.int64], np.random.Generator], Tensors]
    loss: Callable[[Any, Tensors], Loss]


def presented(data: EncodedSet, rows: NDArray[np.int64], random: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """The sequences as they are, some of their conditions hidden."""
    tokens, labels, values = data.batch(rows)
    return tokens, labels, drop_conditions(values, random)


def next_tokens(data: EncodedSet, rows: NDArray[np.int64], present: Present = presented) -> Course:
    """Learn to write sequences under some of their properties; ``present`` says how rows are shown."""

    def make(batch: NDArray[np.int64], random: np.random.Generator) -> Tensors:
        return present(data, batch, random)

    def loss(network: Any, batch: Tensors) -> Loss:
        tokens, labels, values = batch
        summed = next_token_loss(network, tokens, labels, values)
        return Loss(summed / (labels >= 0).sum(), float(summed.detach()) / len(tokens))

    return Course(data.lengths, rows, make, loss)
