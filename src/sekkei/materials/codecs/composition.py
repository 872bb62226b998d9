"""Formulas as pairs of tokens: an element, then its amount.

``LiFePO4`` is Li 1 Fe 1 P 1 O 4. The elements stand in order of electronegativity, cations first: a composition has one
sequence only, no element comes twice, and the sum of charges that is still open is known at every step.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.formula import ELECTRONEGATIVITY, NUMBERS, SYMBOLS, Composition, parse_formula
from sekkei.materials.oxidation import electronegativity

SPECIAL = 3
"""Tokens 0, 1 and 2 are padding, start and end."""

LARGEST = 128
"""Atoms a reduced formula may have: 99.9 % of the Materials Project has fewer."""

HEAVIEST = 103
"""Elements up to lawrencium have a token."""


def canonical_order() -> tuple[str, ...]:
    """Symbols by Pauling electronegativity as smact has it, then by atomic number.

    Where smact has none (promethium, the noble gases) pymatgen's stands in; elements without any come last.
    """

    def place(symbol: str) -> tuple[float, int]:
        known = electronegativity(symbol, "icsd24")
        value = ELECTRONEGATIVITY.get(symbol, math.inf) if known is None else known
        return value, NUMBERS[symbol]

    return tuple(sorted(SYMBOLS[:HEAVIEST], key=place))


def in_order(item: Composition) -> list[tuple[str, int]]:
    """(symbol, amount) in the order in which a sequence names them."""
    return sorted(item.amounts, key=lambda pair: _places()[pair[0]])


@cache
def _places() -> dict[str, int]:
    return {symbol: place for place, symbol in enumerate((*canonical_order(), *SYMBOLS[HEAVIEST:]))}


@dataclass(frozen=True)
class CompositionCodec:
    """Element and amount tokens.

    Attributes:
        symbols: the elements in the order in which a sequence names them.
        largest: atoms a formula may have.
    """

    symbols: tuple[str, ...]
    largest: int = LARGEST

    @classmethod
    def standard(cls) -> CompositionCodec:
        """The codec of new models."""
        return cls(canonical_order())

    @classmethod
    def from_json(cls, text: str) -> CompositionCodec:
        """Read a codec from the text of ``codec.json``.

        Raises:
            UserError: the text is no such codec.
        """
        try:
            raw = json.loads(text)
            symbols, largest = tuple(raw["elements"]), raw["largest"]
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"cannot be read as a codec of compositions: {error}", "codec.json") from error
        if len(set(symbols)) != len(symbols) or not set(symbols) <= set(SYMBOLS) or not symbols:
            raise UserError("its elements are not a list of different symbols", "codec.json")
        if not isinstance(largest, int) or not 1 <= largest <= 10_000:
            raise UserError("its largest formula is not a number of atoms", "codec.json")
        return cls(symbols, largest)

    def to_json(self) -> str:
        """The text of ``codec.json``."""
        return json.dumps({"kind": "composition", "elements": self.symbols, "largest": self.largest})

    @property
    def size(self) -> int:
        """Number of tokens, the three special ones included."""
        return SPECIAL + len(self.symbols) + self.largest

    @cached_property
    def places(self) -> dict[str, int]:
        """Place of each symbol in the order."""
        return {symbol: place for place, symbol in enumerate(self.symbols)}

    @property
    def first_amount(self) -> int:
        """Number of the token for the amount 1; that for the amount n lies n - 1 further."""
        return SPECIAL + len(self.symbols)

    def encode(self, text: str) -> list[int]:
        """Token numbers of a formula; fractions are scaled to whole numbers.

        Raises:
            UserError: the text is no formula, or it has an element or a size that the codec lacks.
        """
        item = parse_formula(text)
        if isinstance(item, Problem):
            raise UserError(item.message, f"formula '{text[:40]}'")
        return self.encode_item(item)

    def encode_item(self, item: Composition) -> list[int]:
        """Token numbers of a composition; see :meth:`encode`."""
        if strange := [symbol for symbol in item.symbols if symbol not in self.places]:
            raise UserError(
                f"{strange[0]} has no token", f"formula '{item.formula[:40]}'", "elements 1 to 103 have one"
            )
        if item.atoms > self.largest:
            what = f"has {item.atoms} atoms in whole numbers, more than {self.largest}"
            raise UserError(what, f"formula '{item.formula[:40]}'", "round the amounts to smaller whole numbers")
        pairs = sorted((self.places[symbol], amount) for symbol, amount in item.amounts)
        return [token for place, amount in pairs for token in (SPECIAL + place, self.first_amount + amount - 1)]

    def fits(self, item: Composition) -> bool:
        """Whether a composition can be encoded."""
        return item.atoms <= self.largest and all(symbol in self.places for symbol in item.symbols)

    def decode(self, tokens: Sequence[int]) -> str:
        """The formula of token numbers, as the house writes it; special tokens are skipped.

        Where an element lacks its amount, or an amount its element, every piece stands in angle brackets, which no
        parser reads.
        """
        body = [token for token in tokens if token >= SPECIAL]
        pairs = list(zip(body[::2], body[1::2], strict=False))
        if len(body) % 2 or any(
            element >= self.first_amount or amount < self.first_amount for element, amount in pairs
        ):
            return "".join(self._piece(token) for token in body)
        named = [(self.symbols[element - SPECIAL], amount - self.first_amount + 1) for element, amount in pairs]
        named.sort(key=lambda pair: (ELECTRONEGATIVITY.get(pair[0], math.inf), pair[0]))
        return "".join(f"{symbol}{amount if amount > 1 else ''}" for symbol, amount in named)

    def _piece(self, token: int) -> str:
        if token >= self.first_amount:
            return f"<{token - self.first_amount + 1}>"
        return f"<{self.symbols[token - SPECIAL]}>"
