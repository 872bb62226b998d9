"""What models of molecules and of materials have in common: their folders, coverage, counts and wishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from sekkei import zoo
from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.protocols import Codec
from sekkei.core.targets import Target, parse_targets
from sekkei.core.types import Draw, Floats, Measure
from sekkei.data.reference import Reference
from sekkei.generate.aim import aim
from sekkei.generate.beam import beam_search
from sekkei.generate.sample import Grammar, P, Sampling
from sekkei.generate.write import write_tokens
from sekkei.models.causal import ConditionalGPT
from sekkei.models.checkpoint import Checkpoint, Network, load_checkpoint
from sekkei.models.folder import training_record

MAX_COUNT = 10_000_000
GIVE_UP = 20
"""Attempts for each structure asked for, after which the search for different valid ones ends."""
_CHUNK = 4096  # attempts between two looks at what has been found

Wishes = Sequence[str] | Mapping[str, float | str | tuple[float, float]] | None

C = TypeVar("C", bound=Codec)


@dataclass(frozen=True)
class TrainedModel(Generic[C]):
    """A trained network with all it needs to be aimed and sampled; each domain adds its rules.

    Attributes:
        name: name in the zoo, or of the folder.
        hash: 12 hex digits that change with config, weights, codec or training structures.
        network: the network, in evaluation mode.
        codec: between texts and tokens.
        training: data, recipe, ranges and measurements of the training run.
        card: the model card, Markdown.
        folder: where it was read from.
        kind: what it writes, for messages.
    """

    name: str
    hash: str
    network: Network
    codec: C
    training: dict[str, Any]
    card: str
    folder: Path

    kind: ClassVar[str] = "structure"

    @property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties that can be targeted, in the order of a row of conditions."""
        return self.network.config.properties

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """For each property the 0.05 % and 99.95 % quantiles of the training data [its unit]."""
        return {name: (float(low), float(high)) for name, (low, high) in self.training["ranges"].items()}

    @property
    def longest(self) -> int:
        """Tokens a sequence may have at most, its end included: as many as the longest one in the training data."""
        return min(int(self.training["longest"]), self.network.config.positions - 1)

    @cached_property
    def reference(self) -> Reference:
        """A random sample of the labelled training structures, NaN where a label is unknown."""
        return Reference.load(self.folder / "reference.npz")

    def check_coverage(self, targets: Sequence[Target], extrapolate: bool = False) -> list[str]:
        """Refuse targets that lie wholly outside the training data.

        Returns:
            One warning for each such target, where ``extrapolate`` allows it.

        Raises:
            UserError: a target lies outside and ``extrapolate`` is not set.
        """
        return check_coverage(f"the training data of '{self.name}'", self.ranges, targets, extrapolate)

    def conditions(self, targets: Sequence[Target], n: int, seed: int, first: int = 0) -> Floats:
        """Property values to condition on, (n, properties); row i depends on (seed, first + i) only."""
        if not targets:
            return np.full((n, len(self.properties)), np.nan)
        columns = [self.properties.index(target.name) for target in targets]
        known = np.isfinite(self.reference.properties[:, columns]).all(axis=1)
        if not known.any():
            names = ", ".join(target.name for target in targets)
            raise UserError(f"no training {self.kind} has labels of {names} together", "targets", "leave one out")
        return aim(targets, self.properties, self.reference.properties[known], n, seed, first)

    def sampled(
        self,
        conditions: Floats,
        seed: int,
        first: int,
        settings: Sampling,
        grammar: Grammar[P] | None,
        longest: int | None = None,
    ) -> list[Draw]:
        """One raw attempt per row of conditions (n, properties), of ``longest`` tokens at most."""
        draws: list[Draw] = []
        for start in range(0, len(conditions), settings.batch):
            part = conditions[start : start + settings.batch]
            tokens = write_tokens(self.network, part, seed, first + start, longest or self.longest, settings, grammar)
            draws += [Draw(first + start + row, self.codec.decode(one)) for row, one in enumerate(tokens)]
        return draws

    def centre(self, targets: Sequence[Target]) -> Floats:
        """One condition in the middle of the targets, (properties,)."""
        return np.asarray(np.median(self.conditions(targets, 101, seed=0), axis=0))

    def likeliest(
        self, width: int, condition: Floats, read: Callable[[str], str], grammar: Grammar[P] | None = None
    ) -> list[tuple[str, float]]:
        """The likeliest different texts under one condition.

        Args:
            width: how many are kept at each step, and returned at most.
            condition: (conditions of the network,).
            read: the one text of what was written, empty where that is nothing.
            grammar: rules on what may follow.

        Returns:
            (text, natural log-probability of the network without rules), likeliest first.
        """
        check_beam(width)
        if not isinstance(self.network, ConditionalGPT):
            raise UserError(f"'{self.name}' writes whole vectors, not token by token", "beam", "leave it out")

        def text(tokens: list[int]) -> str:
            return read(self.codec.decode(tokens))

        found = beam_search(self.network, condition, width, self.longest, lambda tokens: text(tokens) or None, grammar)
        return [(text(tokens), score) for tokens, score in found]


def folder_of(name_or_folder: str, domain: str = "", level: str = "") -> Path:
    """The folder of a shipped model by its name, or a folder that ``sekkei train`` wrote.

    Args:
        name_or_folder: what was asked for.
        domain: of the models that could have been meant; any where it is empty.
        level: the same of their level.

    Raises:
        UserError: there is no such model.
    """
    if name_or_folder in zoo.shipped():
        return zoo.FOLDER / name_or_folder
    folder = Path(name_or_folder)
    if not folder.is_dir():
        names = _shipped(domain, level)
        hint = did_you_mean(name_or_folder, names) if names else "give the folder of a model"
        raise UserError(f"no model '{name_or_folder}'", "model", hint)
    return folder


def checkpoint(name_or_folder: str, domain: str, level: str = "") -> Checkpoint:
    """Read a model of a domain, ``molecules`` or ``materials``, and of a level of it.

    The word ``diffusion`` stands for the shipped model of latent diffusion of the domain.

    Raises:
        UserError: there is no such model, its folder is damaged, or it is of another domain or level.
    """
    if name_or_folder == "diffusion":
        name_or_folder = zoo.DIFFUSION[domain]
    kept = load_checkpoint(folder_of(name_or_folder, domain, level))
    if (found := domain_of(kept.training)) != domain:
        raise UserError(f"'{name_or_folder}' is a model of {found}", "model", f"name a model of {domain}")
    if level and (found := level_of(kept.training)) != level:
        raise UserError(f"'{name_or_folder}' is a model of {found}s", "model", f"name a model of {level}s")
    return kept


def _shipped(domain: str, level: str) -> list[str]:
    """The shipped models of a domain, and of a level of it; of any where these are empty."""
    records = ((name, training_record(zoo.FOLDER / name)) for name in zoo.shipped())
    return [name for name, one in records if domain in ("", domain_of(one)) and level in ("", level_of(one))]


def domain_of(training: Mapping[str, Any]) -> str:
    """The domain that a training record names; those before there were two are of molecules."""
    return str(training.get("domain", "molecules"))


def level_of(training: Mapping[str, Any]) -> str:
    """The level of materials that a training record names, ``composition`` where it names none."""
    return str(training.get("level", "composition"))


def check_coverage(
    data: str, ranges: Mapping[str, tuple[float, float]], targets: Sequence[Target], extrapolate: bool
) -> list[str]:
    """Refuse targets that lie wholly outside of what is known, or give a warning for each.

    Args:
        data: what the ranges are of, for messages.
        ranges: lowest and highest value of each property [its unit].
        targets: what is wished for.
        extrapolate: warn instead.

    Raises:
        UserError: a target lies outside and ``extrapolate`` is not set, or the data say nothing of its property.
    """
    warnings = []
    for target in targets:
        if target.name not in ranges:
            raise UserError(f"{data} says nothing of {target.name}", f"target '{target.label}'", "leave it out")
        low, high = ranges[target.name]
        if target.high >= low and target.low <= high:
            continue
        what = f"{data} covers {target.name} from {low:g} to {high:g}"
        if not extrapolate:
            raise UserError(what, f"target '{target.label}'", "move the target, or add --extrapolate")
        warnings.append(f"{target.label} is an extrapolation: {what}.")
    return warnings


def different(
    n: int,
    draw: Callable[[int, int], list[Draw]],
    read: Callable[[str], str],
    progress: Callable[[int, int], None] = lambda _found, _of: None,
) -> list[str]:
    """Draw until n different texts are found, or 20 n attempts are made.

    Args:
        n: how many.
        draw: makes so many attempts from a place in the stream on.
        read: the one text of what was written, empty where that is nothing.
        progress: told after every batch how many are found, of how many.

    Raises:
        UserError: n is out of range.
    """
    check_count(n)
    found: dict[str, None] = {}
    first = 0
    while len(found) < n and first < GIVE_UP * n:
        size = min(max(n - len(found), 64), _CHUNK)
        found.update(dict.fromkeys(text for one in draw(size, first) if (text := read(one.text))))
        first += size
        progress(min(len(found), n), n)
    return list(found)[:n]


def check_count(n: int) -> None:
    """Refuse a count that gives nothing or fills the memory."""
    if not 1 <= n <= MAX_COUNT:
        raise UserError(f"{n} is outside 1 to {MAX_COUNT}", "n", "ask for at least one structure")


def check_beam(width: int) -> None:
    """Refuse a width of a beam that finds nothing or fills the memory."""
    if not 1 <= width <= 10_000:
        raise UserError(f"{width} is outside 1 to 10000", "beam")


def read_wishes(wishes: Wishes, measures: Mapping[str, Measure]) -> list[Target]:
    """Targets from the short forms the Python interface takes."""
    if wishes is None:
        return []
    if isinstance(wishes, str):
        wishes = [wishes]
    if isinstance(wishes, Mapping):
        wishes = [_text(name, wish) for name, wish in wishes.items()]
    return parse_targets(wishes, measures)


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
