"""Crystals from known ones by exchanging elements: a generator to beat, and a partner of the networks."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations

import numpy as np

from sekkei.core.errors import UserError
from sekkei.core.seeds import generator_at
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats, Problem
from sekkei.data.reference import Reference
from sekkei.materials.codecs.wyckoff import written
from sekkei.materials.formula import Composition
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.prototypes import Prototype, substituted
from sekkei.materials.substitution import exchange_weights, exchangeable

_PURPOSE = 3  # keeps these random numbers apart from those of a network with the same seed
_TRIES = 40  # prototypes in a row that may give nothing
_RARELY = 1e-4  # weight of an exchange that was never seen


def of_composition(item: Composition, prototypes: Sequence[Prototype]) -> list[Draw]:
    """Each known structure type that a composition fits, its elements on the sites in every way, likeliest first.

    A type is as likely as its elements are to be exchanged for the new ones
    (:func:`sekkei.materials.substitution.exchange_weights`). Types that come to the same crystal count once.
    """
    mine, found = dict(item.amounts), dict[str, float]()
    for prototype in prototypes:
        theirs = dict(prototype.apart.composition.amounts)
        if sorted(theirs.values()) != sorted(mine.values()):
            continue
        for symbols in permutations(item.symbols):
            exchange = dict(zip(theirs, symbols, strict=True))
            if any(theirs[old] != mine[new] for old, new in exchange.items()):
                continue
            made = substituted(prototype, exchange)
            if not isinstance(made, Problem):
                pairs = [1.0 if old == new else exchange_weights(old).get(new, 0.0) for old, new in exchange.items()]
                weight = math.prod(max(one, _RARELY) for one in pairs)
                found[written(made)] = max(weight, found.get(written(made), 0.0))
    order = sorted(found, key=lambda text: (-found[text], text))
    return [Draw(index, text) for index, text in enumerate(order)]


@dataclass(frozen=True)
class Substitution:
    """Draw a prototype, exchange one or more of its elements, fit its cell; the text is a crystal's line.

    Attributes:
        prototypes: the structures to start from.
        elements: symbols that a crystal may hold; None takes all that the probabilities know.
        evenly: exchange every element for any other, all alike (random prototypes, the floor of a comparison),
            rather than by the probabilities of :func:`sekkei.materials.substitution.exchange_weights`.
        required: symbols that a crystal must hold.
        groups: space groups of the prototypes; all where empty.
        known: what counts as known, for a campaign.
        cautions: what the reader has to be told of the prototypes.
    """

    prototypes: Sequence[Prototype]
    elements: frozenset[str] | None = None
    evenly: bool = False
    required: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    known: KnownMaterials = field(default_factory=lambda: KnownMaterials.build(()), repr=False)
    cautions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse to start from nothing."""
        if not self.prototypes:
            raise UserError("there is no prototype to start from", "prototypes", "aflow_prototypes() has 288")
        if not self._fitting:
            what = "no prototype has one of these space groups and room for the required elements"
            raise UserError(what, "constraints", "loosen them, or name another generator")

    @property
    def name(self) -> str:
        """As a report calls it."""
        return "random prototypes" if self.evenly else "ion exchange"

    @cached_property
    def hash(self) -> str:
        """Hex digits that change whenever its crystals could."""
        words = " ".join(written(prototype.apart) for prototype in self.prototypes)
        return hashlib.sha256(f"2 {self.evenly} {words}".encode()).hexdigest()[:12]

    @property
    def properties(self) -> tuple[str, ...]:
        """None: elements are exchanged without looking at properties."""
        return ()

    @property
    def training(self) -> Mapping[str, object]:
        """What it stands on."""
        return {"data": f"{len(self.prototypes)} prototypes"}

    @property
    def reference(self) -> Reference:
        """No sample with properties."""
        return Reference([], np.empty((0, 0)))

    def check_coverage(self, _targets: Sequence[Target], _extrapolate: bool = False) -> list[str]:
        """What the reader has to be told of the prototypes; targets cannot be missed."""
        return list(self.cautions)

    def conditions(self, _targets: Sequence[Target], n: int, _seed: int, _first: int = 0) -> Floats:
        """(n, 0)."""
        return np.empty((n, 0))

    def draw(self, conditions: Floats, seed: int, first: int = 0) -> list[Draw]:
        """One attempt per row of ``conditions``; the text is empty where 40 prototypes in a row gave nothing."""
        return [self._attempt(seed, first + row) for row in range(len(conditions))]

    @cached_property
    def _fitting(self) -> list[Prototype]:
        """Prototypes of the space groups asked for with enough elements, and not too many."""
        least = len(self.required)
        most = least if self.elements is not None and set(self.required) == self.elements else 99
        return [
            prototype
            for prototype in self.prototypes
            if least <= len(prototype.symbols) <= most and (not self.groups or prototype.apart.group in self.groups)
        ]

    def _attempt(self, seed: int, index: int) -> Draw:
        random = generator_at(seed, index, _PURPOSE)
        for _ in range(_TRIES):
            prototype = self._fitting[int(random.integers(len(self._fitting)))]
            exchange = self._exchange(prototype, random)
            made = None if exchange is None else substituted(prototype, exchange)
            if made is not None and not isinstance(made, Problem):
                return Draw(index, written(made))
        return Draw(index, "")

    def _exchange(self, prototype: Prototype, random: np.random.Generator) -> dict[str, str] | None:
        """New symbols by the old ones, None where an element finds no partner."""
        fixed = self._placed(prototype, random)
        others = [symbol for symbol in prototype.symbols if symbol not in fixed]
        if others:
            changed = self.evenly | (random.random(len(others)) < 0.5)
            if not any(old != new for old, new in fixed.items()):
                changed[int(random.integers(len(changed)))] = True
            for symbol, goes in zip(others, changed, strict=True):
                if not goes and self._allowed(symbol) and symbol not in fixed.values():
                    fixed[symbol] = symbol
        for symbol in others:
            if symbol not in fixed:
                new = self._instead_of(symbol, set(fixed.values()), random)
                if new is None:
                    return None
                fixed[symbol] = new
        return {old: new for old, new in fixed.items() if old != new}

    def _placed(self, prototype: Prototype, random: np.random.Generator) -> dict[str, str]:
        """Each required element on a site of the prototype, its own where it has one."""
        placed: dict[str, str] = {symbol: symbol for symbol in self.required if symbol in prototype.symbols}
        for symbol in self.required:
            if symbol in placed:
                continue
            free = [old for old in prototype.symbols if old not in placed]
            weights = np.array([max(self._weight(old, symbol), _RARELY) for old in free])
            placed[free[int(random.choice(len(free), p=weights / weights.sum()))]] = symbol
        return placed

    def _weight(self, old: str, new: str) -> float:
        return 1.0 if self.evenly else exchange_weights(old).get(new, 0.0)

    def _allowed(self, symbol: str) -> bool:
        return self.elements is None or symbol in self.elements

    def _instead_of(self, symbol: str, taken: set[str], random: np.random.Generator) -> str | None:
        weights = dict.fromkeys(exchangeable(), 1.0) if self.evenly else exchange_weights(symbol)
        allowed = {
            name: weight
            for name, weight in weights.items()
            if name not in taken and name != symbol and self._allowed(name)
        }
        if not allowed or sum(allowed.values()) == 0:
            return None
        shares = np.array(list(allowed.values()))
        return str(random.choice(list(allowed), p=shares / shares.sum()))
