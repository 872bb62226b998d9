"""Crystals from known ones by exchanging elements: a generator to beat, and a partner of the networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sekkei.core.errors import UserError
from sekkei.core.seeds import generator_at
from sekkei.core.types import Draw, Floats, Problem
from sekkei.materials.codecs.wyckoff import written
from sekkei.materials.prototypes import Prototype, exchange_weights, exchangeable, substituted

_PURPOSE = 3  # keeps these random numbers apart from those of a network with the same seed


@dataclass(frozen=True)
class Substitution:
    """Draw a prototype, exchange one or more of its elements, fit its cell; the text is a crystal's line.

    Attributes:
        prototypes: the structures to start from.
        elements: symbols that may be put in; None takes all that the probabilities know.
        evenly: exchange every element for any other, all alike (random prototypes, the floor of a comparison),
            rather than by the probabilities of :func:`sekkei.materials.prototypes.exchange_weights`.
    """

    prototypes: Sequence[Prototype]
    elements: frozenset[str] | None = None
    evenly: bool = False

    def __post_init__(self) -> None:
        """Refuse to start from nothing."""
        if not self.prototypes:
            raise UserError("there is no prototype to start from", "prototypes", "aflow_prototypes() has 288")

    @property
    def properties(self) -> tuple[str, ...]:
        """None: elements are exchanged without looking at properties."""
        return ()

    def draw(self, conditions: Floats, seed: int, first: int = 0) -> list[Draw]:
        """One attempt per row of ``conditions``; the text is empty where no element can be exchanged."""
        return [self._attempt(seed, first + row) for row in range(len(conditions))]

    def _attempt(self, seed: int, index: int) -> Draw:
        random = generator_at(seed, index, _PURPOSE)
        prototype = self.prototypes[int(random.integers(len(self.prototypes)))]
        changed = self.evenly | (random.random(len(prototype.symbols)) < 0.5)
        changed[int(random.integers(len(changed)))] = True
        taken = {symbol for symbol, goes in zip(prototype.symbols, changed, strict=True) if not goes}
        exchange: dict[str, str] = {}
        for symbol, goes in zip(prototype.symbols, changed, strict=True):
            if goes:
                new = self._instead_of(symbol, taken, random)
                if new is None:
                    return Draw(index, "")
                exchange[symbol] = new
                taken.add(new)
        made = substituted(prototype, exchange)
        return Draw(index, "" if isinstance(made, Problem) else written(made))

    def _instead_of(self, symbol: str, taken: set[str], random: np.random.Generator) -> str | None:
        weights = dict.fromkeys(exchangeable(), 1.0) if self.evenly else exchange_weights(symbol)
        allowed = {
            name: weight
            for name, weight in weights.items()
            if name not in taken and name != symbol and (self.elements is None or name in self.elements)
        }
        if not allowed:
            return None
        shares = np.array(list(allowed.values()))
        return str(random.choice(list(allowed), p=shares / shares.sum()))
