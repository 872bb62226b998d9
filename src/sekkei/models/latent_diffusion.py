"""Latent diffusion: an autoencoder of sequences, and a denoiser that makes vectors for its decoder to write out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sekkei.core.errors import UserError
from sekkei.models.diffusion import Denoiser, DenoiserConfig, Push, Walk, begin, walk
from sekkei.models.latent import Autoencoder, LatentConfig, LatentDecoder


@dataclass(frozen=True)
class LatentDiffusionConfig:
    """Everything needed to rebuild the networks before their weights are loaded.

    Attributes:
        autoencoder: between sequences and vectors.
        denoiser: of standardised vectors.
        doubt: how far off the decoder is told that vectors of the denoiser may be, where it is told anything.
    """

    autoencoder: LatentConfig
    denoiser: DenoiserConfig
    doubt: float = 0.0

    def __post_init__(self) -> None:
        """Refuse parts that do not fit each other."""
        if self.autoencoder.size != self.denoiser.size:
            raise UserError("autoencoder and denoiser have vectors of different size", "config", "train it again")

    @property
    def vocabulary(self) -> int:
        """Number of tokens."""
        return self.autoencoder.vocabulary

    @property
    def positions(self) -> int:
        """Longest sequence, start token included."""
        return self.autoencoder.positions

    @property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties that can condition it, in order."""
        return self.denoiser.properties

    def as_dict(self) -> dict[str, object]:
        """The fields as plain values, for ``config.json``."""
        return {"autoencoder": self.autoencoder.as_dict(), "denoiser": self.denoiser.as_dict(), "doubt": self.doubt}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> LatentDiffusionConfig:
        """What :meth:`as_dict` gave.

        Raises:
            TypeError: a field is missing or unknown.
        """
        parts: dict[str, Any] = {
            part: {k: tuple(v) if isinstance(v, list) else v for k, v in raw[part].items()}
            for part in ("autoencoder", "denoiser")
        }
        return cls(LatentConfig(**parts["autoencoder"]), DenoiserConfig(**parts["denoiser"]), raw.get("doubt", 0.0))


class LatentDiffusion(nn.Module):
    """Vectors of an autoencoder under any subset of conditions; each is standardised by coordinate for the denoiser."""

    centre: Tensor
    scale: Tensor

    def __init__(self, config: LatentDiffusionConfig) -> None:
        """Build untrained networks."""
        super().__init__()
        self.config = config
        self.autoencoder = Autoencoder(config.autoencoder)
        self.denoiser = Denoiser(config.denoiser)
        self.register_buffer("centre", torch.zeros(config.autoencoder.size))
        self.register_buffer("scale", torch.ones(config.autoencoder.size))

    @property
    def decoder(self) -> LatentDecoder:
        """Writes the sequence that a vector stands for."""
        return self.autoencoder.decoder

    def standardise(self, vectors: Tensor) -> Tensor:
        """Vectors (n, size) of the autoencoder as the denoiser takes them."""
        return (vectors - self.centre) / self.scale

    def new(self, noise: Tensor, values: Tensor, how: Walk, push: Push | None = None) -> Tensor:
        """Vectors of new sequences, (n, size).

        Args:
            noise: (n, size) standard normal; each vector depends on its own row alone, unless ``how`` adds noise.
            values: (n, properties) in their own units, NaN where free.
            how: the steps.
            push: see :data:`sekkei.models.diffusion.Push`; it sees standardised vectors.
        """
        return self.back(walk(self.denoiser, noise, values, _source(noise), how, push))

    @torch.no_grad()
    def changed(self, tokens: Tensor, noise: Tensor, values: Tensor, how: Walk, strength: float) -> Tensor:
        """Vectors of sequences like given ones under new conditions, (n, size).

        Noise takes the vectors part of the way, and the denoiser brings them back under the conditions (SDEdit, Meng
        et al. 2022, arXiv:2108.01073).

        Args:
            tokens: (n, length) the given sequences.
            noise: (n, size) standard normal.
            values: (n, properties) in their own units, NaN where free.
            how: the steps of the whole way.
            strength: part of the way, 0 to 1: little keeps much.
        """
        clean = self.standardise(self.autoencoder.encode(tokens))
        noisy = begin(self.denoiser, clean, noise, how, strength)
        return self.back(walk(self.denoiser, noisy, values, _source(noise), how, since=strength))

    @torch.no_grad()
    def between(self, tokens: Tensor, steps: int) -> Tensor:
        """Vectors on the way from one sequence to another, both included: (steps, size).

        Args:
            tokens: (2, length) the two sequences.
            steps: how many.
        """
        first, last = self.autoencoder.encode(tokens)
        parts, read = torch.linspace(0, 1, steps), self.config.autoencoder.read
        straight = first[:read] + parts[:, None] * (last - first)[:read]
        return torch.cat([straight, on_arc(first[read:], last[read:], parts)], dim=1)

    def back(self, standardised: Tensor) -> Tensor:
        """What :meth:`standardise` gave, or a denoiser made, as the decoder takes it: (n, size)."""
        return self.autoencoder.settled(standardised * self.scale + self.centre)


def on_arc(first: Tensor, last: Tensor, parts: Tensor) -> Tensor:
    """Spherical interpolation (Shoemake 1985) between two vectors (size,) of equal length, at parts (n,): (n, size)."""
    cosine = nn.functional.cosine_similarity(first, last, dim=0).clamp(-1, 1)
    angle = cosine.acos()
    if float(angle) < 1e-4:
        return first + parts[:, None] * (last - first)
    before, after = ((1 - parts) * angle).sin(), (parts * angle).sin()
    out: Tensor = (before[:, None] * first + after[:, None] * last) / angle.sin()
    return out


def _source(noise: Tensor) -> torch.Generator:
    """Random numbers for the noise of single steps, the same for the same start."""
    return torch.Generator().manual_seed(int(noise.double().sum().abs() * 1e6) % 2**63)
