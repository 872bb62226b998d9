"""What a campaign for crystals is asked to do."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sekkei import zoo
from sekkei.campaign.effort import Budget
from sekkei.campaign.spec import Campaign, MaterialLimits, WantedElements, Word

Generator = Literal["model", "exchange", "random"]
PotentialName = Literal["chgnet", "sevennet"]
Group = Annotated[int, Field(ge=1, le=230)]

MIN_POOL, POOL_PER_RELAXATION = 1000, 20
"""Attempts unless stated: the larger of the first, and the second times the relaxations allowed."""


class WantedCrystal(WantedElements):
    """Hard constraints on a crystal: those on its composition, and its symmetry.

    Attributes:
        spacegroups: space groups that it may be written in; empty for any.
    """

    spacegroups: Annotated[tuple[Group, ...], Field(strict=False, max_length=230)] = ()


class CrystalBudget(Budget):
    """How much may be spent.

    Attributes:
        batch: attempts in a round; all together unless stated, so that the best of all are relaxed.
        relax: most relaxations.
        probe: of how many of the stablest the bulk modulus is taken and the minimum tested by shaking.
        fmax: a relaxation is done below this largest force [eV/Angstrom].
        steps: most steps of a relaxation.
        seconds: longest time of a relaxation.
    """

    batch: int = Field(default=100_000, ge=1, le=100_000)
    relax: int = Field(default=100, ge=1, le=100_000)
    probe: int = Field(default=20, ge=0, le=100_000)
    fmax: float = Field(default=0.05, gt=0.0, le=10.0)
    steps: int = Field(default=200, ge=1, le=100_000)
    seconds: float = Field(default=300.0, gt=0.0, le=1e6)


class CrystalCampaign(Campaign):
    """A campaign for crystals.

    Attributes:
        level: what is proposed.
        generators: what proposes, in turns: ``model`` is the network, ``exchange`` ion exchange on prototypes,
            ``random`` prototypes with elements drawn evenly.
        prototypes: file or folder of further structures for ``exchange`` and ``random`` to start from, beside AFLOW's.
        potential: what judges energies and relaxes.
        second_judge: another potential that is asked about what the first has relaxed.
        hull: file of that potential's energies of known structures, or ``mp`` for the stable phases of the Materials
            Project; the data folder's own where not given.
    """

    domain: Literal["materials"] = "materials"
    level: Literal["crystal"] = "crystal"
    model: Word = zoo.DEFAULT["crystals"]
    constraints: WantedCrystal = WantedCrystal()
    limits: MaterialLimits = MaterialLimits()
    budget: CrystalBudget = CrystalBudget()
    generators: Annotated[tuple[Generator, ...], Field(strict=False, min_length=1)] = ("exchange",)
    prototypes: Word | None = None
    potential: PotentialName = "chgnet"
    second_judge: PotentialName | None = None
    hull: Word | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_the_model(cls, data: Any) -> Any:
        """A model that is named or ships proposes as well, unless the generators are named."""
        named = isinstance(data, dict) and ("model" in data or zoo.DEFAULT["crystals"] in zoo.shipped())
        return {"generators": ["model", "exchange"], **data} if named else data

    @model_validator(mode="after")
    def _two_potentials(self) -> Self:
        """The second judge is another one."""
        if self.second_judge == self.potential:
            raise ValueError(f"the second judge is the first: {self.potential}")
        return self

    @property
    def kind(self) -> str:
        """``crystals``."""
        return "crystals"

    @property
    def pooled(self) -> bool:
        """All attempts are screened before the best are relaxed."""
        return True

    def resolved(self) -> Self:
        """The same campaign with nothing left to be worked out."""
        if self.budget.max_generated is not None:
            return self
        most = max(MIN_POOL, POOL_PER_RELAXATION * self.budget.relax)
        return self.model_copy(update={"budget": self.budget.model_copy(update={"max_generated": most})})
