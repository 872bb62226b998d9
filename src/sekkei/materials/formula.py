"""Read a chemical formula exactly, or say in a chemist's words why it is none.

Amounts are exact: ``Ba0.4K0.6Fe2As2`` becomes 2 : 3 : 10 : 10, and ``Li0.333CoO2`` is 1 : 3 : 6. Only
proportions count, so that ``Fe2O3`` and ``Fe4O6`` are one composition. Deuterium and tritium (D, T) count as hydrogen,
as in pymatgen.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from pymatgen.core.periodic_table import Element

from sekkei.core.types import Problem

MAX_LENGTH = 500
"""Longest formula that is read [characters]."""

MAX_AMOUNT = 10**9
"""Largest whole-number amount of one element, after reduction."""

SYMBOLS = tuple(element.symbol for element in sorted(Element, key=lambda element: element.Z))
"""The 118 elements by atomic number; the place of a symbol is its number less one."""

NUMBERS = {symbol: place for place, symbol in enumerate(SYMBOLS, start=1)}
"""Atomic number by symbol."""

ELECTRONEGATIVITY = {element.symbol: float(element.data["X"]) for element in Element if element.data.get("X")}
"""Pauling electronegativity by symbol, as pymatgen has it; elements without one are absent."""

MASS = {element.symbol: float(element.atomic_mass) for element in Element}
"""Standard atomic mass [Da] by symbol."""

_ORDER = {symbol: (ELECTRONEGATIVITY.get(symbol, math.inf), symbol) for symbol in SYMBOLS}
_ISOTOPES = {"D": "H", "T": "H"}
_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉．", "0123456789.")
_HYDRATE = re.compile(r"\s*[·•∙⋅‧・*]\s*")
_AMBIGUOUS = re.compile(r"(?:[^\d.])(?:[1-9]\d*)?\.\d+\(?H2O\)?$")
_FLAT = re.compile(r"([A-Z][a-z]?)(\d{0,9})")
_TOKEN = re.compile(
    r"\s*(?:(?P<symbol>[A-Z][a-z]?)|(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?)"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}]))"
)
_DECIMAL = re.compile(r"\d*\.\d+(?:e[+-]?\d{1,2})?")
_LONGEST_NUMBER = 16
_SHORTEST = 3  # digits behind the point of what may be short for a third
_ENDLESS = {3: (3, 6), 4: (3, 6, 7, 9, 11, 12)}
"""Denominators of decimals without end, by the digits that are written; four and more are alike."""

_DEEPEST = 8
_PARTNER = {")": "(", "]": "[", "}": "{"}

Amount = int | Fraction


@dataclass(frozen=True)
class Composition:
    """The proportions of the elements in a material.

    Attributes:
        amounts: (symbol, amount) in order of electronegativity, the amounts the smallest whole numbers.
    """

    amounts: tuple[tuple[str, int], ...]

    @cached_property
    def formula(self) -> str:
        """The reduced formula, such as ``LiFePO4``; equal for equal proportions."""
        return "".join(f"{symbol}{amount if amount > 1 else ''}" for symbol, amount in self.amounts)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Its elements in order of electronegativity."""
        return tuple(symbol for symbol, _ in self.amounts)

    @cached_property
    def atoms(self) -> int:
        """Atoms in the reduced formula."""
        return sum(amount for _, amount in self.amounts)

    @cached_property
    def mass(self) -> float:
        """Mass of the reduced formula [Da]."""
        return sum(amount * MASS[symbol] for symbol, amount in self.amounts)

    @property
    def system(self) -> str:
        """The chemical system, such as ``Fe-O``, in alphabetical order."""
        return "-".join(sorted(self.symbols))

    @cached_property
    def anonymous(self) -> str:
        """The formula type, such as ``AB2C4``: amounts in ascending order with letters for elements."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        names = [letters[place] if place < len(letters) else f"X{place}" for place in range(len(self.amounts))]
        ascending = sorted(amount for _, amount in self.amounts)
        return "".join(f"{name}{amount if amount > 1 else ''}" for name, amount in zip(names, ascending, strict=True))

    @property
    def mass_fractions(self) -> dict[str, float]:
        """Share of the mass by symbol; the shares add up to 1."""
        return {symbol: amount * MASS[symbol] / self.mass for symbol, amount in self.amounts}


class _UnreadableError(Exception):
    """Carries the Problem out of the parser."""

    def __init__(self, kind: str, message: str) -> None:
        self.problem = Problem(kind, message)
        super().__init__(message)


def parse_formula(text: str) -> Composition | Problem:
    """Read one formula.

    Args:
        text: a formula with brackets, decimals, subscripts or water of crystallisation (``CuSO4·5H2O``, ``*`` also);
            surrounding blanks are ignored. ``NaN`` is sodium nitride.

    Returns:
        The composition, or a Problem whose kind is ``empty``, ``too_large``, ``charge``, ``element``, ``bracket``,
        ``ambiguous`` or ``syntax``.
    """
    formula = text.strip().translate(_PLAIN)
    if not formula:
        return Problem("empty", "there is no formula")
    if len(formula) > MAX_LENGTH:
        return Problem("too_large", f"the formula has {len(formula)} characters, more than {MAX_LENGTH}")
    try:
        return composition(_flat(formula) or _nested(formula))
    except _UnreadableError as error:
        return error.problem


def composition(amounts: Mapping[str, Amount]) -> Composition | Problem:
    """A composition from amounts by symbol, reduced to the smallest whole numbers; amounts of 0 are left out.

    Returns:
        The composition, or a Problem ``empty``, ``element``, ``negative`` or ``too_large``.
    """
    present = {symbol: amount for symbol, amount in amounts.items() if amount}
    if not present:
        return Problem("empty", "no element has an amount above 0")
    for symbol, amount in present.items():
        if symbol not in NUMBERS:
            return Problem("element", _unknown(symbol))
        if amount < 0:
            return Problem("negative", f"the amount of {symbol} is below 0")
    scale = math.lcm(*(amount.denominator for amount in present.values()))
    whole = {symbol: int(amount * scale) for symbol, amount in present.items()}
    divisor = math.gcd(*whole.values())
    if max(whole.values()) // divisor > MAX_AMOUNT:
        return Problem("too_large", f"the smallest whole numbers of these amounts are above {MAX_AMOUNT}")
    return Composition(tuple((symbol, whole[symbol] // divisor) for symbol in sorted(whole, key=_ORDER.__getitem__)))


def _flat(formula: str) -> dict[str, Amount]:
    """The amounts of a formula of known symbols and whole numbers only, else nothing; this is the fast path."""
    amounts: dict[str, Amount] = {}
    end = 0
    for match in _FLAT.finditer(formula):
        symbol, number = match.groups()
        if match.start() != end or symbol not in NUMBERS:
            return {}
        end = match.end()
        amounts[symbol] = amounts.get(symbol, 0) + (int(number) if number else 1)
    return amounts if end == len(formula) else {}


def _nested(formula: str) -> dict[str, Amount]:
    """The amounts of any formula: a main part, then parts of crystal water with their coefficients."""
    if formula[-1] in "+-" or "^" in formula:
        raise _UnreadableError("charge", "a material is neutral: leave the charge out")
    if _AMBIGUOUS.search(formula):
        raise _UnreadableError("ambiguous", "the point may be a decimal or crystal water: write '·' before the water")
    total: dict[str, Amount] = {}
    read = _reader(formula)
    for part in _HYDRATE.split(formula):
        for symbol, amount in _part(part, read).items():
            total[symbol] = total.get(symbol, 0) + amount
    return total


def _part(text: str, read: Callable[[str], Fraction]) -> dict[str, Amount]:
    """One part, with the coefficient in front of it."""
    coefficient: Amount = 1
    groups: list[dict[str, Amount]] = [{}]
    brackets: list[str] = []
    unit: dict[str, Amount] = {}  # what a number that comes next multiplies
    place = 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _stuck(text, place)
        word, kind = match[match.lastgroup or 0], match.lastgroup
        if kind == "number":
            if not unit and place > 0:
                raise _UnreadableError("syntax", f"the number {word[:20]} belongs to no element or bracket")
            if place == 0:
                coefficient = _number(word, read)
            unit = {symbol: amount * _number(word, read) for symbol, amount in unit.items()}
            _merge(groups[-1], unit)
            unit = {}
        else:
            _merge(groups[-1], unit)
            unit = {_known(word): 1} if kind == "symbol" else _bracket(word, groups, brackets)
        place = match.end()
    _merge(groups[-1], unit)
    if brackets:
        raise _UnreadableError("bracket", f"the bracket '{brackets[-1]}' is not closed")
    if not groups[0]:
        raise _UnreadableError("syntax", f"'{text[:30]}' names no element")
    return {symbol: amount * coefficient for symbol, amount in groups[0].items()}


def _bracket(word: str, groups: list[dict[str, Amount]], brackets: list[str]) -> dict[str, Amount]:
    """Open or close a bracket; a closed one is the unit that the next number multiplies."""
    if word in "([{":
        if len(brackets) >= _DEEPEST:
            raise _UnreadableError("too_large", f"brackets stand more than {_DEEPEST} deep")
        brackets.append(word)
        groups.append({})
        return {}
    if not brackets or brackets.pop() != _PARTNER[word]:
        raise _UnreadableError("bracket", f"the bracket '{word}' has no partner")
    return groups.pop()


def _merge(group: dict[str, Amount], unit: dict[str, Amount]) -> None:
    for symbol, amount in unit.items():
        group[symbol] = group.get(symbol, 0) + amount


def _number(word: str, read: Callable[[str], Fraction]) -> Amount:
    if len(word) > _LONGEST_NUMBER:
        raise _UnreadableError("too_large", f"the number {word[:20]}... has more than {_LONGEST_NUMBER} characters")
    return int(word) if word.isdigit() else read(word)


def _reader(formula: str) -> Callable[[str], Fraction]:
    """How decimals are read: as they stand, or all as the thirds, sixths and so on that they are short for.

    Where one of several has an end, as among the contents of an alloy, the others are no thirds either.
    """
    long = [word for word in _DECIMAL.findall(formula) if len(word.partition(".")[2]) >= _SHORTEST]
    return _meant if all(_meant(word) != Fraction(word) for word in long) else Fraction


def _meant(word: str) -> Fraction:
    """The fraction without end that a decimal is short for, rounded or cut off; else the decimal."""
    amount, digits = Fraction(word), len(word.partition(".")[2])
    for parts in _ENDLESS.get(digits, _ENDLESS[4]) if digits >= _SHORTEST and "e" not in word else ():
        near = Fraction(round(amount * parts), parts)
        if Fraction(-1, 2) <= (near - amount) * 10**digits < 1:
            return near
    return amount


def _known(word: str) -> str:
    symbol = _ISOTOPES.get(word, word)
    if symbol not in NUMBERS:
        raise _UnreadableError("element", _unknown(symbol))
    return symbol


def _unknown(symbol: str) -> str:
    near = difflib.get_close_matches(symbol, SYMBOLS, n=3, cutoff=0.5)
    return f"there is no element '{symbol[:20]}'" + (f": did you mean {' or '.join(near)}?" if near else "")


def _stuck(text: str, place: int) -> _UnreadableError:
    rest = text[place : place + 10]
    if rest[0] in "+-":
        return _UnreadableError("charge", "a material is neutral: leave signs and charges out")
    hint = ": element symbols begin with a capital letter" if rest[0].islower() else ""
    return _UnreadableError("syntax", f"'{rest}' (character {place + 1}) cannot be read{hint}")
