"""Any subset of target properties as one vector: standardise, expand, mask, embed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

FREQUENCIES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Angular frequencies [1 / standard deviation] of the Fourier features; the highest resolves about 0.1 deviations."""

CLIP = 6.0
"""Standardised values are clipped here, so one absurd value cannot swamp the others."""


def expand(z: Tensor) -> Tensor:
    """Fourier features (Tancik et al. 2020): (..., properties) to (..., properties, 1 + 2 frequencies)."""
    z = z.clamp(-CLIP, CLIP)
    angles = z[..., None] * torch.tensor(FREQUENCIES, dtype=z.dtype, device=z.device)
    return torch.cat([z[..., None], angles.sin(), angles.cos()], dim=-1)


class ConditionEncoder(nn.Module):
    """Embed property values, of which any may be absent, as one vector of the model's width.

    Each value is standardised and expanded into itself and sines and cosines of it, next to a flag that it is given.
    An absent value (NaN) contributes zeros, so one network serves unconditional, single- and multi-property
    generation (Ho & Salimans 2022, sec. 3.2).
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, centre: Sequence[float], scale: Sequence[float], width: int) -> None:
        """Build the encoder.

        Args:
            centre: mean of each property in the training data, in its own unit.
            scale: standard deviation of each property, in its own unit.
            width: size of the vector returned.
        """
        super().__init__()
        self.register_buffer("centre", torch.tensor(centre, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))
        features = len(centre) * (2 + 2 * len(FREQUENCIES))
        self.net = nn.Sequential(nn.Linear(features, width), nn.GELU(), nn.Linear(width, width))

    def standardise(self, values: Tensor) -> Tensor:
        """Values (batch, properties) in their own units as deviations from the mean; NaN, where free, stays NaN."""
        return (values - self.centre) / self.scale

    def forward(self, wished: Tensor) -> Tensor:
        """Embed a batch of standardised conditions as (batch, width)."""
        given = wished.isfinite()
        z = wished.nan_to_num(0.0)
        features = torch.cat([expand(z), torch.ones_like(z)[..., None]], dim=-1)
        out: Tensor = self.net((features * given[..., None]).flatten(1))
        return out


class Remainder(nn.Module):
    """Embed what is still missing to each target after every token; it begins at zero."""

    def __init__(self, properties: int, width: int) -> None:
        """Build it for so many properties and vectors of this width."""
        super().__init__()
        self.project = nn.Linear(properties * (1 + 2 * len(FREQUENCIES)), width, bias=False)
        nn.init.zeros_(self.project.weight)

    def forward(self, left: Tensor) -> Tensor:
        """(batch, length, properties) [standard deviations], NaN where nothing is asked for, to (..., width)."""
        given = left.isfinite()
        out: Tensor = self.project((expand(left.nan_to_num(0.0)) * given[..., None]).flatten(2))
        return out
