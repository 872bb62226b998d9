"""Ways to raw texts under conditions: diffusion in few and in all steps, other sources of vectors, a GPT."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import torch
from benchmarks.diffusion.rivals import Vectors, chapter_of, gan_of, prior_of, standardised

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

GAN = "latent GAN"
ALL_STEPS, CHAPTER = "diffusion, DDPM 1,000", "the chapter's network, DDPM 1,000"
"""Ways that walk a thousand steps: one seed and fewer samples have to do."""

CHAPTER_SEES = 12_000_000
"""Noisy vectors that the chapter's network sees at most, so that it trains for minutes; the denoiser may see more."""


def ways_of(
    model: TrainedModel[Any], learned: Callable[[], EncodedSet], aimed: Sampling, asked: argparse.Namespace
) -> dict[str, Way]:
    """All ways to make vectors for the decoder of a model; the rivals learn theirs when they are first asked.

    Args:
        model: of latent diffusion.
        learned: sequences that the rivals learn the vectors of, with their properties.
        aimed: settings under targets.
        asked: has ``work`` (folder for what is trained) and ``gan_steps``.
    """
    network, data = diffusion_of(model), cache(learned)
    real = cache(lambda: standardised(network, data(), np.arange(len(data()))))

    def chapter() -> Vectors:
        asked.work.mkdir(parents=True, exist_ok=True)
        state, seen = asked.work / f"chapter-{model.hash}.pt", min(model.training["denoised"], CHAPTER_SEES)
        return chapter_of(network, real(), data().values, seen, state)

    return {
        "diffusion, DDIM 50": of(model, aimed),
        "diffusion, DDIM 20": of(model, replace(aimed, steps=20)),
        ALL_STEPS: every_step(model),
        "prior of the autoencoder": written(model, prior_of(network)),
        GAN: written(model, later(lambda: gan_of(network, real(), asked.gan_steps))),
        CHAPTER: written(model, later(chapter)),
    }


def later(make: Callable[[], Vectors]) -> Vectors:
    """A source of vectors that is trained when it is first asked, on one thread: such small layers gain by no more."""

    @cache
    def made() -> Vectors:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        source = make()
        torch.set_num_threads(threads)
        return source

    def vectors(conditions: Floats, seed: int) -> Floats:
        return made()(conditions, seed)

    return vectors


def of(one: TrainedModel[Any], aimed: Sampling, grammar: Grammar[Any] | None = None) -> Way:
    """A model as it is, with these settings where there are targets; no token is masked but by a grammar."""

    def way(conditions: Floats, seed: int) -> list[str]:
        targets = bool(np.isfinite(conditions[:, : len(one.ranges)]).any())  # balance is no target
        settings = replace(aimed if targets else replace(Sampling(), steps=aimed.steps), grammar=grammar is not None)
        tokens = write_tokens(one.network, conditions, seed, 0, one.longest, settings, grammar)
        return [one.codec.decode(line) for line in tokens]

    return way


def written(model: TrainedModel[Any], source: Vectors, guidance: float = 1.0) -> Way:
    """What the decoder of a model makes of vectors, guided so far towards the targets; by 0 it is told none."""
    settings = Sampling(guidance=guidance, grammar=False)

    def way(conditions: Floats, seed: int) -> list[str]:
        randoms, network = uniforms(seed, 0, len(conditions), model.longest), diffusion_of(model)
        vectors, wishes = source(conditions, seed), conditions if guidance else None
        tokens = decoded(network, vectors, randoms, settings, None, network.config.doubt, wishes)
        return [model.codec.decode(one) for one in tokens]

    return way


def every_step(model: TrainedModel[Any]) -> Way:
    """The denoiser by all steps of DDPM."""
    network = diffusion_of(model)

    def vectors(conditions: Floats, seed: int) -> Floats:
        noise = torch.from_numpy(normals(seed, 0, len(conditions), network.config.denoiser.size)).float()
        walked = network.new(noise, torch.from_numpy(conditions).float(), Walk(1000, method="ddpm"))
        return np.asarray(walked.double().numpy())

    return written(model, vectors)


def diffusion_of(model: TrainedModel[Any]) -> LatentDiffusion:
    if not isinstance(model.network, LatentDiffusion):
        raise SystemExit(f"{model.name} is no diffusion model")
    return model.network
