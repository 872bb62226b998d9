"""Hard constraints as masks: which token may follow a prefix so that the formula can still be completed.

What can be completed is known exactly before anything is sampled. For every place in the order of elements, every
number of elements so far and every number of atoms left, a table holds the set of open charges that some completion
brings to zero: dynamic programming from the last element to the first. A set of charges is one integer, a bit for each,
so that taking an element with charge q is a shift by q. While sampling, a prefix carries the set of charges it can
have; it may go on with a token if that set meets the table. What is drawn is mostly allowed, so one token is looked at;
all tokens of a prefix are looked at only where one was refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Floats
from sekkei.generate.feasible import Feasible
from sekkei.materials.balance import BALANCED_BY, LANES, NONE, Lanes, balance, balance_named, untied
from sekkei.materials.codecs.composition import SPECIAL, CompositionCodec
from sekkei.materials.constraints import Constraints
from sekkei.materials.counting import Counting
from sekkei.materials.oxidation import oxidation_states
from sekkei.models.tokens import EOS

_MOST_STATES = 100_000
"""Prefixes that are kept with what follows them; the memory is emptied when there are more."""


@dataclass
class Prefix:
    """A formula begun.

    Attributes:
        place: the next element that may come, by its place among the allowed ones.
        count: state of :class:`~sekkei.materials.counting.Counting`.
        charges: for each lane the charges it can have.
        room: atoms that may still come.
        pending: place of an element whose amount comes next, -1 where an element comes next.
        after: for each token asked for so far the prefix with it, None where it may not follow.
        mask: (vocabulary,) which token may follow, once it has been asked for.
    """

    place: int
    count: int
    charges: Lanes
    room: int
    pending: int
    after: dict[int, Prefix | None] = field(default_factory=dict)
    mask: NDArray[np.bool_] | None = None


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
        if not self._mask(self.root).any():
            raise UserError(f"no formula keeps them: {self._why(symbols)}", "constraints", _hint(constraints))

    @cached_property
    def root(self) -> Prefix:
        """The empty prefix."""
        return self._prefix(0, 0, self.feasible.balance.start, self.feasible.atoms, -1)

    @cached_property
    def ended(self) -> Prefix:
        """What a finished sequence is in: only its end may follow."""
        ended = Prefix(0, 0, (0,) * LANES, 0, -1)
        ended.after[EOS] = ended
        ended.mask = np.arange(self.codec.size) == EOS
        return ended

    def start(self, count: int) -> list[Prefix]:
        """The states of empty prefixes."""
        return [self.root] * count

    def permits(self, prefixes: Sequence[Prefix], tokens: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,): whether one token each may come next."""
        pairs = zip(prefixes, tokens.tolist(), strict=True)
        return np.array([self._after(prefix, token) is not None for prefix, token in pairs], dtype=bool)

    def allowed(self, prefixes: Sequence[Prefix]) -> NDArray[np.bool_]:
        """(n, vocabulary): which token may come next."""
        return np.stack([self._mask(prefix) for prefix in prefixes])

    def advance(self, prefixes: Sequence[Prefix], tokens: NDArray[np.int64]) -> list[Prefix]:
        """The states after one more token each.

        Raises:
            ValueError: a token may not follow.
        """
        if len(self._states) > _MOST_STATES:
            self._states.clear()
            self.root.after.clear()
        found: list[Prefix] = []
        for prefix, token in zip(prefixes, tokens.tolist(), strict=True):
            if (after := self._after(prefix, token)) is None:
                raise ValueError(f"token {token} may not follow")
            found.append(after)
        return found

    def select(self, prefixes: Sequence[Prefix], rows: NDArray[np.int64]) -> list[Prefix]:
        """The states of some rows."""
        return [prefixes[row] for row in rows.tolist()]

    def accepts(self, tokens: Sequence[int]) -> bool:
        """Whether a whole sequence, without start and end, keeps the constraints."""
        prefix: Prefix | None = self.root
        for token in [*tokens, EOS]:
            prefix = self._after(prefix, token) if prefix else None
        return prefix is not None

    def _after(self, prefix: Prefix, token: int) -> Prefix | None:
        """The prefix with one token more, None where that may not follow."""
        if token not in prefix.after:
            prefix.after[token] = self._with(prefix, token)
        return prefix.after[token]

    def _with(self, prefix: Prefix, token: int) -> Prefix | None:
        if prefix.pending >= 0:
            return self._with_amount(prefix, token - self.codec.first_amount + 1)
        if token == EOS:
            return self.ended if self.feasible.may_end(prefix.place, prefix.count, prefix.charges) else None
        place = self._places.get(token, -1)
        if place < prefix.place or any(self.feasible.required[prefix.place : place]):
            return None
        charges = self._carried(prefix, place)
        fits = self.feasible.taking(place, prefix.count, prefix.room, charges)
        return self._prefix(place, prefix.count, charges, prefix.room, place) if fits else None

    def _with_amount(self, prefix: Prefix, amount: int) -> Prefix | None:
        if amount not in self.counting.amounts(prefix.count, prefix.room):
            return None
        charges = self.feasible.balance.taken(prefix.charges, prefix.pending, amount)
        count, room = self.counting.after(prefix.count, amount), prefix.room - amount
        fits = self.feasible.reaching(prefix.pending + 1, count, room, charges)
        return self._prefix(prefix.pending + 1, count, charges, room, -1) if fits else None

    def _prefix(self, place: int, count: int, charges: Lanes, room: int, pending: int) -> Prefix:
        key = (place, count, charges, room, pending)
        if key not in self._states:
            self._states[key] = Prefix(place, count, charges, room, pending)
        return self._states[key]

    def _mask(self, prefix: Prefix) -> NDArray[np.bool_]:
        if prefix.mask is None:
            prefix.mask = np.zeros(self.codec.size, dtype=bool)
            prefix.mask[self._elements(prefix) if prefix.pending < 0 else self._amounts(prefix)] = True
        return prefix.mask

    def _elements(self, prefix: Prefix) -> list[int]:
        """Tokens of the elements that may follow, and the end."""
        feasible, charges = self.feasible, prefix.charges
        found = [EOS] if feasible.may_end(prefix.place, prefix.count, charges) else []
        for place in range(prefix.place, len(self.tokens)):
            if feasible.balance.boundary[place]:
                charges = untied(charges)
            if feasible.taking(place, prefix.count, prefix.room, charges):
                found.append(self.tokens[place])
            if feasible.required[place]:
                break
        return found

    def _amounts(self, prefix: Prefix) -> list[int]:
        """Tokens of the amounts that may follow."""
        fitting = self.feasible.amounts(prefix.pending, prefix.count, prefix.room, prefix.charges)
        return [self.codec.first_amount + amount - 1 for amount in fitting]

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


Chosen = Callable[[Floats, np.random.Generator], tuple[Floats, CompositionGrammar]]


def rules_to_learn(codec: CompositionCodec) -> Chosen:
    """What a network of compositions is to keep of its own accord: the form of a formula, and balance where told to.

    Half of the time all are told to balance, and the masks of the strictest profile say what that forbids; else
    nobody is told anything of charges, and a formula is all it must be.
    """
    free, balanced = (CompositionGrammar(codec, Constraints(profile=name)) for name in (NONE, BALANCED_BY))

    def chosen(wished: Floats, random: np.random.Generator) -> tuple[Floats, CompositionGrammar]:
        told, grammar = (1.0, balanced) if random.random() < 0.5 else (np.nan, free)
        return np.column_stack([wished[:, :-1], np.full(len(wished), told)]), grammar

    return chosen


def _hint(constraints: Constraints) -> str:
    if constraints.profile == "none":
        return "loosen one of them"
    mixing = "" if constraints.mixed_valence else ", allow mixed valence"
    return f"allow more elements{mixing} or take profile none"
