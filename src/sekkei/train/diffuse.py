"""How a denoiser learns: vectors with noise of every strength, some of their conditions hidden, a running average."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from accelerate.utils import extract_model_from_parallel
from numpy.typing import NDArray
from torch import Tensor, nn

from sekkei.models.diffusion import Denoiser
from sekkei.models.schedules import weights
from sekkei.train.course import Course, Loss, Tensors
from sekkei.train.objectives import drop_conditions


class Averaged(nn.Module):
    """A network and the exponential moving average of its weights, which samples better (DDPM, appendix B).

    Both travel in one state, so that a killed run goes on with the same average.
    """

    followed: Tensor

    def __init__(self, network: Denoiser, keep: float = 0.999) -> None:
        """Begin with an average that is the network.

        Args:
            network: to be trained.
            keep: share of the average that is kept at each step, less in the first ones.
        """
        super().__init__()
        self.network, self.keep = network, keep
        self.average = deepcopy(network).requires_grad_(False).eval()
        self.register_buffer("followed", torch.zeros((), dtype=torch.int64))

    def forward(self, noisy: Tensor, time: Tensor, values: Tensor) -> Tensor:
        """What the network that learns predicts."""
        predicted: Tensor = self.network(noisy, time, values)
        return predicted

    @torch.no_grad()
    def follow(self) -> None:
        """Move the average towards the network."""
        self.followed += 1
        steps = int(self.followed)
        keep = min(self.keep, (1 + steps) / (10 + steps))
        mine, theirs = ([p.data for p in one.parameters()] for one in (self.average, self.network))
        torch._foreach_lerp_(mine, theirs, 1 - keep)


def denoising(
    vectors: NDArray[np.float32], values: NDArray[np.float32], rows: NDArray[np.int64], most: float | None = 5.0
) -> Course:
    """Learn to take noise from vectors (n, size) that have properties (n, properties), NaN where unknown.

    Args:
        vectors: of about unit variance.
        values: in their own units.
        rows: which of them are shown.
        most: of Min-SNR, see :func:`sekkei.models.schedules.weights`.
    """

    def make(batch: NDArray[np.int64], random: np.random.Generator) -> Tensors:
        told = drop_conditions(values[batch], random) if values.shape[1] else torch.empty((len(batch), 0))
        noise = random.standard_normal((len(batch), vectors.shape[1]), dtype=np.float32)
        when = torch.from_numpy(random.random(len(batch)))
        return torch.from_numpy(vectors[batch]), told, torch.from_numpy(noise), when

    def loss(both: Any, batch: Tensors) -> Loss:
        clean, told, noise, when = batch
        own: Averaged = extract_model_from_parallel(both)
        own.follow()
        network = own.network
        time = (when * len(network.schedule)).long()
        noisy = network.schedule.add_noise(clean, noise, time)
        # with several GPUs it is the call of the whole that shares gradients
        wrong = both(noisy, time, told) - network.schedule.target(clean, noise, time, network.kind)
        weight = weights(network.schedule, time, network.kind, most).float()
        objective = (weight * (wrong**2).mean(dim=1)).mean()
        return Loss(objective, float(objective.detach()))

    return Course(np.ones(len(vectors), dtype=np.int64), rows, make, loss)
