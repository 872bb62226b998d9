"""An autoencoder of token sequences: a sequence as one vector, and back.

The chapter diffuses descriptors that nothing turns back into a molecule or a material. These vectors can be: an
autoregressive decoder writes the sequence that a vector stands for (Rombach et al. 2022, arXiv:2112.10752, for images;
Gomez-Bombarelli et al. 2018, doi:10.1021/acscentsci.7b00572, for SMILES).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from sekkei.models.causal import CausalConfig, ConditionalGPT, Entering, Tally
from sekkei.models.tokens import EOS, PAD

BOUND = 256
"""Size of the products that bind what stands in a sequence to its place."""


@dataclass(frozen=True)
class LatentConfig:
    """Everything needed to rebuild the networks before their weights are loaded.

    Attributes:
        vocabulary: number of tokens, the three special ones included.
        width: size of the hidden vectors.
        encoder: transformer blocks of the encoder.
        decoder: transformer blocks of the decoder.
        heads: attention heads in each block.
        positions: longest sequence, start token included.
        size: of the vector that stands for a sequence.
        read: how many of its coordinates, the first ones, are properties of the sequence, of mean 0 and variance 1.
        properties: names of those that the decoder is told, any subset of them; one that is told any is also told how
            far off a vector may be.
        centre: mean of each property in the training data, in its unit.
        scale: standard deviation of each property, in its unit.
    """

    vocabulary: int
    width: int
    encoder: int
    decoder: int
    heads: int
    positions: int
    size: int = 128
    read: int = 0
    properties: tuple[str, ...] = ()
    centre: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @property
    def told(self) -> int:
        """Numbers that the decoder is given beside a vector."""
        return 1 + len(self.properties) if self.properties else 0

    def as_dict(self) -> dict[str, object]:
        """The fields as plain values, for ``config.json``."""
        return asdict(self)


class LatentDecoder(ConditionalGPT):
    """A GPT that writes the sequence a vector stands for.

    At every position it is given the vector, and what the vector says of this very place and token: a bilinear form of
    the two (multiplicative binding, Smolensky 1990, doi:10.1016/0004-3702(90)90007-M, of low rank).
    It may also be told the targets, which it follows as any GPT does, and how much noise the vector may hold, as the
    later stages of a cascade are (conditioning augmentation: Ho et al. 2022, arXiv:2106.15282, section 4): the more,
    the more it goes by what it knows of sequences in general.
    """

    def __init__(self, config: LatentConfig) -> None:
        """Build an untrained network."""
        super().__init__(
            CausalConfig(
                config.vocabulary, config.width, config.decoder, config.heads, config.positions, config.properties,
                config.centre, config.scale, sums=bool(config.properties),
            )
        )  # fmt: skip
        self.size = config.size
        self.enter = nn.Sequential(
            nn.Linear(config.size, config.width), nn.GELU(), nn.Linear(config.width, config.width)
        )
        self.reach = nn.Linear(config.size, BOUND)
        self.place_keys = nn.Embedding(config.positions, BOUND)
        self.token_keys = nn.Embedding(config.vocabulary, BOUND)
        self.fetch = nn.Linear(BOUND, config.width)
        if config.properties:
            self.trust = nn.Sequential(nn.Linear(1, 64), nn.GELU(), nn.Linear(64, 2 * (config.width + BOUND)))
            for last in (self.trust[2], self.conditions.net[2]):  # a decoder that is now told more stays what it was
                for part in last.parameters():
                    nn.init.zeros_(part)

    def condition(self, values: Tensor) -> Tensor:
        """Vectors as :meth:`embed` takes them.

        Args:
            values: (batch, size); where the decoder is told more (batch, size + 1 + properties), with the standard
                deviation of the noise and the targets in their own units, NaN where free.

        Returns:
            (batch, BOUND + width + properties).
        """
        vectors, doubt, wishes = values.tensor_split([self.size, self.size + 1], dim=1)
        reached, whole = self.reach(vectors), self.enter(vectors)
        if not wishes.shape[1]:
            return torch.cat([reached, whole], dim=1)
        gain, shift = self.trust(doubt).chunk(2, dim=1)
        reached, whole = (torch.cat([reached, whole], dim=1) * (1 + gain) + shift).split([BOUND, whole.shape[1]], dim=1)
        wished = self.conditions.standardise(wishes)
        return torch.cat([reached, whole + self.conditions(wished), wished], dim=1)

    def untold(self, values: Tensor) -> Tensor:
        """Values as :meth:`condition` takes them, with every target free; the vectors stay."""
        return torch.cat([values[:, : self.size + 1], torch.full_like(values[:, self.size + 1 :], torch.nan)], dim=1)

    def embed(self, tokens: Tensor, condition: Tensor, before: Tensor | None = None) -> Entering:
        """What enters the first block; ``after`` also counts the tokens, since a place is part of what is asked."""
        reached, rest = condition.tensor_split([BOUND], dim=1)
        sums, done = (None, None) if before is None else before.tensor_split([-1], dim=1)
        entering = super().embed(tokens, rest, sums)
        places = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
        if done is not None:
            places = places + done.long()
        keys = self.place_keys(places) + self.token_keys(tokens)
        after = torch.cat([entering.after, places[:, -1:] + 1.0], dim=1)
        return entering._replace(vectors=entering.vectors + self.fetch(reached[:, None] * keys), after=after)


class LatentEncoder(nn.Module):
    """A transformer that reads a sequence both ways; what it found is averaged over the positions, bound to them."""

    def __init__(self, config: LatentConfig) -> None:
        """Build an untrained network."""
        super().__init__()
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.places = nn.Embedding(config.positions, config.width)
        self.tally = Tally(config.vocabulary, config.width)
        self.layer = nn.ModuleList(
            nn.TransformerEncoderLayer(
                config.width, config.heads, 4 * config.width, dropout=0.0, activation="gelu", batch_first=True,
                norm_first=True,
            )
            for _ in range(config.encoder)
        )  # fmt: skip
        self.norm = nn.LayerNorm(config.width)
        self.bind = nn.Linear(config.width, BOUND)
        self.place_keys = nn.Embedding(config.positions, BOUND)
        self.leave = nn.Linear(2 * config.width + BOUND, config.size)
        for table in (self.tokens, self.places):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        """(batch, size) of tokens (batch, length), which begin with ``BOS``; ``EOS`` and padding say nothing."""
        padding = (tokens == PAD) | (tokens == EOS)
        tokens = tokens.masked_fill(padding, PAD)
        counted, _ = self.tally(tokens)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        hidden = self.tokens(tokens) + self.places(places) + counted
        with sdpa_kernel(SDPBackend.MATH):  # at some ten tokens a sequence, plain products beat the fused kernels
            for block in self.layer:
                hidden = block(hidden, src_key_padding_mask=padding)
        hidden = self.norm(hidden)
        found = torch.cat([hidden, self.bind(hidden) * self.place_keys(places)], dim=2).masked_fill(
            padding[..., None], 0.0
        )
        mean = found.sum(dim=1) / (~padding).sum(dim=1, keepdim=True)
        out: Tensor = self.leave(torch.cat([mean, hidden[:, 0]], dim=1))
        return out


class Autoencoder(nn.Module):
    """Sequence to vector and back.

    Vectors lie on a sphere: each has mean 0 and variance 1 over its coordinates, so that noise of a given size means
    the same everywhere, no coordinate can be lost, and a diffusion finds data of unit variance. While training, noise
    is added before decoding, and at times a part of another vector, since what a diffusion makes lies between them:
    neighbours decode alike because they must (a denoising autoencoder, Vincent et al. 2008).
    Some coordinates, beside the sphere, are properties that the encoder reads off the sequence: what a diffusion is
    told of them it finds there, and the decoder writes accordingly (a property predictor trained with the autoencoder:
    Gomez-Bombarelli et al. 2018).
    """

    def __init__(self, config: LatentConfig) -> None:
        """Build untrained networks."""
        super().__init__()
        self.config = config
        self.encoder = LatentEncoder(config)
        self.decoder = LatentDecoder(config)

    def encode(self, tokens: Tensor) -> Tensor:
        """(batch, size) of tokens (batch, length), which begin with ``BOS`` and are padded on the right."""
        return self.settled(self.encoder(tokens))

    def forward(self, tokens: Tensor, noise: Tensor, other: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the next tokens, from disturbed vectors, and what is read.

        Args:
            tokens: (batch, length).
            noise: (batch, size), added.
            other: (batch, 1) how much of the vector of the sequence before is added; nothing of what is read.
            told: (batch, 1 + properties) the standard deviation of all that and the targets, NaN where free, where the
                decoder is told them.

        Returns:
            (batch, length, vocabulary) and (batch, read).
        """
        vectors, read = self.encode(tokens), self.config.read
        beside = functional.pad(vectors.roll(1, 0)[:, read:], (read, 0))
        disturbed = self.settled(vectors + noise + other * beside)
        return self.decoder(tokens, torch.cat([disturbed, told[:, : self.config.told]], dim=1)), vectors[:, :read]

    def settled(self, vectors: Tensor) -> Tensor:
        """Vectors (..., size) moved to the sphere; what is read stays."""
        read = self.config.read
        return torch.cat([vectors[..., :read], on_sphere(vectors[..., read:])], dim=-1)


def on_sphere(vectors: Tensor) -> Tensor:
    """Vectors (..., n) moved to mean 0 and variance 1 over their coordinates."""
    return nn.functional.layer_norm(vectors, vectors.shape[-1:])
