"""A trained model of compositions, held to the constraints and the sampling of a campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sekkei.campaign.spec import MaterialCampaign
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats
from sekkei.data.reference import Reference
from sekkei.materials.constraints import Constraints
from sekkei.materials.novelty import KnownMaterials

if TYPE_CHECKING:
    from sekkei.generate.materials import MaterialModel
    from sekkei.generate.sample import Sampling

REPEATED = 0.3
"""Share of repeated attempts up to which guidance stays as it is."""


@dataclass(frozen=True)
class Network:
    """The model as a source: every attempt keeps the constraints, since they are masks while it writes.

    Attributes:
        model: the trained model.
        settings: temperature, guidance and so on.
        adapts: whether guidance may give way to variety.
        constraints: the hard constraints.
    """

    model: MaterialModel
    settings: Sampling
    constraints: Constraints
    adapts: bool = False

    def __post_init__(self) -> None:
        """Build the masks, which finds out whether anything keeps the constraints.

        Raises:
            UserError: no formula keeps them.
        """
        self.model.grammar(self.constraints)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def hash(self) -> str:
        """The model's hash."""
        return self.model.hash

    @property
    def properties(self) -> tuple[str, ...]:
        """The properties it can be conditioned on."""
        return self.model.properties

    @property
    def training(self) -> Mapping[str, object]:
        """Data and recipe of the training run."""
        return self.model.training

    @property
    def reference(self) -> Reference:
        """A random sample of its training data."""
        return self.model.reference

    @property
    def known(self) -> KnownMaterials:
        """All of its training data."""
        return self.model.known

    def check_coverage(self, targets: Sequence[Target], extrapolate: bool = False) -> list[str]:
        """Refuse targets outside the training data, or give a warning for each."""
        return self.model.check_coverage(targets, extrapolate)

    def conditions(self, targets: Sequence[Target], n: int, seed: int, first: int = 0) -> Floats:
        """Conditions of attempts ``first`` to ``first + n - 1``."""
        return self.model.conditions(targets, n, seed, first)

    def eased(self, repeated: float) -> Network:
        """The same with less guidance, where a share of the attempts repeats what had been drawn before."""
        if not self.adapts or repeated <= REPEATED or self.settings.guidance <= 1:
            return self
        left = (1 - repeated) / (1 - REPEATED)
        guidance = 1 + left * (self.settings.guidance - 1)
        return replace(self, settings=replace(self.settings, guidance=guidance))

    def draw(self, conditions: Floats, seed: int, first: int = 0) -> list[Draw]:
        """One attempt per row of conditions."""
        return self.model.draw(conditions, seed, first, self.settings, self.constraints)


def network(spec: MaterialCampaign, constraints: Constraints) -> Network:
    """The model that a campaign names.

    Raises:
        UserError: there is no such model, its folder is damaged, or no formula keeps the constraints.
    """
    # Reading a network takes seconds, which a campaign without one need not wait for.
    from sekkei.generate.materials import AIMED, load  # noqa: PLC0415
    from sekkei.generate.sample import usual  # noqa: PLC0415

    settings = spec.sampling.over(usual(bool(spec.targets), under_targets=AIMED))
    return Network(load(spec.model), settings, constraints, adapts=spec.sampling.guidance is None)
