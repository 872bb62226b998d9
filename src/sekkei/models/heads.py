"""What stands on an encoder: answers with their uncertainty, and the two tasks of pre-training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

Kind = Literal["number", "class"]


class EncoderNet(Protocol):
    """What heads need of :class:`~sekkei.models.matbert.MatBERT` and its kin."""

    pad: int

    @property
    def width(self) -> int:
        """Size of the hidden vectors."""

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Tokens, and whatever goes with them, to hidden vectors (batch, length, width)."""


class TokenNet(EncoderNet, Protocol):
    """What pre-training on tokens needs beside that."""

    mask: int

    @property
    def ordinary(self) -> Tensor:
        """Numbers of the tokens that stand for something."""

    @property
    def words(self) -> nn.Embedding:
        """The learned vectors of the tokens."""


def pooled(encoder: EncoderNet, *inputs: Tensor) -> Tensor:
    """One vector per object: the mean hidden vector over all that is not padding, (batch, width)."""
    return _mean(encoder(*inputs), inputs[0] != encoder.pad)


def _mean(hidden: Tensor, there: Tensor) -> Tensor:
    weights = there[..., None].to(hidden.dtype)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp_min(1.0)


class Answers(nn.Module):
    """An encoder with one answer per task: a number with its expected error, or the logit of a class.

    Attributes:
        encoder: the encoder.
        kinds: of each task.
    """

    def __init__(self, encoder: nn.Module, width: int, kinds: Sequence[Kind], dropout: float = 0.1) -> None:
        """Put fresh heads on an encoder whose hidden vectors are ``width`` wide."""
        super().__init__()
        self.encoder = encoder
        self.kinds = tuple(kinds)
        self.head = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width, 2 * len(kinds)),
        )
        self.register_buffer("centre", torch.zeros(len(kinds)))
        self.register_buffer("scale", torch.ones(len(kinds)))
        self.centre: Tensor
        self.scale: Tensor

    def standardise(self, labels: Tensor) -> None:
        """Take the scale of the numbers from labels (n, tasks), NaN where unknown."""
        for task, kind in enumerate(self.kinds):
            known = labels[:, task][labels[:, task].isfinite()]
            if kind == "number" and len(known):
                self.centre[task] = known.mean()
                self.scale[task] = known.std(correction=0).clamp_min(1e-6)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Raw answers: standardised numbers or logits, and logarithms of the standardised expected errors.

        Returns:
            Two (batch, tasks).
        """
        out = self.head(pooled(cast("EncoderNet", self.encoder), *inputs))
        values, logs = out.unflatten(1, (len(self.kinds), 2)).unbind(dim=2)
        return values, logs.clamp(-6.0, 6.0)

    def loss(self, inputs: Sequence[Tensor], labels: Tensor) -> Tensor:
        """Mean negative log-likelihood per known label.

        Numbers have a Laplace distribution whose width is learned (Kendall & Gal, NeurIPS 2017, arXiv:1703.04977,
        sec. 2.2, for the Laplace case Goodall & Lee, Nat. Commun. 11, 6280, 2020); classes a Bernoulli one.

        Args:
            inputs: of the encoder.
            labels: (batch, tasks) in their own units, NaN where unknown.
        """
        values, logs = (out.float() for out in self(*inputs))
        known = labels.isfinite()
        targets = torch.where(known, (labels - self.centre) / self.scale, 0.0)
        number = (values - targets).abs() * torch.exp(-logs) + logs
        kind = functional.binary_cross_entropy_with_logits(values, targets.clamp(0.0, 1.0), reduction="none")
        is_number = torch.tensor([one == "number" for one in self.kinds], device=values.device)
        losses = torch.where(is_number, number, kind)
        return torch.where(known, losses, 0.0).sum() / known.sum().clamp_min(1)

    def answer(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Answers in their own units: numbers or probabilities, and expected absolute errors. Two (batch, tasks)."""
        values, logs = self(*inputs)
        classes = torch.tensor([one == "class" for one in self.kinds], device=values.device)
        numbers = values * self.scale + self.centre
        return torch.where(classes, torch.sigmoid(values), numbers), torch.exp(logs) * self.scale


class Pretraining(nn.Module):
    """An encoder with the heads of its pre-training: which token stood here, and which two belong together.

    Attributes:
        encoder: what is kept afterwards.
    """

    def __init__(self, encoder: nn.Module, width: int) -> None:
        """Put fresh heads on an encoder whose hidden vectors are ``width`` wide."""
        super().__init__()
        self.encoder = encoder
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.project = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width // 2))

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the token at every position (batch, length, vocabulary), and a unit vector (batch, width / 2).

        The vectors of the tokens serve a second time as those of the answers, as in BERT.
        """
        net = cast("TokenNet", self.encoder)
        hidden = net(*inputs)
        logits = self.transform(hidden) @ net.words.weight.T
        mean = _mean(hidden, inputs[0] != net.pad)
        return logits, functional.normalize(self.project(mean).float(), dim=1)


class Describing(nn.Module):
    """An encoder with the heads of its pre-training on descriptors: numbers, and what is present.

    Attributes:
        encoder: what is kept afterwards.
    """

    def __init__(self, encoder: nn.Module, width: int, numbers: int, flags: int) -> None:
        """Put fresh heads on an encoder whose hidden vectors are ``width`` wide."""
        super().__init__()
        self.encoder = encoder
        self.numbers = numbers
        self.head = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, numbers + flags))

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Standardised numbers (batch, numbers), and logits of what is present (batch, flags)."""
        out: Tensor = self.head(pooled(cast("EncoderNet", self.encoder), *inputs)).float()
        return out[:, : self.numbers], out[:, self.numbers :]
