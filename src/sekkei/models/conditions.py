"""Any subset of target properties as one vector: standardise, expand, mask, embed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

FREQUENCIES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Angular frequencies [1 / standard deviation] of the Fourier features; the highest resolves about 0.1 deviations."""

CLIP = 6.0
"""Standardised values are clipped here, so one absurd value cannot swamp the others."""


class Given(NamedTuple):
    """Target properties in standard deviations from the mean, zero where free, and a flag where given."""

    z: Tensor
    given: Tensor


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

    def standardise(self, values: Tensor) -> Given:
        """Values (batch, properties) in their own units, NaN where free, as ``Given``."""
        given = ~values.isnan()
        return Given(((values - self.centre) / self.scale).nan_to_num(0.0), given.float())

    def forward(self, wished: Given) -> Tensor:
        """Embed a batch of conditions as (batch, width)."""
        features = torch.cat([expand(wished.z), torch.ones_like(wished.z)[..., None]], dim=-1)
        out: Tensor = self.net((features * wished.given[..., None]).flatten(1))
        return out


class Remainder(nn.Module):
    """What is still missing to each target after every token.

    Many properties are nearly sums over the pieces of a molecule. What each token adds on average is fitted once, by
    least squares on training data; target minus sum so far tells the network at each position what is left to reach.
    The network learns what the sum leaves out. The output begins at zero: a network that gains it stays what it was.
    """

    shares: Tensor

    def __init__(self, vocabulary: int, properties: int, width: int) -> None:
        """Build it without knowledge of any token; :meth:`begin_with` gives it."""
        super().__init__()
        self.register_buffer("shares", torch.zeros(vocabulary, properties))
        self.project = nn.Linear(properties * (1 + 2 * len(FREQUENCIES)), width, bias=False)
        nn.init.zeros_(self.project.weight)

    def begin_with(self, shares: Tensor) -> None:
        """Set what each token adds (vocabulary, properties) [standard deviations]; the start token's is the offset."""
        self.shares.copy_(shares)

    def forward(self, tokens: Tensor, wished: Given, before: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Expand and embed what is left.

        Args:
            tokens: (batch, length).
            wished: the conditions, (batch, properties) each.
            before: (batch, properties) sums over earlier tokens, none where absent.

        Returns:
            (batch, length, width) to add to the embeddings, and the sums (batch, properties) after the last token.
        """
        sums = self.shares[tokens].cumsum(dim=1)
        if before is not None:
            sums = sums + before[:, None]
        left = expand(wished.z[:, None] - sums) * wished.given[:, None, :, None]
        return self.project(left.flatten(2)), sums[:, -1]


class Closing(nn.Module):
    """How much each possible next token would help to close what is missing.

    A token v with share s_v leaves r - s_v of a remainder r. A penalty k (r - s_v)^2 on that is, up to a constant,
    2 k r s_v - k s_v^2: a product of a vector read from the hidden state with (s_v, s_v^2). Knowing the shares, the
    network need not learn for each token anew what it brings. The output begins at zero.
    """

    def __init__(self, properties: int, width: int) -> None:
        """Build it for so many properties and hidden vectors of this width."""
        super().__init__()
        self.query = nn.Linear(width, 2 * properties, bias=False)
        nn.init.zeros_(self.query.weight)

    def forward(self, hidden: Tensor, shares: Tensor) -> Tensor:
        """Add to the logits: (..., width) and (vocabulary, properties) to (..., vocabulary)."""
        brought = torch.cat([shares, shares**2], dim=1)
        out: Tensor = self.query(hidden) @ brought.T
        return out
