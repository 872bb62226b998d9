"""A trained model of compositions, ready to use: network, codec, rules, what it was trained on, and how to aim it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.core.seeds import uniforms
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats, Problem
from sekkei.data.compositions import TARGETS
from sekkei.data.reference import Reference
from sekkei.generate import shared
from sekkei.generate.aim import aim
from sekkei.generate.beam import beam_search
from sekkei.generate.rules import CompositionGrammar
from sekkei.generate.sample import Sampling, sample_tokens
from sekkei.generate.shared import GIVE_UP, Wishes, check_beam, check_count
from sekkei.materials.balance import BALANCED, TOLD
from sekkei.materials.codecs.composition import CompositionCodec
from sekkei.materials.constraints import Constraints
from sekkei.materials.domain import COMPOSITIONS
from sekkei.materials.novelty import KnownMaterials
from sekkei.models.causal import ConditionalGPT

_PLAIN = Sampling()
_FREE = Constraints()
_CHUNK = 4096
MEASURES = TARGETS

Progress = Callable[[int, int], None]
"""Told how many different compositions are found, of how many."""


@dataclass(frozen=True)
class MaterialModel:
    """A generator of compositions under any subset of property targets and hard constraints.

    Attributes:
        name: name in the zoo, or of the folder.
        hash: 12 hex digits that change with config, weights, codec or training compositions.
        network: the network, in evaluation mode.
        codec: between formulas and tokens.
        training: data, recipe, ranges and measurements of the training run.
        card: the model card, Markdown.
        folder: where it was read from.
    """

    name: str
    hash: str
    network: ConditionalGPT
    codec: CompositionCodec
    training: dict[str, Any]
    card: str
    folder: Path

    @property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties that can be targeted, in the order of a row of conditions."""
        return tuple(MEASURES)

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """For each property the 0.05 % and 99.95 % quantiles of the training data [its unit]."""
        return shared.ranges_of(self.training)

    @property
    def longest(self) -> int:
        """Tokens a sequence may have at most, its end included."""
        return min(int(self.training["longest"]), self.network.config.positions - 1)

    @cached_property
    def reference(self) -> Reference:
        """A random sample of the labelled training compositions, NaN where a label is unknown."""
        return Reference.load(self.folder / "reference.npz")

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

    def check_coverage(self, targets: Sequence[Target], extrapolate: bool = False) -> list[str]:
        """Refuse targets that lie wholly outside the training data.

        Returns:
            One warning for each such target, where ``extrapolate`` allows it.

        Raises:
            UserError: a target lies outside and ``extrapolate`` is not set.
        """
        return shared.check_coverage(self.name, self.ranges, targets, extrapolate)

    def conditions(self, targets: Sequence[Target], n: int, seed: int, first: int = 0) -> Floats:
        """Property values to condition on, (n, properties); row i depends on (seed, first + i) only."""
        if not targets:
            return np.full((n, len(self.properties)), np.nan)
        columns = [self.properties.index(target.name) for target in targets]
        known = np.isfinite(self.reference.properties[:, columns]).all(axis=1)
        if not known.any():
            names = ", ".join(target.name for target in targets)
            raise UserError(f"no training composition has labels of {names} together", "targets", "leave one out")
        return aim(targets, self.properties, self.reference.properties[known], n, seed, first)

    def draw(
        self,
        conditions: Floats,
        seed: int,
        first: int = 0,
        settings: Sampling = _PLAIN,
        constraints: Constraints = _FREE,
    ) -> list[Draw]:
        """One raw attempt per row of conditions (n, properties); nothing is checked or filtered.

        With ``settings.grammar`` off the network is sampled alone, without any constraint. Under a profile that every
        formula has to be neutral for it is still told to balance the charges.
        """
        conditions = _told(conditions, constraints)
        rules = self.grammar(constraints) if settings.grammar else None
        draws: list[Draw] = []
        for start in range(0, len(conditions), settings.batch):
            part = conditions[start : start + settings.batch]
            randoms = uniforms(seed, first + start, len(part), self.longest)
            tokens = sample_tokens(self.network, part, randoms, settings, rules)
            draws += [Draw(first + start + row, self.codec.decode(one)) for row, one in enumerate(tokens)]
        return draws

    def generate(
        self,
        n: int,
        targets: Wishes = None,
        seed: int = 0,
        settings: Sampling = _PLAIN,
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
            settings: temperature, guidance and so on.
            extrapolate: allow targets outside the training data.
            constraints: what every composition keeps to.
            progress: told after every batch.

        Returns:
            n reduced formulas, fewer only after 20 n attempts.

        Raises:
            UserError: n, a target or the constraints cannot be met.
        """
        check_count(n)
        wanted = read_wishes(targets)
        self.check_coverage(wanted, extrapolate)
        found: dict[str, None] = {}
        first = 0
        while len(found) < n and first < GIVE_UP * n:
            size = min(max(n - len(found), 64), _CHUNK)
            conditions = self.conditions(wanted, size, seed, first)
            for draw in self.draw(conditions, seed, first, settings, constraints):
                item = COMPOSITIONS.parse(draw.text)
                if not isinstance(item, Problem):
                    found.setdefault(item.formula)
            first += size
            progress(min(len(found), n), n)
        return list(found)[:n]

    def beam(
        self, width: int, targets: Wishes = None, extrapolate: bool = False, constraints: Constraints = _FREE
    ) -> list[tuple[str, float]]:
        """The likeliest different compositions under the centre of the targets that keep the constraints.

        Returns:
            (reduced formula, natural log-probability of the network without constraints), likeliest first.
        """
        check_beam(width)
        wanted = read_wishes(targets)
        self.check_coverage(wanted, extrapolate)
        condition = np.full(len(self.properties), np.nan)
        if wanted:
            condition = np.median(self.conditions(wanted, 101, seed=0), axis=0)

        def formula(tokens: list[int]) -> str:
            item = COMPOSITIONS.parse(self.codec.decode(tokens))
            return "" if isinstance(item, Problem) else item.formula

        rules = self.grammar(constraints)
        condition = _told(condition[None], constraints)[0]
        found = beam_search(self.network, condition, width, self.longest, lambda tokens: formula(tokens) or None, rules)
        return [(formula(tokens), score) for tokens, score in found]


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
