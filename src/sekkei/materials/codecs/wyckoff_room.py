"""Which Wyckoff positions may still be taken, so that a crystal can be completed with what is asked for.

Positions without freedom are taken once, others as often as wished. Whether the rest of a formula can still be placed
is a question of numbers only: how many positions of each multiplicity are left.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import product

from sekkei.materials.symmetry.groups import Position, space_group

LONGEST_SITE = 9
"""Tokens of a site with three free coordinates: element, letter, the element again, and two for each coordinate."""

Taken = tuple[tuple[int, str], ...]
"""(rank of the element, letter) of each site so far."""

_Counts = tuple[tuple[int, int], ...]
"""(atoms, how many such positions)."""


def length_of(position: Position) -> int:
    """Tokens that a site on this position takes."""
    return 2 + (1 + 2 * position.free if position.free else 0)


@cache
def letters(number: int) -> tuple[str, ...]:
    """The letters of a space group in the order in which sites are written; ``A`` follows ``z``."""
    return tuple(sorted(space_group(number).positions, key=str.swapcase))


def open_letters(number: int, sites: Taken, rank: int) -> list[str]:
    """Letters that an element may take next: in order within the element, none without freedom twice."""
    taken = _taken(number, sites)
    same = [letter for other, letter in sites if other == rank]
    least = same[-1].swapcase() if same else ""
    return [letter for letter in letters(number) if letter.swapcase() >= least and letter not in taken]


def fewest_atoms(number: int, sites: Taken, elements: int) -> int:
    """Atoms that so many further elements take at least."""
    left = _left(number, _taken(number, sites), "")
    free = min(space_group(number).positions[letter].atoms for letter in left.free)
    small = sorted(atoms for atoms, count in left.fixed for _ in range(count) if atoms < free)[:elements]
    return sum(small) + free * (elements - len(small))


@dataclass(frozen=True)
class _Left:
    """Positions that are left: those without freedom by their atoms, and the letters of the others."""

    fixed: _Counts
    free: tuple[str, ...]


def _taken(number: int, sites: Taken) -> frozenset[str]:
    """The positions without freedom that are occupied."""
    positions = space_group(number).positions
    return frozenset(letter for _, letter in sites if not positions[letter].free)


@cache
def _left(number: int, taken: frozenset[str], least: str) -> _Left:
    """What is left from a letter on, all where it is empty."""
    positions = space_group(number).positions
    onward = [letter for letter in letters(number) if not least or letter.swapcase() >= least.swapcase()]
    fixed = Counter(positions[one].atoms for one in onward if not positions[one].free and one not in taken)
    return _Left(tuple(sorted(fixed.items())), tuple(one for one in onward if positions[one].free))


@dataclass(frozen=True)
class Formula:
    """Proportions that a crystal is to have.

    Attributes:
        amounts: atoms of each element in the reduced formula, in the order in which elements are written.
    """

    amounts: tuple[int, ...]
    _known: dict[tuple[object, ...], float] = field(default_factory=dict, compare=False, repr=False)

    @property
    def atoms(self) -> int:
        """Atoms of the reduced formula."""
        return sum(self.amounts)

    def shortest(self, number: int, sites: Taken, place: int, missing: int, units: int) -> float:
        """Tokens of the shortest completion.

        Args:
            number: space group.
            sites: the sites so far.
            place: the element that is being placed, by its place in the formula.
            missing: its atoms that are still to come.
            units: formula units of the cell.

        Returns:
            Tokens of the sites still to come, infinite where no completion exists.
        """
        last = sites[-1][1] if sites and missing < self.amounts[place] * units else ""
        taken = _taken(number, sites)
        here, later = _left(number, taken, last), _left(number, taken, "")
        return self._rest(number, place, missing, units, here, dict(later.fixed))

    def _rest(self, number: int, place: int, missing: int, units: int, here: _Left, unused: dict[int, int]) -> float:
        key = (number, place, missing, units, here, tuple(sorted(unused.items())))
        if key not in self._known:
            self._known[key] = min(
                self._with(number, place, missing, units, here, dict(zip(dict(here.fixed), taken, strict=True)), unused)
                for taken in product(*(range(min(count, missing // atoms) + 1) for atoms, count in here.fixed))
            )
        return self._known[key]

    def _with(
        self,
        number: int,
        place: int,
        missing: int,
        units: int,
        here: _Left,
        taken: dict[int, int],
        unused: dict[int, int],
    ) -> float:
        """The shortest completion in which the element takes these positions without freedom."""
        over = missing - sum(atoms * count for atoms, count in taken.items())
        tokens = _coins(number, here.free, over) + 2 * sum(taken.values()) if over >= 0 else math.inf
        if place + 1 == len(self.amounts) or math.isinf(tokens):
            return tokens
        unused = {atoms: count - taken.get(atoms, 0) for atoms, count in unused.items()}
        fixed = tuple(sorted((atoms, count) for atoms, count in unused.items() if count))
        fresh = _Left(fixed, _left(number, frozenset(), "").free)
        return tokens + self._rest(number, place + 1, self.amounts[place + 1] * units, units, fresh, dict(fixed))


@cache
def _coins(number: int, free: tuple[str, ...], atoms: int) -> float:
    """Fewest tokens of sites with freedom that hold so many atoms together."""
    if atoms == 0:
        return 0.0
    positions = [space_group(number).positions[letter] for letter in free]
    return min(
        (length_of(one) + _coins(number, free, atoms - one.atoms) for one in positions if one.atoms <= atoms),
        default=math.inf,
    )
