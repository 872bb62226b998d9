"""Sequences of a network under conditions: token by token, or all at once as a vector that a decoder writes out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from sekkei.core.seeds import generator_at, uniforms
from sekkei.core.types import Floats
from sekkei.generate.sample import Grammar, P, Sampling, sample_tokens
from sekkei.models.causal import ConditionalGPT
from sekkei.models.checkpoint import Network
from sekkei.models.diffusion import Walk
from sekkei.models.latent_diffusion import LatentDiffusion

SHARP = 0.05
"""Temperature of a decoder that writes what a vector stands for: what is random has happened before."""

_PURPOSE = 7  # keeps these random numbers apart from those of the decoder


def write_tokens(
    network: Network, conditions: Floats, seed: int, first: int, longest: int, settings: Sampling,
    grammar: Grammar[P] | None,
) -> list[list[int]]:  # fmt: skip
    """One sequence for each row of conditions (n, properties); attempt i depends on network, seed and i alone.

    Args:
        network: in evaluation mode.
        conditions: in their own units, NaN where free.
        seed: of the stream.
        first: number of the first attempt.
        longest: tokens a sequence may have.
        settings: guidance, and temperature or steps.
        grammar: rules on what may follow; not used where ``settings.grammar`` is off.
    """
    randoms = uniforms(seed, first, len(conditions), longest)
    if isinstance(network, ConditionalGPT):
        return sample_tokens(network, conditions, randoms, settings, grammar)
    vectors = new_vectors(network, conditions, seed, first, settings)
    return decoded(network, vectors, randoms, settings, grammar, network.config.doubt, conditions)


def new_vectors(network: LatentDiffusion, conditions: Floats, seed: int, first: int, settings: Sampling) -> Floats:
    """(n, size) vectors of new sequences under conditions (n, properties)."""
    noise = torch.from_numpy(normals(seed, first, len(conditions), network.config.autoencoder.size)).float()
    made = network.new(noise, torch.from_numpy(conditions).float(), walk_of(network, settings))
    return np.asarray(made.double().numpy())


def walk_of(network: LatentDiffusion, settings: Sampling) -> Walk:
    """How the denoiser walks; guidance is the decoder's affair where that is told the targets, which costs less."""
    told = bool(network.config.autoencoder.properties)
    return Walk(settings.steps, guidance=1.0 if told else settings.guidance)


def decoded(
    network: LatentDiffusion, vectors: Floats, randoms: Floats, settings: Sampling, grammar: Grammar[P] | None,
    doubt: float | Floats = 0.0, conditions: Floats | None = None,
) -> list[list[int]]:  # fmt: skip
    """The sequences that vectors (n, size) stand for.

    Args:
        network: in evaluation mode.
        vectors: as :meth:`~sekkei.models.latent_diffusion.LatentDiffusion.new` gives them.
        randoms: (n, longest) uniform numbers for what is not sure.
        settings: rules on or off, and guidance where the decoder is told targets; the temperature is that of a decoder.
        grammar: rules on what may follow.
        doubt: how far off the vectors, or each of them (n,), may be: 0 where an encoder made them.
        conditions: (n, properties) in their own units, NaN where free; none where absent.
    """
    if network.config.autoencoder.properties:
        free = np.full((len(vectors), len(network.config.properties)), np.nan)
        vectors = np.column_stack(
            [vectors, np.broadcast_to(doubt, len(vectors)), free if conditions is None else conditions]
        )
    return sample_tokens(network.decoder, vectors, randoms, replace(settings, temperature=SHARP), grammar)


def normals(seed: int, first: int, count: int, size: int) -> Floats:
    """Standard normal numbers for items ``first`` to ``first + count - 1``: (count, size)."""
    return np.stack([generator_at(seed, first + row, _PURPOSE).standard_normal(size) for row in range(count)])
