"""Which Wyckoff positions the elements of a crystal take: crystals of one structure type take the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.structures import SYMPREC
from sekkei.materials.symmetry.sites import SymmetricCrystal, descriptions

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Occupation:
    """The occupied positions of a crystal, whatever the origin, the cell and the lengths.

    Attributes:
        group: space group number.
        amounts: amount of each element in the reduced formula.
        ways: letters by element, for each of the origins that give the type that comes first in order.
    """

    group: int
    amounts: Mapping[str, int]
    ways: tuple[Mapping[str, str], ...]

    @property
    def type(self) -> str:
        """The same for all elements on these sites, such as ``221 1:a 1:b 3:c``."""
        return f"{self.group} {' '.join(_type(self.amounts, self.ways[0]))}"

    def word(self, exchange: Mapping[str, str] = _NONE) -> str:
        """The type with its elements, such as ``221 O3:c Sr1:a Ti1:b``.

        Args:
            exchange: new symbol by old one; elements that are not named stay.
        """
        new = {symbol: exchange.get(symbol, symbol) for symbol in self.amounts}
        words = (sorted(f"{new[name]}{self.amounts[name]}:{way[name]}" for name in new) for way in self.ways)
        return f"{self.group} {' '.join(min(words))}"


def occupation(item: Crystal, symprec: float = SYMPREC) -> Occupation | Problem:
    """Find the occupied positions; arguments and Problems are those of taking it apart."""
    found = descriptions(item, symprec)
    return found if isinstance(found, Problem) else occupation_of(found)


def occupation_of(found: Sequence[SymmetricCrystal]) -> Occupation:
    """The same from the descriptions of a crystal, see :func:`sekkei.materials.symmetry.sites.descriptions`."""
    amounts = dict(found[0].composition.amounts)
    ways = [_letters(one) for one in found]
    first = min(_type(amounts, way) for way in ways)
    kept = {tuple(sorted(way.items())): way for way in ways if _type(amounts, way) == first}
    return Occupation(found[0].group, amounts, tuple(kept[key] for key in sorted(kept)))


def _letters(one: SymmetricCrystal) -> dict[str, str]:
    letters: dict[str, list[str]] = {}
    for site in one.sites:
        letters.setdefault(site.symbol, []).append(site.letter)
    return {symbol: "".join(sorted(found)) for symbol, found in letters.items()}


def _type(amounts: Mapping[str, int], way: Mapping[str, str]) -> list[str]:
    return sorted(f"{amount}:{way[symbol]}" for symbol, amount in amounts.items())
