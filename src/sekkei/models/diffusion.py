"""A denoiser of vectors under any subset of property conditions, and what walks it from noise to data.

The chapter's network is three linear layers to which t/T is appended. This one is a residual network whose every block
is scaled, shifted and gated by time and conditions (adaLN-Zero: Peebles & Xie 2023, arXiv:2212.09748, section 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from sekkei.core.errors import UserError
from sekkei.models.conditions import ConditionEncoder
from sekkei.models.schedules import Kind, NoiseSchedule, Variance, kind_named

_SLOWEST = 10_000.0
_TIMES = 128

Push = Callable[[Tensor, int], Tensor]
"""Given clean vectors as predicted (n, size) and the time step, the direction (n, size) in which to push them, such as
the gradient of a property predictor's log-likelihood (Dhariwal & Nichol 2021, arXiv:2105.05233, section 4); autograd
works in it."""


@dataclass(frozen=True)
class DenoiserConfig:
    """Everything needed to rebuild the network before its weights are loaded.

    Attributes:
        size: of the vectors.
        width: of the hidden vectors.
        layers: residual blocks.
        properties: names of the properties that can condition it, in order.
        centre: mean of each property in the training data, in its unit.
        scale: standard deviation of each property, in its unit.
        schedule: ``linear`` or ``cosine``.
        steps: forward steps of the schedule.
        kind: what it predicts: ``noise``, ``clean`` or ``velocity``.
        yes_or_no: names of the properties that are 1 or 0.
    """

    size: int
    width: int
    layers: int
    properties: tuple[str, ...] = ()
    centre: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    schedule: str = "cosine"
    steps: int = 1000
    kind: str = "velocity"
    yes_or_no: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The fields as plain values, for ``config.json``."""
        return asdict(self)


class Block(nn.Module):
    """A feed-forward block that time and conditions scale, shift and gate; at first it passes everything on."""

    def __init__(self, width: int) -> None:
        """Build it for vectors of this width."""
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.told = nn.Linear(width, 3 * width)
        self.net = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        nn.init.zeros_(self.told.weight)
        nn.init.zeros_(self.told.bias)

    def forward(self, hidden: Tensor, told: Tensor) -> Tensor:
        """(n, width) vectors, (n, width) of what is told."""
        scale, shift, gate = self.told(told).chunk(3, dim=1)
        moved: Tensor = self.net(self.norm(hidden) * (1 + scale) + shift)
        out: Tensor = hidden + gate * moved
        return out


class Denoiser(nn.Module):
    """Predicts noise, clean vector or velocity from a noisy vector, its time and any subset of conditions."""

    def __init__(self, config: DenoiserConfig) -> None:
        """Build an untrained network."""
        super().__init__()
        self.config = config
        self.kind: Kind = kind_named(config.kind)
        self.schedule = NoiseSchedule.named(config.schedule, config.steps)
        width = config.width
        self.enter = nn.Linear(config.size, width)
        self.time = nn.Sequential(nn.Linear(_TIMES, width), nn.SiLU(), nn.Linear(width, width))
        if config.properties:
            self.conditions = ConditionEncoder(config.centre, config.scale, width)
        self.layer = nn.ModuleList(Block(width) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.told = nn.Linear(width, 2 * width)
        self.leave = nn.Linear(width, config.size)
        for module in (self.told, self.leave):
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(self, noisy: Tensor, time: Tensor, values: Tensor) -> Tensor:
        """Predict.

        Args:
            noisy: (n, size).
            time: (n,) time steps, or (1,) the one of all.
            values: (n, properties) in their own units, NaN where free, or (1, properties) those of all.

        Returns:
            (n, size).
        """
        told = self.time(waves(time))
        if self.config.properties:
            told = told + self.conditions(self.conditions.standardise(values))
        told = nn.functional.silu(told)
        hidden = self.enter(noisy)
        for block in self.layer:
            hidden = block(hidden, told)
        scale, shift = self.told(told).chunk(2, dim=1)
        out: Tensor = self.leave(self.norm(hidden) * (1 + scale) + shift)
        return out


def waves(time: Tensor) -> Tensor:
    """Sines and cosines of time steps (n,), (n, 128): the embedding of DDPM (Vaswani et al. 2017, section 3.5)."""
    rates = torch.exp(-math.log(_SLOWEST) * torch.arange(_TIMES // 2, device=time.device) / (_TIMES // 2))
    angles = time[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


@dataclass(frozen=True)
class Walk:
    """How noise becomes data.

    Attributes:
        steps: of the reverse process, each one pass through the network, two under guidance.
        method: ``ddim``, right with few steps, or ``ddpm``, with as many as the schedule has.
        eta: noise of DDIM's steps, 0 to 1.
        variance: of DDPM's steps.
        guidance: classifier-free guidance weight (Ho & Salimans 2022, eq. 6, as 1 + w): 1 is plain, above 1 pushes
            towards the conditions, 0 ignores them.
        insistence: the same for conditions that are yes or no. These push away from the contrary, a clearer direction
            than away from what is free, since most of that may be the same.
        clip: largest clean coordinate [standard deviations of the data]; None for any.
    """

    steps: int = 50
    method: Literal["ddim", "ddpm"] = "ddim"
    eta: float = 0.0
    variance: Variance = "small"
    guidance: float = 1.0
    insistence: float = 4.0
    clip: float | None = 4.0

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        if self.steps < 1:
            raise UserError(f"{self.steps} is below 1", "steps", "20 to 50 are usual for DDIM")
        if not 0 <= self.eta <= 1:
            raise UserError(f"{self.eta} is outside 0 to 1", "eta", "0 adds no noise, 1 is DDPM")
        if not 0 <= self.guidance <= 20:
            raise UserError(f"{self.guidance} is outside 0 to 20", "guidance", "1 is plain, 1.5 to 3 is usual")
        if not math.isfinite(self.insistence) or self.insistence < 0:
            raise UserError(f"{self.insistence} is below 0", "insistence", "4 is usual")
        if self.clip is not None and not self.clip > 0:
            raise UserError(f"{self.clip} is not above 0", "clip", "4 is usual, None clips nothing")
        if self.method not in ("ddim", "ddpm"):
            raise UserError(f"unknown method '{self.method}'", "method", "ddim or ddpm")


@torch.no_grad()
def walk(
    denoiser: Denoiser,
    start: Tensor,
    values: Tensor,
    random: torch.Generator,
    how: Walk = Walk(),
    push: Push | None = None,
    since: float = 1.0,
) -> Tensor:
    """Take noise away until data are left.

    Args:
        denoiser: in evaluation mode.
        start: (n, size) standard normal vectors; where ``since`` is below 1, data with as much noise as
            :func:`begin` adds.
        values: (n, properties) in their own units, NaN where free.
        random: source of the noise of single steps.
        how: the steps.
        push: moves the clean vectors that each step predicts, by its return value times 1 - alpha-bar, the variance of
            what is not known of them yet.
        since: part of the way that is walked, from its noisy end at 1 to its clean end at 0.

    Returns:
        (n, size) vectors.
    """
    times = steps_of(denoiser.schedule, how.steps, since)
    now, values = start, _once(values)
    noisy = how.method == "ddpm" or how.eta > 0
    for time, before in zip(times, [*times[1:], -1], strict=True):
        stands, goes = torch.tensor([time]), torch.tensor([before])
        predicted = _guided(denoiser, now, stands, values, how)
        clean = denoiser.schedule.clean_of(predicted, now, stands, denoiser.kind, how.clip).float()
        if push is not None:
            with torch.enable_grad():  # it may well be the gradient of a property that a network predicts
                pushed = push(clean.detach(), time).detach()
            clean = clean + (1 - float(denoiser.schedule.left[time])) * pushed
        noise = torch.randn(now.shape, generator=random) if noisy else torch.zeros(())
        if how.method == "ddim":
            now = denoiser.schedule.ddim_step(clean, now, stands, goes, noise, how.eta)
        else:
            now = denoiser.schedule.ddpm_step(clean, now, stands, goes, noise, how.variance)
    return now


def begin(denoiser: Denoiser, clean: Tensor, noise: Tensor, how: Walk, since: float) -> Tensor:
    """Data (n, size) with the noise that a walk over the part ``since`` of the way takes away again."""
    first = steps_of(denoiser.schedule, how.steps, since)[0]
    return denoiser.schedule.add_noise(clean, noise, torch.full((len(clean),), first))


def steps_of(schedule: NoiseSchedule, count: int, since: float = 1.0) -> Sequence[int]:
    """The time steps of a walk over a part of the way; at least one.

    Raises:
        UserError: ``since`` is outside 0 to 1.
    """
    if not 0 < since <= 1:
        raise UserError(f"{since} is not above 0 and at most 1", "strength", "0.3 keeps much, 0.7 changes much")
    times = schedule.times(count)
    return times[min(round((1 - since) * count), count - 1) :]


def _once(values: Tensor) -> Tensor:
    """Conditions (n, properties) as (1, properties) where all rows are alike: what they tell is then found once."""
    alike = torch.equal(values.nan_to_num(torch.inf), values[:1].nan_to_num(torch.inf).expand_as(values))
    return values[:1] if alike else values


def _guided(denoiser: Denoiser, noisy: Tensor, time: Tensor, values: Tensor, how: Walk) -> Tensor:
    """The prediction, pushed towards the conditions and, where yes or no is told, away from the contrary."""
    given: Tensor = denoiser(noisy, time, values)
    told = _answers(denoiser.config, values)
    answered, asked = bool(told.isfinite().any()), bool((values.isfinite() & told.isnan()).any())
    if not answered and (not asked or how.guidance == 1):
        return given
    middle = denoiser(noisy, time, _once(told)) if asked else given
    out: Tensor = middle + how.guidance * (given - middle)
    if not answered:
        return out
    contrary: Tensor = denoiser(noisy, time, _once(1 - told))
    return out + (how.insistence - 1) * (middle - contrary)


def _answers(config: DenoiserConfig, values: Tensor) -> Tensor:
    """The conditions (n, properties) that are yes or no; NaN for all others."""
    out = torch.full_like(values, torch.nan)
    for place in (config.properties.index(name) for name in config.yes_or_no):
        out[:, place] = values[:, place]
    return out
