"""Hard constraints as masks: which token may follow a prefix so that the formula can still be completed.

What can be completed is known exactly before anything is sampled. For every place in the order of elements, every
number of elements so far and every number of atoms left, a table holds the set of open charges that some completion
brings to zero: dynamic programming from the last element to the first. A set of charges is one integer, a bit for each,
so that taking an element with charge q is a shift by q. While sampling, a prefix carries the set of charges it can
have; it may go on with a token if that set meets the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.generate.feasible import Feasible
from sekkei.materials.balance import LANES, Lanes, balance, balance_named, untied
from sekkei.materials.codecs.composition import SPECIAL, CompositionCodec
from sekkei.materials.constraints import Constraints
from sekkei.materials.counting import Counting
from sekkei.materials.oxidation import oxidation_states
from sekkei.models.tokens import EOS

_MOST_STATES = 100_000
"""Prefixes whose masks are kept; the memory is emptied when there are more."""


@dataclass
class Prefix:
    """A formula begun.

    Attributes:
        place: the next element that may come, by its place among the allowed ones.
        count: state of :class:`~sekkei.materials.counting.Counting`.
        charges: for each lane the charges it can have.
        room: atoms that may still come.
        pending: place of an element whose amount comes next, -1 where an element comes next.
        mask: (vocabulary,) which token may follow.
        after: the prefixes after one more token.
    """

    place: int
    count: int
    charges: Lanes
    room: int
    pending: int
    mask: NDArray[np.bool_]
    after: dict[int, Prefix] = field(default_factory=dict)


class CompositionGrammar:
    """Rules for :func:`sekkei.generate.sample.sample_tokens`: every sequence it lets end keeps the constraints."""

    def __init__(self, codec: CompositionCodec, constraints: Constraints) -> None:
        """Build the table of what can be completed.

        Raises:
            UserError: the constraints contradict themselves, or no formula keeps them all.
        """
        constraints.check()
        self.codec, self.constraints = codec, constraints
        symbols = [symbol for symbol in codec.symbols if symbol in constraints.allowed]
        rules = balance_named(constraints.profile)
        atoms = min(constraints.max_atoms, codec.largest)
        self.counting = Counting.of(constraints)
        self.feasible = Feasible(
            balance(symbols, rules, atoms, constraints.mixed_valence),
            self.counting,
            frozenset(constraints.required),
            atoms,
        )
        self.tokens = [SPECIAL + codec.places[symbol] for symbol in symbols]
        self._places = {token: place for place, token in enumerate(self.tokens)}
        self._states: dict[tuple[object, ...], Prefix] = {}
        if not self.root.mask.any():
            raise UserError(f"no formula keeps them: {self._why(symbols)}", "constraints", _hint(constraints))

    @cached_property
    def root(self) -> Prefix:
        """The empty prefix."""
        return self._prefix(0, 0, self.feasible.balance.start, self.feasible.atoms, -1)

    @cached_property
    def ended(self) -> Prefix:
        """What a finished sequence is in: only its end may follow."""
        mask = np.zeros(self.codec.size, dtype=bool)
        mask[EOS] = True
        return Prefix(0, 0, (0,) * LANES, 0, -1, mask)

    def start(self, count: int) -> list[Prefix]:
        """The states of empty prefixes."""
        return [self.root] * count

    def allowed(self, prefixes: Sequence[Prefix]) -> NDArray[np.bool_]:
        """(n, vocabulary): which token may come next."""
        return np.stack([prefix.mask for prefix in prefixes])

    def advance(self, prefixes: Sequence[Prefix], tokens: NDArray[np.int64]) -> list[Prefix]:
        """The states after one more token each."""
        if len(self._states) > _MOST_STATES:
            self._states.clear()
            self.root.after.clear()
        return [self._after(prefix, token) for prefix, token in zip(prefixes, tokens.tolist(), strict=True)]

    def select(self, prefixes: Sequence[Prefix], rows: NDArray[np.int64]) -> list[Prefix]:
        """The states of some rows."""
        return [prefixes[row] for row in rows.tolist()]

    def accepts(self, tokens: Sequence[int]) -> bool:
        """Whether a whole sequence, without start and end, keeps the constraints."""
        prefix = self.root
        for token in [*tokens, EOS]:
            if not prefix.mask[token]:
                return False
            prefix = self._after(prefix, token)
        return True

    def _after(self, prefix: Prefix, token: int) -> Prefix:
        if token == EOS:
            return self.ended
        found = prefix.after.get(token)
        if found is None:
            if not prefix.mask[token]:
                raise ValueError(f"token {token} may not follow")
            if prefix.pending < 0:
                place = self._places[token]
                charges = self._carried(prefix, place)
                found = self._prefix(place, prefix.count, charges, prefix.room, place)
            else:
                amount = token - self.codec.first_amount + 1
                charges = self.feasible.balance.taken(prefix.charges, prefix.pending, amount)
                count = self.counting.after(prefix.count, amount)
                found = self._prefix(prefix.pending + 1, count, charges, prefix.room - amount, -1)
            prefix.after[token] = found
        return found

    def _prefix(self, place: int, count: int, charges: Lanes, room: int, pending: int) -> Prefix:
        key = (place, count, charges, room, pending)
        kept = self._states.get(key)
        if kept is None:
            kept = Prefix(place, count, charges, room, pending, np.zeros(self.codec.size, dtype=bool))
            if pending < 0:
                self._allow_elements(kept)
            else:
                self._allow_amounts(kept)
            self._states[key] = kept
        return kept

    def _allow_elements(self, prefix: Prefix) -> None:
        feasible = self.feasible
        prefix.mask[EOS] = feasible.may_end(prefix.place, prefix.count, prefix.charges)
        charges = prefix.charges
        for place in range(prefix.place, len(self.tokens)):
            if feasible.balance.boundary[place]:
                charges = untied(charges)
            if feasible.taking(place, prefix.count, prefix.room, charges):
                prefix.mask[self.tokens[place]] = True
            if feasible.required[place]:
                break

    def _allow_amounts(self, prefix: Prefix) -> None:
        feasible = self.feasible
        for amount in self.counting.amounts(prefix.count, prefix.room):
            charges = self.feasible.balance.taken(prefix.charges, prefix.pending, amount)
            count = self.counting.after(prefix.count, amount)
            if feasible.reaching(prefix.place + 1, count, prefix.room - amount, charges):
                prefix.mask[self.codec.first_amount + amount - 1] = True

    def _carried(self, prefix: Prefix, place: int) -> Lanes:
        """The charges when the elements before ``place`` have been passed over."""
        over = any(self.feasible.balance.boundary[prefix.place : place + 1])
        return untied(prefix.charges) if over else prefix.charges

    def _why(self, symbols: Sequence[str]) -> str:
        """Which elements stand in the way of neutrality, or that stoichiometry does."""
        rules = balance_named(self.constraints.profile)
        if rules is None:
            return "elements, stoichiometry and sizes exclude each other"
        table = oxidation_states(rules.states)
        shown = list(self.constraints.required) or (list(symbols) if len(symbols) <= 6 else [])
        states = "; ".join(f"{s} {', '.join(f'{q:+d}' for q in table.get(s, ())) or 'no state'}" for s in shown)
        return f"none is balanced under the profile {rules.name}" + (f" ({states})" if states else "")


def _hint(constraints: Constraints) -> str:
    if constraints.profile == "none":
        return "loosen one of them"
    mixing = "" if constraints.mixed_valence else ", allow mixed valence"
    return f"allow more elements{mixing} or take profile none"
