"""Noise and its removal, without any network: schedules, and the steps of DDPM and DDIM.

Equations are numbered after Ho et al. 2020 (arXiv:2006.11239, "DDPM") and Song et al. 2021 (arXiv:2010.02502,
"DDIM"). A time step runs from 0 (a little noise) to ``steps - 1`` (nothing else); -1 stands for clean data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import torch
from torch import Tensor

from sekkei.core.errors import UserError, did_you_mean

Kind = Literal["noise", "clean", "velocity"]
"""What a network predicts: the noise (DDPM, eq. 14), the clean data, or v (Salimans & Ho 2022, arXiv:2202.00512)."""

Variance = Literal["small", "large"]
"""Of the reverse step: the posterior's, right where the data are one point, or beta, right where they are all noise
(DDPM, section 3.2)."""

_SMALLEST = 1e-20
_MOST_STEPS = 100_000


@dataclass(frozen=True)
class NoiseSchedule:
    """How much noise each forward step adds.

    Attributes:
        betas: (steps,) variance that each step adds, 0 to 1, in double precision.
    """

    betas: Tensor

    @classmethod
    def linear(cls, steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> NoiseSchedule:
        """Betas that grow evenly (DDPM, section 4)."""
        return cls(torch.linspace(first, last, _checked(steps), dtype=torch.float64))

    @classmethod
    def cosine(cls, steps: int = 1000, offset: float = 0.008, most: float = 0.999) -> NoiseSchedule:
        """What is left of the data falls as a squared cosine (Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 17)."""
        time = torch.arange(_checked(steps) + 1, dtype=torch.float64) / steps
        left = ((time + offset) / (1 + offset) * torch.pi / 2).cos() ** 2
        return cls((1 - left[1:] / left[:-1]).clamp(max=most))

    @classmethod
    def named(cls, name: str, steps: int = 1000) -> NoiseSchedule:
        """``linear`` or ``cosine``.

        Raises:
            UserError: another name, or steps outside 1 to 100,000.
        """
        known = {"linear": cls.linear, "cosine": cls.cosine}
        if name not in known:
            raise UserError(f"unknown noise schedule '{name}'", "schedule", did_you_mean(name, known))
        return known[name](steps)

    def __len__(self) -> int:
        """Number of forward steps."""
        return len(self.betas)

    @cached_property
    def left(self) -> Tensor:
        """(steps,) alpha-bar: the share of the data's variance that is left after each step (DDPM, eq. 4)."""
        return (1 - self.betas).cumprod(0)

    def left_at(self, time: Tensor) -> Tensor:
        """Alpha-bar at time steps (n,), as a column; 1 at -1."""
        return torch.where(time < 0, 1.0, self.left.to(time.device)[time.clamp(min=0)])[:, None]

    def signal_to_noise(self, time: Tensor) -> Tensor:
        """(n,) alpha-bar over one minus alpha-bar."""
        left = self.left.to(time.device)[time]
        return left / (1 - left)

    def add_noise(self, clean: Tensor, noise: Tensor, time: Tensor) -> Tensor:
        """Data (n, d) after ``time`` (n,) forward steps at once (DDPM, eq. 4)."""
        left = self.left_at(time)
        return (left.sqrt() * clean + (1 - left).sqrt() * noise).to(clean.dtype)

    def target(self, clean: Tensor, noise: Tensor, time: Tensor, kind: Kind) -> Tensor:
        """(n, d) what a network of this kind should predict."""
        if kind == "velocity":
            left = self.left_at(time)
            return (left.sqrt() * noise - (1 - left).sqrt() * clean).to(clean.dtype)
        return noise if kind == "noise" else clean

    def clean_of(self, predicted: Tensor, noisy: Tensor, time: Tensor, kind: Kind, clip: float | None = None) -> Tensor:
        """(n, d) the clean data that a prediction stands for (DDPM, eq. 15), clipped to [-clip, clip]."""
        left = self.left_at(time)
        if kind == "velocity":
            clean = left.sqrt() * noisy - (1 - left).sqrt() * predicted
        elif kind == "noise":
            clean = (noisy - (1 - left).sqrt() * predicted) / left.sqrt()
        else:
            clean = predicted
        return clean if clip is None else clean.clamp(-clip, clip)

    def noise_of(self, clean: Tensor, noisy: Tensor, time: Tensor) -> Tensor:
        """(n, d) the noise between clean and noisy data."""
        left = self.left_at(time)
        return (noisy - left.sqrt() * clean) / (1 - left).sqrt()

    def ddpm_step(
        self, clean: Tensor, noisy: Tensor, time: Tensor, before: Tensor, noise: Tensor, variance: Variance = "small"
    ) -> Tensor:
        """One ancestral step from ``time`` to ``before`` (DDPM, eq. 6 and 7), also over several forward steps.

        Args:
            clean: (n, d) the clean data as predicted at ``time``.
            noisy: (n, d) data at ``time``.
            time: (n,) where the data stand.
            before: (n,) where they go, below ``time``.
            noise: (n, d) standard normal; not used by rows that come out clean.
            variance: of the step.
        """
        left, after = self.left_at(time), self.left_at(before)
        kept = left / after
        beta = 1 - kept
        mean = (after.sqrt() * beta * clean + kept.sqrt() * (1 - after) * noisy) / (1 - left)
        spread = (beta * (1 - after) / (1 - left)).clamp(min=_SMALLEST) if variance == "small" else beta
        return (mean + torch.where(before[:, None] >= 0, spread.sqrt() * noise, 0.0)).to(noisy.dtype)

    def ddim_step(
        self, clean: Tensor, noisy: Tensor, time: Tensor, before: Tensor, noise: Tensor | None = None, eta: float = 0.0
    ) -> Tensor:
        """One step of DDIM (eq. 12), with the noise of eq. 16: none at ``eta`` 0, that of DDPM at 1.

        Args:
            clean: (n, d) the clean data as predicted at ``time``.
            noisy: (n, d) data at ``time``.
            time: (n,) where the data stand.
            before: (n,) where they go, below ``time``.
            noise: (n, d) standard normal; needed where ``eta`` is above 0.
            eta: 0 to 1.
        """
        left, after = self.left_at(time), self.left_at(before)
        sigma = eta * ((1 - after) / (1 - left) * (1 - left / after)).sqrt()
        towards = (1 - after - sigma**2).clamp(min=0.0).sqrt() * self.noise_of(clean, noisy, time)
        made = after.sqrt() * clean + towards
        return (made if noise is None else made + sigma * noise).to(noisy.dtype)

    def times(self, count: int) -> list[int]:
        """``count`` evenly spread time steps, from the noisiest down, the last of which leads to clean data.

        The first is always the last forward step ("trailing", Lin et al. 2024, arXiv:2305.08891, table 2).

        Raises:
            UserError: fewer than 1 or more than there are.
        """
        if not 1 <= count <= len(self):
            raise UserError(f"{count} is outside 1 to {len(self)}", "steps", "20 to 50 are usual for DDIM")
        return [round((place + 1) * len(self) / count) - 1 for place in reversed(range(count))]


def weights(schedule: NoiseSchedule, time: Tensor, kind: Kind, most: float | None = 5.0) -> Tensor:
    """(n,) weights of the squared errors, so that no part of the way is trained at the cost of another.

    Min-SNR (Hang et al. 2023, arXiv:2303.09556, eq. 5 and section 3.4): the error of the clean data counts by the
    signal-to-noise ratio, ``most`` at most; None weighs the prediction itself evenly.
    """
    if most is None:
        return torch.ones_like(time, dtype=torch.float64)
    ratio = schedule.signal_to_noise(time)
    clipped = ratio.clamp(max=most)
    return {"noise": clipped / ratio, "velocity": clipped / (ratio + 1), "clean": clipped}[kind]


def kind_named(name: str) -> Kind:
    """A kind of prediction by its word.

    Raises:
        UserError: there is none of that name.
    """
    for kind in get_args(Kind):
        if name == kind:
            return kind  # type: ignore[no-any-return]
    raise UserError(f"unknown kind of prediction '{name}'", "kind", did_you_mean(name, get_args(Kind)))


def _checked(steps: int) -> int:
    if not 1 <= steps <= _MOST_STEPS:
        raise UserError(f"{steps} is outside 1 to {_MOST_STEPS}", "steps", "1000 is usual")
    return steps
