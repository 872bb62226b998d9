"""A trained molecule model, ready to use: network, codec, what it was trained on, and how to aim it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.core.seeds import uniforms
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats, Problem
from sekkei.data.reference import Reference
from sekkei.generate import shared
from sekkei.generate.aim import aim
from sekkei.generate.beam import beam_search
from sekkei.generate.sample import Sampling, sample_tokens
from sekkei.generate.shared import GIVE_UP, Wishes, check_beam, check_count
from sekkei.models.causal import ConditionalGPT
from sekkei.molecules.codecs.grammar import SmilesGrammar
from sekkei.molecules.codecs.smiles import SmilesCodec
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.novelty import KnownMolecules
from sekkei.molecules.properties import PROPERTIES

_PLAIN = Sampling()
MEASURES = {name: prop.measure for name, prop in PROPERTIES.items()}


@dataclass(frozen=True)
class Model:
    """A generator of molecules under any subset of property targets.

    Attributes:
        name: name in the zoo, or of the folder.
        hash: 12 hex digits that change with config, weights, codec or training molecules.
        network: the network, in evaluation mode.
        codec: between SMILES and tokens.
        training: data, recipe, ranges and measurements of the training run.
        card: the model card, Markdown.
        folder: where it was read from.
    """

    name: str
    hash: str
    network: ConditionalGPT
    codec: SmilesCodec
    training: dict[str, Any]
    card: str
    folder: Path

    @property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties that can be targeted, in the order of a row of conditions."""
        return self.network.config.properties

    @cached_property
    def grammar(self) -> SmilesGrammar:
        """Which token may follow which prefix."""
        return SmilesGrammar(self.codec.pieces)

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """For each property the 0.05 % and 99.95 % quantiles of the training data [its unit]."""
        return shared.ranges_of(self.training)

    @property
    def longest(self) -> int:
        """Tokens a sequence may have at most: as many as the longest one in the training data."""
        return min(int(self.training["longest"]), self.network.config.positions - 1)

    @cached_property
    def reference(self) -> Reference:
        """A random sample of the training molecules."""
        return Reference.load(self.folder / "reference.npz")

    @cached_property
    def known(self) -> KnownMolecules:
        """Exact membership of all training molecules."""
        return KnownMolecules.load(self.folder / "known.bin")

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
        reference = self.reference.properties if targets else np.empty((0, len(self.properties)))
        return aim(targets, self.properties, reference, n, seed, first)

    def draw(self, conditions: Floats, seed: int, first: int = 0, settings: Sampling = _PLAIN) -> list[Draw]:
        """One raw attempt per row of conditions (n, properties); nothing is checked or filtered."""
        longest = self.longest
        draws: list[Draw] = []
        for start in range(0, len(conditions), settings.batch):
            part = conditions[start : start + settings.batch]
            randoms = uniforms(seed, first + start, len(part), longest)
            tokens = sample_tokens(self.network, part, randoms, settings, self.grammar)
            draws += [Draw(first + start + row, self.codec.decode(one)) for row, one in enumerate(tokens)]
        return draws

    def generate(
        self, n: int, targets: Wishes = None, seed: int = 0, settings: Sampling = _PLAIN, extrapolate: bool = False
    ) -> list[str]:
        """Draw until n different valid molecules are found.

        Args:
            n: how many.
            targets: ``{"logp": 2.0, "mw": (240, 260), "qed": ">=0.7"}`` or a list in the target language. They
                steer the network; nothing is rejected for missing them (``sekkei.design`` does that).
            seed: the same seed gives the same molecules.
            settings: temperature, guidance and so on.
            extrapolate: allow targets outside the training data.

        Returns:
            n canonical SMILES, fewer only after 20 n attempts.

        Raises:
            UserError: n or a target cannot be met.
        """
        check_count(n)
        wanted = read_wishes(targets)
        self.check_coverage(wanted, extrapolate)
        found: dict[str, None] = {}
        first = 0
        while len(found) < n and first < GIVE_UP * n:
            size = min(max(n - len(found), 64), 4096)
            for draw in self.draw(self.conditions(wanted, size, seed, first), seed, first, settings):
                mol = MOLECULES.parse(draw.text)
                if not isinstance(mol, Problem):
                    found.setdefault(MOLECULES.text(mol))
            first += size
        return list(found)[:n]

    def beam(self, width: int, targets: Wishes = None, extrapolate: bool = False) -> list[tuple[str, float]]:
        """The likeliest different valid molecules under the centre of the targets, with log-probability [nats].

        A molecule is given once, as canonical SMILES with the probability of its likeliest text.
        """
        check_beam(width)
        wanted = read_wishes(targets)
        self.check_coverage(wanted, extrapolate)
        condition = np.full(len(self.properties), np.nan)
        if wanted:
            condition = np.median(self.conditions(wanted, 101, seed=0), axis=0)

        def molecule(tokens: list[int]) -> str:
            mol = MOLECULES.parse(self.codec.decode(tokens))
            return "" if isinstance(mol, Problem) else MOLECULES.text(mol)

        found = beam_search(self.network, condition, width, self.longest, lambda tokens: molecule(tokens) or None)
        return [(molecule(tokens), score) for tokens, score in found]


def load(name_or_folder: str = zoo.DEFAULT["molecules"]) -> Model:
    """Load a shipped model by name, or a folder that ``sekkei train`` wrote.

    Raises:
        UserError: there is no such model, or its folder is damaged.
    """
    kept = shared.checkpoint(name_or_folder, "molecules")
    codec = SmilesCodec.from_json(kept.codec)
    if codec.size != kept.network.config.vocabulary:
        what = "codec and network have different vocabularies"
        raise UserError(what, str(kept.folder), "copy or train the model again")
    unknown = set(kept.network.config.properties) - set(MEASURES)
    if unknown or set(kept.training.get("ranges", {})) != set(kept.network.config.properties):
        raise UserError("its properties are not those of molecules", str(kept.folder), "train the model again")
    return Model(kept.folder.name, kept.hash, kept.network, codec, kept.training, kept.card, kept.folder)


def read_wishes(wishes: Wishes) -> list[Target]:
    """Targets from the short forms the Python interface takes."""
    return shared.read_wishes(wishes, MEASURES)
