"""Which element and which Wyckoff position may come next, so that what is asked for is always reached."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from sekkei.core.errors import UserError
from sekkei.materials.codecs.wyckoff_room import LONGEST_SITE, Formula, Taken, fewest_atoms, length_of, open_letters
from sekkei.materials.symmetry.groups import space_group
from sekkei.materials.symmetry.sites import ORDER

_ENDLESS = 1_000_000  # tokens
_MOST_KEPT = 200_000  # beginnings whose letters are remembered


@dataclass(frozen=True)
class SiteRules:
    """What the sites of a crystal must keep to.

    Attributes:
        elements: symbols that may be used; None allows all.
        required: symbols that must occur.
        amounts: (symbol, amount) of the reduced formula that the crystal must have; any where empty.
        most_atoms: largest primitive cell.
        most_tokens: longest line; any where None.
        most_elements: most different elements; any number where None.
    """

    elements: Collection[str] | None
    required: tuple[str, ...]
    amounts: tuple[tuple[str, int], ...]
    most_atoms: int
    most_tokens: int | None
    most_elements: int | None
    _letters: dict[tuple[object, ...], list[str]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse wishes that leave nothing."""
        if not self._ranks or set(self._must) - set(self._ranks):
            raise UserError("no element is allowed, or one is required and not allowed", "elements", "such as Li, O")
        if self.most_elements is not None and not max(1, len(self._must)) <= self.most_elements:
            what = f"{len(self._must)} elements are required, {self.most_elements} allowed"
            raise UserError(what, "max_elements", "raise it, or require fewer")

    def nexts(self, group: int, sites: Taken) -> tuple[list[int], bool]:
        """Ranks of the elements that may come next, and whether the sites may end here."""
        ranks, whole = self._offered(group, sites)
        return [rank for rank in ranks if self.letters(group, sites, rank)], whole

    def takes(self, group: int, sites: Taken, rank: int) -> bool:
        """Whether an element may come next; what :meth:`nexts` says of it, without a look at all others."""
        return rank in self._offered(group, sites)[0] and bool(self.letters(group, sites, rank))

    def begins(self, group: int) -> bool:
        """Whether any element may come first; as :meth:`nexts` says, without a look at all of them."""
        return any(self.letters(group, (), rank) for rank in self._offered(group, ())[0])

    def whole(self, group: int, sites: Taken) -> bool:
        """Whether the sites may end here."""
        return self._offered(group, sites)[1]

    def letters(self, group: int, sites: Taken, rank: int) -> list[str]:
        """Letters that an element may take next so that all that is asked for still finds room."""
        key = (group, sites, rank)
        if key not in self._letters:
            if len(self._letters) > _MOST_KEPT:
                self._letters.clear()
            found = open_letters(group, sites, rank)
            self._letters[key] = [letter for letter in found if self._leaves_room(group, (*sites, (rank, letter)))]
        return self._letters[key]

    def _offered(self, group: int, sites: Taken) -> tuple[list[int], bool]:
        """Ranks that may come next if there is a position for them, and whether the sites may end here."""
        return self._in_formula(group, sites) if self._formula else self._in_order(sites)

    def _in_order(self, sites: Taken) -> tuple[list[int], bool]:
        last = sites[-1][0] if sites else -1
        missing = self._missing(last)
        final = missing[0] if missing else len(ORDER)
        full = len({rank for rank, _ in sites}) + len(missing) >= (self.most_elements or len(ORDER))
        ranks = [rank for rank in self._ranks if last <= rank <= final]
        if full:  # no element that is not required may come in
            ranks = [rank for rank in ranks if rank == last or rank in missing]
        return ranks, bool(sites) and not missing

    def _in_formula(self, group: int, sites: Taken) -> tuple[list[int], bool]:
        if not sites:
            return self._must[:1], False
        rank = sites[-1][0]
        place, have = self._must.index(rank), _atoms(group, sites, rank)
        several = have % self._amounts[place] == 0
        whole = several and (place == 0 or have == self._amounts[place] * self._units(group, sites))
        following = self._must[place + 1 : place + 2] if whole else []
        again = [rank] if place == 0 or not whole else []  # a multiple of the formula is open until the next element
        return [*again, *following], whole and place + 1 == len(self._must)

    def _missing(self, last: int) -> list[int]:
        """Ranks of the elements that are required and still to come after one of this rank."""
        return [rank for rank in self._must if rank > last]

    def _units(self, group: int, sites: Taken) -> int:
        """Formula units of the cell once the first element is whole."""
        return _atoms(group, sites, self._must[0]) // self._amounts[0]

    def _leaves_room(self, group: int, sites: Taken) -> bool:
        positions = space_group(group).positions
        tokens = (self.most_tokens or _ENDLESS) - 2 - 2 * len(space_group(group).free_cell)
        tokens -= sum(length_of(positions[letter]) for _, letter in sites)
        if self._formula:
            return self._completes(self._formula, group, sites, tokens)
        missing = len(self._missing(sites[-1][0]))
        atoms = sum(positions[letter].atoms for _, letter in sites) + fewest_atoms(group, sites, missing)
        return atoms <= self.most_atoms and LONGEST_SITE * missing <= tokens

    def _completes(self, formula: Formula, group: int, sites: Taken, tokens: int) -> bool:
        """Whether the formula can be completed within so many tokens."""
        rank = sites[-1][0]
        place, have = self._must.index(rank), _atoms(group, sites, rank)
        most = self.most_atoms // formula.atoms
        several = range(1, most + 1) if place == 0 else [self._units(group, sites)]
        lacking = [(units, formula.amounts[place] * units - have) for units in several]
        return any(
            missing >= 0 and formula.shortest(group, sites, place, missing, units) <= tokens
            for units, missing in lacking
        )

    @cached_property
    def _amounts(self) -> tuple[int, ...]:
        return tuple(amount for _, amount in sorted(self.amounts, key=lambda pair: ORDER.index(pair[0])))

    @cached_property
    def _formula(self) -> Formula | None:
        return Formula(self._amounts) if self.amounts else None

    @cached_property
    def _must(self) -> list[int]:
        """Ranks of the elements that must occur, ascending."""
        symbols = {symbol for symbol, _ in self.amounts} or set(self.required)
        return sorted(ORDER.index(symbol) for symbol in symbols)

    @cached_property
    def _ranks(self) -> list[int]:
        return [rank for rank, symbol in enumerate(ORDER) if self.elements is None or symbol in self.elements]


def _atoms(group: int, sites: Taken, rank: int) -> int:
    """Atoms of an element in the primitive cell so far."""
    positions = space_group(group).positions
    return sum(positions[letter].atoms for other, letter in sites if other == rank)
