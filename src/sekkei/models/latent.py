"""An autoencoder of token sequences: a sequence as one vector, and back.

The chapter diffuses descriptors that nothing turns back into a molecule or a material. These vectors can be: an
autoregressive decoder writes the sequence that a vector stands for (Rombach et al. 2022, arXiv:2112.10752, for images;
Gomez-Bombarelli et al. 2018, doi:10.1021/acscentsci.7b00572, for SMILES).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from sekkei.models.causal import CausalConfig, ConditionalGPT, Tally
from sekkei.models.tokens import EOS, PAD


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
    """

    vocabulary: int
    width: int
    encoder: int
    decoder: int
    heads: int
    positions: int
    size: int = 128

    def as_dict(self) -> dict[str, object]:
        """The fields as plain values, for ``config.json``."""
        return asdict(self)


class LatentDecoder(ConditionalGPT):
    """A GPT that writes the sequence a vector stands for: the vector is its condition, added at every position."""

    def __init__(self, config: LatentConfig) -> None:
        """Build an untrained network."""
        super().__init__(
            CausalConfig(
                config.vocabulary, config.width, config.decoder, config.heads, config.positions, (), (), (), sums=False
            )
        )
        self.enter = nn.Sequential(
            nn.Linear(config.size, config.width), nn.GELU(), nn.Linear(config.width, config.width)
        )

    def condition(self, values: Tensor) -> Tensor:
        """Vectors (batch, size) as :meth:`embed` takes them."""
        out: Tensor = self.enter(values)
        return out


class LatentEncoder(nn.Module):
    """A transformer that reads a sequence both ways; what it found is averaged over the positions."""

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
        self.leave = nn.Linear(2 * config.width, config.size)
        for table in (self.tokens, self.places):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, tokens: Tensor) -> Tensor:
        """(batch, size) of tokens (batch, length), which begin with ``BOS``; ``EOS`` and padding say nothing."""
        padding = (tokens == PAD) | (tokens == EOS)
        tokens = tokens.masked_fill(padding, PAD)
        counted, _ = self.tally(tokens)
        hidden = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device)) + counted
        for block in self.layer:
            hidden = block(hidden, src_key_padding_mask=padding)
        hidden = self.norm(hidden).masked_fill(padding[..., None], 0.0)
        mean = hidden.sum(dim=1) / (~padding).sum(dim=1, keepdim=True)
        out: Tensor = self.leave(torch.cat([mean, hidden[:, 0]], dim=1))
        return out


class Autoencoder(nn.Module):
    """Sequence to vector and back.

    Vectors lie on a sphere: each has mean 0 and variance 1 over its coordinates, so that noise of a given size means
    the same everywhere, no coordinate can be lost, and a diffusion finds data of unit variance. While training, noise
    is added before decoding: neighbours decode alike because they must (a denoising autoencoder, Vincent et al. 2008).
    """

    def __init__(self, config: LatentConfig) -> None:
        """Build untrained networks."""
        super().__init__()
        self.config = config
        self.encoder = LatentEncoder(config)
        self.decoder = LatentDecoder(config)

    def encode(self, tokens: Tensor) -> Tensor:
        """(batch, size) of tokens (batch, length), which begin with ``BOS`` and are padded on the right."""
        return on_sphere(self.encoder(tokens))

    def forward(self, tokens: Tensor, noise: Tensor) -> Tensor:
        """Logits (batch, length, vocabulary) of the next tokens, from the vector with noise (batch, size) added."""
        out: Tensor = self.decoder(tokens, on_sphere(self.encode(tokens) + noise))
        return out


def on_sphere(vectors: Tensor) -> Tensor:
    """Vectors (..., size) moved to mean 0 and variance 1 over their coordinates."""
    return nn.functional.layer_norm(vectors, vectors.shape[-1:])
