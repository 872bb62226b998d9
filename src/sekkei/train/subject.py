"""What a latent diffusion model learns: sequences with properties, and how what was learned is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sekkei.data.encode import EncodedSet
from sekkei.models.latent_diffusion import LatentDiffusion


@dataclass(frozen=True)
class Shape:
    """Shape of a new model.

    Attributes:
        width: of the autoencoder.
        encoder: blocks of the encoder.
        decoder: blocks of the decoder.
        heads: attention heads in each block.
        size: of the vectors.
        wide: width of the denoiser.
        deep: blocks of the denoiser.
        noise: largest standard deviation of what is added to a vector before it is decoded in training.
        mixed: largest part of another vector that is added as well.
        read: whether some coordinates of a vector are the properties.
        doubt: how far off the decoder is told that vectors of the denoiser may be, in units of ``noise``; where this is
            0 it is told neither that nor the targets.
    """

    width: int = 192
    encoder: int = 3
    decoder: int = 4
    heads: int = 6
    size: int = 128
    wide: int = 320
    deep: int = 4
    noise: float = 0.3
    mixed: float = 0.0
    read: bool = False
    doubt: float = 0.0


@dataclass(frozen=True)
class Subject:
    """Sequences of one domain.

    Attributes:
        things: what they stand for, for messages.
        encoded: all sequences with their properties.
        held_out: rows that are kept for measuring.
        rows: rows to learn from.
        vocabulary: tokens of the codec.
        positions: longest sequence, start token included.
        properties: names of the properties, in order.
        finish: writes the model folder, given network and record of the run.
        shape: of the networks that learn it.
        yes_or_no: names of the properties that are 1 or 0.
    """

    things: str
    encoded: EncodedSet
    held_out: NDArray[np.int64]
    rows: NDArray[np.int64]
    vocabulary: int
    positions: int
    properties: tuple[str, ...]
    finish: Callable[[LatentDiffusion, dict[str, Any]], None]
    shape: Shape = Shape()
    yes_or_no: tuple[str, ...] = ()

    @property
    def spread(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of each property where it is known, 0 and 1 where it never is."""
        values = self.encoded.values[self.rows].astype(float)
        known = np.isfinite(values).any(axis=0)
        centre, scale = np.zeros(values.shape[1]), np.ones(values.shape[1])
        centre[known] = np.nanmean(values[:, known], axis=0).round(4)
        scale[known] = np.maximum(np.nanstd(values[:, known], axis=0), 1e-3).round(4)
        return tuple(centre.tolist()), tuple(scale.tolist())
