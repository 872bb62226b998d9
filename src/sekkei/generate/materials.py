"""A trained model of compositions, ready to use: network, codec, rules, what it was trained on, and how to aim it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats, Problem
from sekkei.data.compositions import TARGETS
from sekkei.generate import shared
from sekkei.generate.rules import CompositionGrammar
from sekkei.generate.sample import PLAIN, Sampling, usual
from sekkei.generate.shared import TrainedModel, Wishes, different
from sekkei.materials.balance import BALANCED, TOLD
from sekkei.materials.codecs.composition import CompositionCodec
from sekkei.materials.constraints import Constraints
from sekkei.materials.domain import COMPOSITIONS
from sekkei.materials.novelty import KnownMaterials

AIMED = Sampling(temperature=0.92, guidance=2.5)
"""What is usual under targets: nearer to them than without guidance, for some more repetitions. Chosen on targets that
no benchmark uses."""

_FREE = Constraints()
MEASURES = TARGETS

Progress = Callable[[int, int], None]
"""Told how many different compositions are found, of how many."""


@dataclass(frozen=True)
class MaterialModel(TrainedModel[CompositionCodec]):
    """A generator of compositions under any subset of property targets and hard constraints."""

    kind: ClassVar[str] = "composition"

    @property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties that can be targeted, in the order of a row of conditions."""
        return tuple(MEASURES)

    @cached_property
    def known(self) -> KnownMaterials:
        """Exact membership of all training compositions and formula types."""
        return KnownMaterials.load(self.folder / "known.bin")

    def grammar(self, constraints: Constraints = _FREE) -> CompositionGrammar:
        """The masks of some constraints; the last few are kept, since they take a second to prepare.

        Raises:
            UserError: the constraints contradict themselves, or no formula keeps them all.
        """
        return _grammar(self.codec, constraints)

    def draw(
        self,
        conditions: Floats,
        seed: int,
        first: int = 0,
        settings: Sampling = PLAIN,
        constraints: Constraints = _FREE,
    ) -> list[Draw]:
        """One raw attempt per row of conditions (n, properties); nothing is checked or filtered.

        With ``settings.grammar`` off the network is sampled alone, without any constraint. Under a profile that every
        formula has to be neutral for it is still told to balance the charges.
        """
        rules = self.grammar(constraints) if settings.grammar else None
        return self.sampled(_told(conditions, constraints), seed, first, settings, rules)

    def generate(
        self,
        n: int,
        targets: Wishes = None,
        seed: int = 0,
        settings: Sampling | None = None,
        extrapolate: bool = False,
        constraints: Constraints = _FREE,
        progress: Progress = lambda _found, _of: None,
    ) -> list[str]:
        """Draw until n different compositions are found.

        Args:
            n: how many.
            targets: ``{"band_gap": 2.5, "formation_energy": "<=-0.8"}`` or a list in the target language. They steer
                the network; nothing is rejected for missing them.
            seed: the same seed gives the same compositions.
            settings: temperature, guidance and so on; by default :data:`AIMED` under targets.
            extrapolate: allow targets outside the training data.
            constraints: what every composition keeps to.
            progress: told after every batch.

        Returns:
            n reduced formulas, fewer only after 20 n attempts.

        Raises:
            UserError: n, a target or the constraints cannot be met.
        """
        wanted = read_wishes(targets)
        self.check_coverage(wanted, extrapolate)

        chosen = settings or usual(bool(wanted), under_targets=AIMED)

        def attempts(size: int, first: int) -> list[Draw]:
            return self.draw(self.conditions(wanted, size, seed, first), seed, first, chosen, constraints)

        return different(n, attempts, _formula, progress)

    def beam(
        self, width: int, targets: Wishes = None, extrapolate: bool = False, constraints: Constraints = _FREE
    ) -> list[tuple[str, float]]:
        """The likeliest different compositions under the centre of the targets that keep the constraints.

        Returns:
            (reduced formula, natural log-probability of the network without constraints), likeliest first.
        """
        wanted = read_wishes(targets)
        self.check_coverage(wanted, extrapolate)
        condition = _told(self.centre(wanted)[None], constraints)[0]
        return self.likeliest(width, condition, _formula, self.grammar(constraints))


def _formula(text: str) -> str:
    """The reduced formula, empty where the text is none."""
    item = COMPOSITIONS.parse(text)
    return "" if isinstance(item, Problem) else item.formula


def _told(conditions: Floats, constraints: Constraints) -> Floats:
    """What the network is told: conditions (n, properties), and whether to balance the charges."""
    balanced = 1.0 if constraints.profile in TOLD else np.nan
    return np.column_stack([conditions, np.full(len(conditions), balanced)])


@lru_cache(maxsize=4)
def _grammar(codec: CompositionCodec, constraints: Constraints) -> CompositionGrammar:
    return CompositionGrammar(codec, constraints)


def load(name_or_folder: str = zoo.DEFAULT["materials"]) -> MaterialModel:
    """Load a shipped model of materials by name, or a folder that ``sekkei train materials`` wrote.

    Raises:
        UserError: there is no such model, its folder is damaged, or it is no model of compositions.
    """
    kept = shared.checkpoint(name_or_folder, "materials", "composition")
    codec = CompositionCodec.from_json(kept.codec)
    if codec.size != kept.network.config.vocabulary:
        what = "codec and network have different vocabularies"
        raise UserError(what, str(kept.folder), "copy or train the model again")
    if kept.network.config.properties != (*MEASURES, BALANCED):
        raise UserError("its properties are not those of compositions", str(kept.folder), "train the model again")
    return MaterialModel(kept.folder.name, kept.hash, kept.network, codec, kept.training, kept.card, kept.folder)


def read_wishes(wishes: Wishes) -> list[Target]:
    """Targets from the short forms the Python interface takes."""
    return shared.read_wishes(wishes, MEASURES)
