"""Hard constraints on a composition: elements, chemical system, stoichiometry, size, charge balance."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass

from pymatgen.core.periodic_table import Element

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.balance import NONE, balance_named, passes
from sekkei.materials.codecs.composition import HEAVIEST, LARGEST, in_order
from sekkei.materials.formula import NUMBERS, SYMBOLS, Composition
from sekkei.materials.validity import judge

MOST_ELEMENTS = 8
"""Elements a formula may have; 99.99 % of the Materials Project has no more."""

_PATTERN = re.compile(r"([A-Z])(\d{0,4})")
_DEFAULT = "smact"


@dataclass(frozen=True)
class Constraints:
    """What every composition must keep to. Each is a mask on what may be written next, not a filter of what was.

    Attributes:
        elements: the only elements allowed; all where empty.
        exclude: elements that must not occur.
        contains: elements that must occur.
        system: chemical system such as ``Li-P-S``: these elements, all of them, and no other; any where empty.
        pattern: formula type such as ``ABX3``: every letter is a different element, whichever; any where empty.
        min_elements: fewest different elements.
        max_elements: most different elements.
        max_atoms: most atoms in the formula.
        profile: name of the profile of charge balance, or ``none``; see :mod:`sekkei.materials.validity`.
        mixed_valence: let atoms of one element take different oxidation states, as in Fe3O4.
    """

    elements: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    system: str = ""
    pattern: str = ""
    min_elements: int = 1
    max_elements: int = MOST_ELEMENTS
    max_atoms: int = LARGEST
    profile: str = _DEFAULT
    mixed_valence: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """Elements that must occur."""
        return tuple(dict.fromkeys((*self.contains, *self._system())))

    @property
    def allowed(self) -> tuple[str, ...]:
        """Elements that may occur, by atomic number."""
        only = set(self._system()) or set(self.elements) or set(SYMBOLS[:HEAVIEST])
        return tuple(symbol for symbol in SYMBOLS[:HEAVIEST] if symbol in only and symbol not in self.exclude)

    @property
    def amounts(self) -> tuple[int, ...]:
        """The amounts of the pattern in ascending order, reduced; empty where there is no pattern."""
        found: dict[str, int] = {}
        for letter, digits in _PATTERN.findall(self.pattern):
            found[letter] = found.get(letter, 0) + (int(digits) if digits else 1)
        divisor = math.gcd(*found.values()) if found else 1
        return tuple(sorted(amount // divisor for amount in found.values()))

    def check(self) -> None:
        """Read every symbol and number, and refuse what contradicts itself.

        Whether a neutral formula is left under all constraints together is found when the rules are built
        (:class:`sekkei.generate.rules.CompositionGrammar`).

        Raises:
            UserError: an unknown element or profile, an unreadable pattern, or two constraints that exclude each other.
        """
        for name in ("elements", "exclude", "contains"):
            for symbol in getattr(self, name):
                _check_symbol(symbol, name)
        for symbol in self._system():
            _check_symbol(symbol, "system")
        balance_named(self.profile)
        self._check_numbers()
        self._check_pattern()
        self._check_elements()

    def broken(self, item: Composition) -> str:
        """The first constraint a composition breaks, in words, or ``''``."""
        strange = [symbol for symbol in item.symbols if symbol not in self.allowed]
        lacking = [symbol for symbol in self.required if symbol not in item.symbols]
        amounts = tuple(sorted(amount for _, amount in item.amounts))
        faults = (
            (bool(strange), f"has {', '.join(strange)}"),
            (bool(lacking), f"lacks {', '.join(lacking)}"),
            (not self.min_elements <= len(amounts) <= self.max_elements, f"has {len(amounts)} elements"),
            (item.atoms > self.max_atoms, f"has {item.atoms} atoms"),
            (self.amounts not in ((), amounts), f"is of the type {item.anonymous}"),
        )
        return next((words for broken, words in faults if broken), "") or self.unbalanced(item)

    def unbalanced(self, item: Composition) -> str:
        """Why the charges of a composition do not balance by the profile, or ``''``."""
        rules = balance_named(self.profile)
        if rules is None or (self.mixed_valence and passes(in_order(item), rules, mixed=True)):
            return ""
        verdict = judge(item, rules)
        return "" if not isinstance(verdict, Problem) and verdict.valid else verdict.message

    def words(self) -> list[str]:
        """The constraints as phrases for a report."""
        phrases = []
        if self.system:
            phrases.append(f"the system {self.system}")
        if self.elements:
            phrases.append(f"only the elements {', '.join(self.elements)}")
        if self.exclude:
            phrases.append(f"without {', '.join(self.exclude)}")
        if self.contains:
            phrases.append(f"with {', '.join(self.contains)}")
        if self.pattern:
            phrases.append(f"of the type {self.pattern}")
        if self.min_elements > 1 or self.max_elements < MOST_ELEMENTS:
            phrases.append(f"{self.min_elements} to {self.max_elements} elements")
        if self.max_atoms < LARGEST:
            phrases.append(f"at most {self.max_atoms} atoms")
        if self.profile != NONE:
            mixing = ", mixed valence allowed" if self.mixed_valence else ""
            phrases.append(f"charge balance by the profile {self.profile}{mixing}")
        return phrases

    def _system(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.system.split("-")) if self.system else ()

    def _check_numbers(self) -> None:
        if not 1 <= self.min_elements <= MOST_ELEMENTS:
            raise UserError(f"{self.min_elements} is outside 1 to {MOST_ELEMENTS}", "min_elements")
        if not 1 <= self.max_elements <= MOST_ELEMENTS:
            raise UserError(f"{self.max_elements} is outside 1 to {MOST_ELEMENTS}", "max_elements")
        if self.min_elements > self.max_elements:
            raise UserError(f"{self.min_elements} is above the greatest number {self.max_elements}", "min_elements")
        if not 1 <= self.max_atoms <= LARGEST:
            raise UserError(f"{self.max_atoms} is outside 1 to {LARGEST}", "max_atoms")

    def _check_pattern(self) -> None:
        if not self.pattern:
            return
        if _PATTERN.sub("", self.pattern) or 0 in self.amounts:
            hint = "write capital letters with whole numbers, such as ABX3; elements go into contains"
            raise UserError("cannot be read as a formula type", f"pattern '{self.pattern[:40]}'", hint)
        kinds, size = len(self.amounts), sum(self.amounts)
        if not self.min_elements <= kinds <= self.max_elements:
            what = f"has {kinds} elements, where {self.min_elements} to {self.max_elements} are allowed"
            raise UserError(what, f"pattern '{self.pattern}'")
        if size > self.max_atoms:
            raise UserError(f"has {size} atoms, more than {self.max_atoms}", f"pattern '{self.pattern}'")

    def _check_elements(self) -> None:
        if self.system and self.elements:
            raise UserError("names the elements already", f"system '{self.system}'", "leave out elements or system")
        for symbol in self.required:
            where = "system" if symbol in self._system() else "contains"
            if symbol in self.exclude:
                raise UserError(f"{symbol} is required and excluded", where, "remove it from one of the two")
            if symbol not in self.allowed:
                raise UserError(f"{symbol} is required but not allowed", where, "add it to the elements or the system")
        kinds = len(self.amounts) or self.max_elements
        if len(self.required) > kinds:
            what = f"{len(self.required)} elements are required, but the formula may have {kinds}"
            raise UserError(what, "system" if self.system else "contains", "raise max_elements or require fewer")
        least = len(self.amounts) or self.min_elements
        if len(self.allowed) < least:
            what = f"only {len(self.allowed)} elements are allowed, but the formula needs {least}"
            raise UserError(what, "system" if self.system else "elements", "allow more elements")


def symbols(text: str) -> tuple[str, ...]:
    """The symbols of a list such as ``Li, O,P``, each once; whether they are elements is checked elsewhere."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _check_symbol(symbol: str, where: str) -> None:
    if symbol not in NUMBERS:
        near = _named(symbol) or difflib.get_close_matches(symbol.capitalize(), SYMBOLS, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "write symbols, such as Li,P,S"
        raise UserError(f"there is no element '{symbol[:20]}'", where, hint)
    if NUMBERS[symbol] > HEAVIEST:
        raise UserError(f"{symbol} is beyond the models: they know elements 1 to {HEAVIEST}", where)


def _named(word: str) -> list[str]:
    """The symbol of an element given by its English name: lead → Pb."""
    return [one.symbol for one in Element if one.long_name == word.capitalize()]
