"""How a profile of charge balance goes through a formula element by element.

A profile is a small automaton. A *lane* says what has been decided so far, such as "cations only so far"; a *move*
takes an element in one lane, adds the charge of its atoms and ends in another lane. A formula passes a profile when one
way through it ends with charge zero. Elements come in order of electronegativity, so that Pauling's rule, every cation
less electronegative than every anion, means: first cations, then anions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sekkei.core.errors import UserError, did_you_mean
from sekkei.materials.oxidation import electronegativity, metals, oxidation_states
from sekkei.materials.validity import PROFILES, Profile

NONE = "none"
"""The profile that asks for nothing."""

BALANCES = (NONE, *PROFILES)
"""Names of the profiles that a formula can be held to while it is written."""

CATIONS, TIED, ANIONS, ALLOY, FIRST, SINGLE = range(6)
"""Lanes: cations so far; the same, and one of them is as electronegative as the next element; anions begun; metals
without charges; no element yet; one element alone. A profile without Pauling's rule uses the first for all charges."""

BALANCED = "balanced"
"""What a generator of compositions is told beside its targets: 1 where the charges balance, 0 where they do not."""

BALANCED_BY = "electronegativity_balanced"
"""The profile that decides it, for the training data."""

TOLD = ("charge_neutral", BALANCED_BY)
"""Profiles under which a generator is told to balance; the others also let through what has no charges to balance."""

LANES = 6
Lanes = tuple[int, ...]
"""For each lane a set of charges, as one integer: bit ``charge + limit``."""

_ACCEPTING = (CATIONS, TIED, ANIONS, ALLOY, SINGLE)


@dataclass(frozen=True)
class Move:
    """One way to take an element.

    Attributes:
        starts: lanes it begins in.
        end: lane it ends in.
        charges: oxidation states of an atom.
        mixed: atoms of the element may differ in their states, as in Fe3O4.
    """

    starts: tuple[int, ...]
    end: int
    charges: tuple[int, ...]
    mixed: bool = False

    def begun(self, charges: Lanes) -> int:
        """The charges it can begin with."""
        begun = 0
        for lane in self.starts:
            begun |= charges[lane]
        return begun


@dataclass(frozen=True)
class Balance:
    """The automaton of a profile over some elements.

    Attributes:
        symbols: the elements, in order of electronegativity.
        begin: lanes open before the first element.
        moves: for each element the ways to take it.
        boundary: for each element whether it is more electronegative than the one before, so that ties are over.
        limit: largest absolute charge that a neutral formula of so many atoms passes through.
    """

    symbols: tuple[str, ...]
    begin: tuple[int, ...]
    moves: tuple[tuple[Move, ...], ...]
    boundary: tuple[bool, ...]
    limit: int

    @property
    def accepting(self) -> tuple[int, ...]:
        """Lanes in which a formula of charge zero is complete."""
        return _ACCEPTING

    @property
    def start(self) -> Lanes:
        """The charges before the first element: zero, in the lanes that are open."""
        return tuple(1 << self.limit if lane in self.begin else 0 for lane in range(LANES))

    def taken(self, charges: Lanes, place: int, amount: int) -> Lanes:
        """The charges after so many atoms of the element at ``place``."""
        ends = [0] * LANES
        for move in self.moves[place]:
            if begun := move.begun(charges):
                ends[move.end] |= shifted(begun, move, amount, self.limit)
        return tuple(ends)

    def complete(self, charges: Lanes) -> bool:
        """Whether a formula with these charges passes."""
        return any(charges[lane] >> self.limit & 1 for lane in self.accepting)


def balance_named(name: str) -> Profile | None:
    """The profile of that name, None for ``none``.

    Raises:
        UserError: there is none of that name.
    """
    if name not in BALANCES:
        raise UserError(f"unknown profile '{name}'", "profile", did_you_mean(name, BALANCES))
    return PROFILES.get(name)


def balance(symbols: Sequence[str], rules: Profile | None, atoms: int, mixed: bool = False) -> Balance:
    """The automaton of a profile.

    Args:
        symbols: the elements that may occur, in the codec's order.
        rules: the profile; None lets every formula pass.
        atoms: most atoms of a formula.
        mixed: whether atoms of one element may take different states of one sign.

    Returns:
        The automaton. It lets through what :func:`sekkei.materials.validity.judge` finds valid under the same profile,
        with one difference: where that profile lets elements of unknown electronegativity pass (``cdvae``), they are
        taken in alloys and alone only.
    """
    if rules is None:
        free = (Move((CATIONS,), CATIONS, (0,)),)
        return Balance(tuple(symbols), (CATIONS,), (free,) * len(symbols), (True,) * len(symbols), 0)
    values = [electronegativity(symbol, rules.states) for symbol in symbols]
    boundary = tuple(place == 0 or values[place] != values[place - 1] for place in range(len(symbols)))
    last = [place + 1 == len(symbols) or boundary[place + 1] for place in range(len(symbols))]
    moves = []
    for symbol, value, alone in zip(symbols, values, last, strict=True):
        states = oxidation_states(rules.states).get(symbol, ())
        ways = _ordered(states, alone, mixed) if rules.ordered else _unordered(states, mixed)
        charged = [] if rules.ordered and value is None else ways
        moves.append((*charged, *(_exempt(symbol) if rules.exempt else [])))
    begin = (CATIONS, ALLOY, FIRST) if rules.exempt else (CATIONS,)
    return Balance(tuple(symbols), begin, tuple(moves), boundary, _limit(symbols, rules, atoms))


def _unordered(states: Sequence[int], mixed: bool) -> list[Move]:
    if not mixed:
        return [Move((CATIONS,), CATIONS, tuple(states))] if states else []
    signs = (tuple(s for s in states if s > 0), tuple(s for s in states if s < 0))
    return [Move((CATIONS,), CATIONS, charges, mixed=True) for charges in signs if charges]


def _ordered(states: Sequence[int], alone: bool, mixed: bool) -> list[Move]:
    """Cations, then anions; ``alone``: no element of the same electronegativity follows."""
    cations, anions = tuple(s for s in states if s > 0), tuple(s for s in states if s < 0)
    ways = []
    if cations:
        ways.append(Move((CATIONS, TIED), CATIONS if alone else TIED, cations, mixed))
    if anions:
        ways.append(Move((CATIONS, ANIONS), ANIONS, anions, mixed))
    return ways


def _exempt(symbol: str) -> list[Move]:
    alone = Move((FIRST,), SINGLE, (0,))
    return [alone, Move((ALLOY,), ALLOY, (0,))] if symbol in metals() else [alone]


def _limit(symbols: Sequence[str], rules: Profile, atoms: int) -> int:
    """The positive charges of a neutral formula: at most those of n atoms of the highest and m of the lowest state."""
    states = [state for symbol in symbols for state in oxidation_states(rules.states).get(symbol, ())]
    highest, lowest = max([0, *states]), -min([0, *states])
    return atoms * highest * lowest // (highest + lowest) if highest and lowest else 0


def passes(pairs: Sequence[tuple[str, int]], rules: Profile | None, mixed: bool = False) -> bool:
    """Whether a formula passes a profile.

    Args:
        pairs: (symbol, amount) in the codec's order.
        rules: the profile; None lets every formula pass.
        mixed: whether atoms of one element may take different states of one sign.
    """
    automaton = balance([symbol for symbol, _ in pairs], rules, sum(amount for _, amount in pairs), mixed)
    charges = automaton.start
    for place, (_, amount) in enumerate(pairs):
        if automaton.boundary[place]:
            charges = untied(charges)
        charges = automaton.taken(charges, place, amount)
    return automaton.complete(charges)


def untied(charges: Lanes) -> Lanes:
    """The lanes after a step to a larger electronegativity: a tie is over."""
    if not charges[TIED]:
        return charges
    merged = list(charges)
    merged[CATIONS] |= merged[TIED]
    merged[TIED] = 0
    return tuple(merged)


def shifted(charges: int, move: Move, amount: int, limit: int) -> int:
    """The charges after so many atoms; those beyond the limit, which no completion brings back, are dropped."""
    everything = (1 << (2 * limit + 1)) - 1
    if not move.mixed:
        ends = 0
        for charge in move.charges:
            ends |= _forth(charges, amount * charge)
        return ends & everything
    for _ in range(amount):
        spread = 0
        for charge in move.charges:
            spread |= _forth(charges, charge)
        charges = spread & everything
    return charges


def _forth(charges: int, charge: int) -> int:
    return charges << charge if charge >= 0 else charges >> -charge
