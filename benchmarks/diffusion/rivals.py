"""Other ways to make vectors for the same decoder: the autoencoder's prior, a latent GAN, the chapter's network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sekkei.core.types import Floats
from sekkei.data.encode import EncodedSet
from sekkei.generate.write import normals
from sekkei.models.diffusion import Walk, walk
from sekkei.models.latent_diffusion import LatentDiffusion
from sekkei.models.schedules import NoiseSchedule
from sekkei.train.diffuse import Averaged, denoising
from sekkei.train.latent import encoded
from sekkei.train.loop import Plan, train

Vectors = Callable[[Floats, int], Floats]
"""Conditions (n, properties) and a seed to vectors (n, size) for the decoder."""

BATCH = 256


def standardised(network: LatentDiffusion, data: EncodedSet, rows: NDArray[np.int64]) -> Tensor:
    """(rows, size) vectors of real sequences, as the denoiser takes them."""
    return network.standardise(torch.from_numpy(encoded(network.autoencoder, data, rows)))


def back(network: LatentDiffusion, vectors: Tensor) -> Floats:
    """Standardised vectors as the decoder takes them."""
    return np.asarray(network.back(vectors).double().numpy())


def prior_of(network: LatentDiffusion) -> Vectors:
    """A normal distribution of the mean and variances of real vectors, as a variational autoencoder is sampled."""

    def vectors(conditions: Floats, seed: int) -> Floats:
        noise = normals(seed, 0, len(conditions), network.config.autoencoder.size)
        return back(network, torch.from_numpy(noise).float())

    return vectors


class ChapterNetwork(nn.Module):
    """The chapter's denoiser: three linear layers with ReLU; t/T is appended to the vector, conditions too."""

    kind = "noise"

    def __init__(self, size: int, config: Any) -> None:
        super().__init__()
        self.config, self.schedule = config, NoiseSchedule.linear(1000)
        told = 2 * len(config.properties)
        self.layer = nn.Sequential(  # named as the blocks that the optimisers look for
            nn.Linear(size + 1 + told, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, size)
        )

    def forward(self, noisy: Tensor, time: Tensor, values: Tensor) -> Tensor:
        time, values = time.expand(len(noisy)), values.expand(len(noisy), -1)
        given = values.isfinite()
        scaled = (values - torch.tensor(self.config.centre)) / torch.tensor(self.config.scale)
        told = torch.cat([torch.where(given, scaled, 0.0), given.float()], dim=1)
        out: Tensor = self.layer(torch.cat([noisy, time[:, None] / 1000, told], dim=1))
        return out


def chapter_of(network: LatentDiffusion, real: Tensor, values: NDArray[np.float32], total: int, state: Path) -> Vectors:
    """The chapter's network, trained on so many noisy vectors and walked in all 1,000 steps."""
    torch.manual_seed(0)
    both = Averaged(ChapterNetwork(real.shape[1], network.config.denoiser))  # type: ignore[arg-type]
    course = denoising(real.numpy(), values, np.arange(len(real)), most=None)
    train(both, course, Plan(total, 1024, 1e-3, warmup=500), state, lambda _: None)
    naive: Any = both.average.eval()

    def vectors(conditions: Floats, seed: int) -> Floats:
        start = torch.from_numpy(normals(seed, 0, len(conditions), real.shape[1])).float()
        random = torch.Generator().manual_seed(seed)
        steps = Walk(1000, method="ddpm", clip=None)
        return back(network, walk(naive, start, torch.from_numpy(conditions).float(), random, steps))

    return vectors


def gan_of(network: LatentDiffusion, real: Tensor, steps: int, seed: int = 0) -> Vectors:
    """A Wasserstein GAN with gradient penalty on the vectors, without conditions: LatentGAN (Prykhodko et al. 2019).

    Five steps of the critic for one of the generator, as there.
    """
    torch.manual_seed(seed)
    size = real.shape[1]
    generator, critic = _layers(size, size), _layers(size, 1)
    makes, judges = (torch.optim.Adam(one.parameters(), 1e-4, betas=(0.5, 0.9)) for one in (generator, critic))
    for _ in range(steps):
        for _ in range(5):
            shown = real[torch.randint(len(real), (BATCH,))]
            made = generator(torch.randn(BATCH, size)).detach()
            loss = critic(made).mean() - critic(shown).mean() + 10 * _penalty(critic, shown, made)
            judges.zero_grad()
            loss.backward()
            judges.step()
        makes.zero_grad()
        (-critic(generator(torch.randn(BATCH, size))).mean()).backward()
        makes.step()

    def vectors(conditions: Floats, seed: int) -> Floats:
        noise = torch.from_numpy(normals(seed, 0, len(conditions), size)).float()
        with torch.inference_mode():
            return back(network, generator(noise))

    return vectors


def _layers(size: int, out: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(size, 256), nn.LeakyReLU(0.2), nn.Linear(256, 256), nn.LeakyReLU(0.2),
        nn.Linear(256, 256), nn.LeakyReLU(0.2), nn.Linear(256, out),
    )  # fmt: skip


def _penalty(critic: nn.Module, shown: Tensor, made: Tensor) -> Tensor:
    part = torch.rand(len(shown), 1)
    between = (part * shown + (1 - part) * made).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return ((slope.norm(dim=1) - 1) ** 2).mean()
