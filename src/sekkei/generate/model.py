"""A trained molecule model, ready to use: network, codec, what it was trained on, and how to aim it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sekkei import zoo
from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.seeds import uniforms
from sekkei.core.targets import Target, parse_targets
from sekkei.core.types import Draw, Floats, Problem
from sekkei.data.reference import Reference
from sekkei.generate.aim import aim
from sekkei.generate.beam import beam_search
from sekkei.generate.sample import Sampling, sample_tokens
from sekkei.models.causal import ConditionalGPT
from sekkei.models.checkpoint import load_checkpoint
from sekkei.molecules.codecs.grammar import SmilesGrammar
from sekkei.molecules.codecs.smiles import SmilesCodec
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.novelty import KnownMolecules
from sekkei.molecules.properties import PROPERTIES

MAX_COUNT = 10_000_000
_PLAIN = Sampling()
_GIVE_UP = 20
MEASURES = {name: prop.measure for name, prop in PROPERTIES.items()}

Wishes = Sequence[str] | Mapping[str, float | str | tuple[float, float]] | None


@dataclass(frozen=True)
class ModelSummary:
    """What a list of models prints: name, hash, parameters and the first line of the card."""

    name: str
    hash: str
    parameters: int
    title: str
    folder: Path


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
        return {name: (float(low), float(high)) for name, (low, high) in self.training["ranges"].items()}

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
        warnings = []
        for target in targets:
            low, high = self.ranges[target.name]
            if target.high >= low and target.low <= high:
                continue
            what = f"the training data of '{self.name}' covers {target.name} from {low:g} to {high:g}"
            if not extrapolate:
                raise UserError(what, f"target '{target.label}'", "move the target, or add --extrapolate")
            warnings.append(f"{target.label} is an extrapolation: {what}.")
        return warnings

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
        while len(found) < n and first < _GIVE_UP * n:
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
        if not 1 <= width <= 10_000:
            raise UserError(f"{width} is outside 1 to 10000", "beam")
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
    folder = zoo.FOLDER / name_or_folder
    if name_or_folder not in zoo.shipped():
        folder = Path(name_or_folder)
        if not folder.is_dir():
            hint = did_you_mean(name_or_folder, zoo.shipped()) if zoo.shipped() else "give the folder of a model"
            raise UserError(f"no model '{name_or_folder}'", "model", hint)
    kept = load_checkpoint(folder)
    codec = SmilesCodec.from_json(kept.codec)
    if codec.size != kept.network.config.vocabulary:
        raise UserError("codec and network have different vocabularies", str(folder), "copy or train the model again")
    unknown = set(kept.network.config.properties) - set(MEASURES)
    if unknown or set(kept.training.get("ranges", {})) != set(kept.network.config.properties):
        raise UserError("its properties are not those of molecules", str(folder), "train the model again")
    return Model(folder.name, kept.hash, kept.network, codec, kept.training, kept.card, folder)


def available() -> list[ModelSummary]:
    """Every shipped model, each read and checked."""
    return [summary(load(name)) for name in zoo.shipped()]


def summary(model: Model) -> ModelSummary:
    """The line a list of models prints."""
    title = next((line.lstrip("# ") for line in model.card.splitlines() if line.strip()), "")
    parameters = sum(p.numel() for p in model.network.parameters())
    return ModelSummary(model.name, model.hash, parameters, title, model.folder)


def check_count(n: int) -> None:
    """Refuse a count that gives nothing or fills the memory."""
    if not 1 <= n <= MAX_COUNT:
        raise UserError(f"{n} is outside 1 to {MAX_COUNT}", "n", "ask for at least one molecule")


def read_wishes(wishes: Wishes) -> list[Target]:
    """Targets from the short forms the Python interface takes."""
    if wishes is None:
        return []
    if isinstance(wishes, str):
        wishes = [wishes]
    if isinstance(wishes, Mapping):
        wishes = [_text(name, wish) for name, wish in wishes.items()]
    return parse_targets(wishes, MEASURES)


def _text(name: str, wish: float | str | tuple[float, float]) -> str:
    if isinstance(wish, tuple):
        return f"{name}={wish[0]!r}..{wish[1]!r}"
    if isinstance(wish, str):
        if wish in ("min", "max"):
            return f"{wish}:{name}"
        return f"{name}{wish}" if wish.startswith((">", "<", "=", "≥", "≤")) else f"{name}={wish}"
    try:
        return f"{name}={float(wish)!r}"
    except (TypeError, ValueError):
        hint = "give a number, a pair of bounds, or words such as '>=0.7'"
        raise UserError(f"{wish!r} is no wish", f"target '{name}'", hint) from None
