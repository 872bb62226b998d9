"""Ways to raw texts under conditions: diffusion in few and in all steps, other sources of vectors, a GPT."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from benchmarks.diffusion.rivals import Vectors, chapter_of, gan_of, prior_of, standardised
from numpy.typing import NDArray

from sekkei.core.seeds import uniforms
from sekkei.core.types import Floats
from sekkei.data.encode import EncodedSet
from sekkei.generate.sample import Grammar, Sampling
from sekkei.generate.shared import TrainedModel
from sekkei.generate.write import decoded, normals, write_tokens
from sekkei.models.diffusion import Walk
from sekkei.models.latent_diffusion import LatentDiffusion

Way = Callable[[Floats, int], list[str]]
"""Conditions (n, properties) and a seed to raw texts."""

ALL_STEPS, CHAPTER = "diffusion, DDPM 1,000", "the chapter's network, DDPM 1,000"
"""Ways that walk a thousand steps: one seed and fewer samples have to do."""

CHAPTER_SEES = 12_000_000
"""Noisy vectors that the chapter's network sees at most, so that it trains for minutes; the denoiser may see more."""


def ways_of(
    model: TrainedModel[Any], data: EncodedSet, rows: NDArray[np.int64], aimed: Sampling, asked: argparse.Namespace
) -> dict[str, Way]:
    """All ways to make vectors for the decoder of a model.

    Args:
        model: of latent diffusion.
        data: sequences it has learned, with their properties.
        rows: which of them the rivals learn the vectors of.
        aimed: settings under targets.
        asked: has ``work`` (folder for what is trained) and ``gan_steps``.
    """
    network = diffusion_of(model)
    asked.work.mkdir(parents=True, exist_ok=True)
    real = standardised(network, data, rows)
    state, threads = asked.work / f"chapter-{model.hash}.pt", torch.get_num_threads()
    torch.set_num_threads(1)  # such small layers are slower with more
    chapter = chapter_of(network, real, data.values[rows], min(model.training["denoised"], CHAPTER_SEES), state)
    gan = gan_of(network, real, asked.gan_steps)
    torch.set_num_threads(threads)
    return {
        "diffusion, DDIM 50": of(model, aimed),
        "diffusion, DDIM 20": of(model, replace(aimed, steps=20)),
        ALL_STEPS: written(model, all_steps(network)),
        "prior of the autoencoder": written(model, prior_of(network)),
        "latent GAN": written(model, gan),
        CHAPTER: written(model, chapter),
    }


def of(one: TrainedModel[Any], aimed: Sampling, grammar: Grammar[Any] | None = None) -> Way:
    """A model as it is, with these settings where there are targets; no token is masked but by a grammar."""

    def way(conditions: Floats, seed: int) -> list[str]:
        targets = bool(np.isfinite(conditions[:, : len(one.ranges)]).any())  # balance is no target
        settings = replace(aimed if targets else replace(Sampling(), steps=aimed.steps), grammar=grammar is not None)
        tokens = write_tokens(one.network, conditions, seed, 0, one.longest, settings, grammar)
        return [one.codec.decode(line) for line in tokens]

    return way


def written(model: TrainedModel[Any], source: Vectors) -> Way:
    """What the decoder of a model makes of vectors."""

    def way(conditions: Floats, seed: int) -> list[str]:
        randoms, network = uniforms(seed, 0, len(conditions), model.longest), diffusion_of(model)
        vectors, settings = source(conditions, seed), Sampling(grammar=False)
        tokens = decoded(network, vectors, randoms, settings, None, network.config.doubt, conditions)
        return [model.codec.decode(one) for one in tokens]

    return way


def all_steps(network: LatentDiffusion) -> Vectors:
    """Vectors by every step of DDPM."""

    def vectors(conditions: Floats, seed: int) -> Floats:
        noise = torch.from_numpy(normals(seed, 0, len(conditions), network.config.denoiser.size)).float()
        walked = network.new(noise, torch.from_numpy(conditions).float(), Walk(1000, method="ddpm"))
        return np.asarray(walked.double().numpy())

    return vectors


def diffusion_of(model: TrainedModel[Any]) -> LatentDiffusion:
    if not isinstance(model.network, LatentDiffusion):
        raise SystemExit(f"{model.name} is no diffusion model")
    return model.network
