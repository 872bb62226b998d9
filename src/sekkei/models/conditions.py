"""Any subset of target properties as one vector: standardise, expand, mask, embed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

FREQUENCIES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Angular frequencies [1 / standard deviation] of the Fourier features; the highest resolves about 0.1 deviations."""

CLIP = 6.0
"""Standardised values are clipped here, so one absurd value cannot swamp the others."""


class ConditionEncoder(nn.Module):
    """Embed property values, of which any may be absent, as one vector of the model's width.

    Each value is standardised and expanded into itself and sines and cosines of it (Tancik et al. 2020,
    Fourier features), next to a flag that it is given. An absent value (NaN) contributes zeros, so one
    network serves unconditional, single- and multi-property generation (Ho & Salimans 2022, sec. 3.2).
    """

    centre: Tensor
    scale: Tensor
    frequencies: Tensor

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
        self.register_buffer("frequencies", torch.tensor(FREQUENCIES), persistent=False)
        features = len(centre) * (2 + 2 * len(FREQUENCIES))
        self.net = nn.Sequential(nn.Linear(features, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, values: Tensor) -> Tensor:
        """Embed a batch of conditions.

        Args:
            values: (batch, properties) in their own units, NaN where a property is left free.

        Returns:
            (batch, width).
        """
        given = ~values.isnan()
        z = ((values - self.centre) / self.scale).nan_to_num(0.0).clamp(-CLIP, CLIP)
        angles = z[..., None] * self.frequencies
        features = torch.cat([z[..., None], angles.sin(), angles.cos(), torch.ones_like(z)[..., None]], dim=-1)
        out: Tensor = self.net((features * given[..., None]).flatten(1))
        return out
