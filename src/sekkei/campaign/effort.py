"""How a campaign draws, and how much it may spend."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from sekkei.generate.sample import Sampling


class Part(BaseModel):
    """Strict and unchanging: an unknown key, a wrong type or a number out of bounds is an error."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Draws(Part):
    """How the model is sampled; see ``sekkei.generate.sample.Sampling``. What is not given is as usual.

    Attributes:
        temperature: 1 where not given, for crystals 0.9; 0.92 for compositions and crystals under targets.
        top_k: keep the k likeliest tokens; 0 keeps all.
        top_p: keep the smallest set of tokens that holds this probability.
        guidance: 1 where not given. Under targets 1.25 for crystals; for compositions 2.5, and less as attempts repeat
            each other; for molecules by latent diffusion 5.
    """

    temperature: float | None = Field(default=None, gt=0.0, le=10.0)
    top_k: int = Field(default=0, ge=0, le=100_000)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    guidance: float | None = Field(default=None, ge=0.0, le=20.0)

    def over(self, usual: Sampling) -> Sampling:
        """The usual settings, except for what is given."""
        return replace(usual, **self.model_dump(exclude_none=True))


class Budget(Part):
    """How much may be spent.

    Attributes:
        max_generated: attempts after which the search stops; see :mod:`sekkei.campaign.spec` where not given.
        batch: most attempts in one round; what is found is stored after every round.
    """

    max_generated: int | None = Field(default=None, ge=1, le=1_000_000_000)
    batch: int = Field(default=1000, ge=1, le=100_000)
