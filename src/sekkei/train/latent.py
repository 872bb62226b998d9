"""How an autoencoder of sequences learns, and how well it gives them back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sekkei.data.encode import IGNORED, EncodedSet
from sekkei.models.device import best_device
from sekkei.models.latent import Autoencoder, LatentConfig
from sekkei.train.course import Course, Loss, Tensors
from sekkei.train.objectives import drop_conditions

Spread = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation of each property."""

_READ = 0.15
"""Share of the noise that falls on what is read."""


def reconstruction(
    data: EncodedSet, rows: NDArray[np.int64], shape: LatentConfig, noise: float = 0.3, spread: Spread = ((), ()),
    mixed: float = 0.0,
) -> Course:  # fmt: skip
    """Learn to write sequences from their own vectors, and to read their properties where the vectors have them.

    Args:
        data: the sequences with their properties.
        rows: which of them are shown.
        shape: of the autoencoder.
        noise: largest standard deviation of what is added to a vector before it is decoded; each one gets its own,
            evenly between none and this. What is read gets less: a diffusion that is told it finds it nearly exactly.
        spread: mean and standard deviation of each property.
        mixed: largest part of another vector that every second one gets, evenly between none and this.
    """
    even = np.where(np.arange(shape.size) < shape.read, _READ, 1.0)

    def make(batch: NDArray[np.int64], random: np.random.Generator) -> Tensors:
        tokens, labels, values = data.batch(batch)
        strong = noise * random.random((len(batch), 1))
        added = strong * even * random.standard_normal((len(batch), shape.size))
        other = mixed * random.random((len(batch), 1)) * (random.random((len(batch), 1)) < 0.5)
        true = (values - spread[0]) / spread[1] if shape.read else np.empty((len(batch), 0))
        hidden = drop_conditions(values, random) if shape.properties else np.empty((len(batch), 0))
        made = (added, other, np.column_stack([np.hypot(strong, other), hidden]), true)
        return tokens, labels, *(torch.from_numpy(one.astype(np.float32)) for one in made)

    def loss(network: Any, batch: Tensors) -> Loss:
        tokens, labels, added, other, told, true = batch
        logits, read = network(tokens, added, other, told)
        summed = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        wrong = torch.where(true.isfinite(), read.float() - true, 0.0) ** 2
        objective = summed / (labels != IGNORED).sum() + wrong.sum() / true.isfinite().sum().clamp_min(1)
        return Loss(objective, float(summed.detach()) / len(tokens))

    return Course(data.lengths, rows, make, loss)


@torch.inference_mode()
def encoded(network: Autoencoder, data: EncodedSet, rows: NDArray[np.int64], size: int = 512) -> NDArray[np.float32]:
    """(rows, size) the vectors of sequences, computed for those of similar length together."""
    device = best_device()
    network.to(device)
    order = np.argsort(data.lengths[rows], kind="stable")
    found = np.empty((len(rows), network.config.size), dtype=np.float32)
    for start in range(0, len(rows), size):
        part = order[start : start + size]
        found[part] = network.encode(data.batch(rows[part])[0].to(device)).cpu().numpy()
    network.to("cpu")
    return found
