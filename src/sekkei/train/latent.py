"""How an autoencoder of sequences learns, and how well it gives them back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sekkei.data.encode import IGNORED, EncodedSet
from sekkei.models.device import best_device
from sekkei.models.latent import Autoencoder
from sekkei.train.course import Course, Loss, Tensors


def reconstruction(data: EncodedSet, rows: NDArray[np.int64], size: int, noise: float = 0.3) -> Course:
    """Learn to write sequences from their own vectors.

    Args:
        data: the sequences.
        rows: which of them are shown.
        size: of the vectors.
        noise: largest standard deviation of what is added to a vector before it is decoded; each one gets its own,
            evenly between none and this.
    """

    def make(batch: NDArray[np.int64], random: np.random.Generator) -> Tensors:
        tokens, labels, _ = data.batch(batch)
        spread = noise * random.random((len(batch), 1))
        added = spread * random.standard_normal((len(batch), size))
        return tokens, labels, torch.from_numpy(added.astype(np.float32))

    def loss(network: Any, batch: Tensors) -> Loss:
        tokens, labels, added = batch
        logits = network(tokens, added)
        summed = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        return Loss(summed / (labels != IGNORED).sum(), float(summed.detach()) / len(tokens))

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
