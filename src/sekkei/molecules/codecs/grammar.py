"""Which tokens can follow a prefix of a SMILES: parentheses, rings, brackets and bonds always close.

A small automaton reads characters (OpenSMILES specification 1.0, sec. 2); every token is walked through it once, from
every state, so that a step of sampling is a look-up. Valence and aromaticity are left to the network: a mask cuts only
what no continuation can mend, or what no parser reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

START, CHAIN, AFTER_B, AFTER_C, BOND, OPEN, BRACKET, PERCENT = range(8)
"""States between two characters; ``AFTER_B`` and ``AFTER_C`` are CHAIN where ``Br`` and ``Cl`` may still grow."""

_TENS = 8
_STATES = _TENS + 10
_ENDED = frozenset({CHAIN, AFTER_B, AFTER_C})
_ATOMS = frozenset("NOPSFIbcnops*")
_BONDS = frozenset("-=#$:/\\~")
_IN_BRACKET = frozenset("abcdefghiklmnoprstuvwyzABCDEFGHIKLMNOPRSTUVWXYZ0123456789+-@:*")
_END = 2
_LARGEST_RING = 62


@dataclass(frozen=True)
class Prefixes:
    """Where n prefixes stand.

    Attributes:
        state: (n,) state of the automaton.
        depth: (n,) parentheses open.
        rings: (n,) bit k set where ring closure k is open.
    """

    state: NDArray[np.int64]
    depth: NDArray[np.int64]
    rings: NDArray[np.int64]


@dataclass(frozen=True)
class SmilesGrammar:
    """The automaton over a codec's tokens.

    Attributes:
        pieces: text of each token by its number; 0, 1 and 2 are padding, start and end.
    """

    pieces: tuple[str, ...]

    def start(self, count: int) -> Prefixes:
        """Empty prefixes."""
        zeros = np.zeros(count, dtype=np.int64)
        return Prefixes(zeros, zeros, zeros)

    def permits(self, prefixes: Prefixes, tokens: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,): whether one token each may come next."""
        table, at = self._table, (prefixes.state, tokens)
        fits = table.legal[at] & (prefixes.depth + table.lowest[at] >= 0)
        return np.where(tokens == _END, self._whole(prefixes), fits)

    def allowed(self, prefixes: Prefixes) -> NDArray[np.bool_]:
        """(n, tokens): which token may come next."""
        table = self._table
        fits = table.legal[prefixes.state] & (prefixes.depth[:, None] + table.lowest[prefixes.state] >= 0)
        fits[:, _END] = self._whole(prefixes)
        return np.asarray(fits)

    def advance(self, prefixes: Prefixes, tokens: NDArray[np.int64]) -> Prefixes:
        """The prefixes with one allowed token more each; the end token leaves them as they are."""
        table, at = self._table, (prefixes.state, tokens)
        return Prefixes(table.after[at], prefixes.depth + table.change[at], prefixes.rings ^ table.toggled[at])

    def select(self, prefixes: Prefixes, rows: NDArray[np.int64]) -> Prefixes:
        """The prefixes of some rows."""
        return Prefixes(prefixes.state[rows], prefixes.depth[rows], prefixes.rings[rows])

    def _whole(self, prefixes: Prefixes) -> NDArray[np.bool_]:
        """(n,): whether a text may end here."""
        ended = np.isin(prefixes.state, list(_ENDED))
        return np.asarray(ended & (prefixes.depth == 0) & (prefixes.rings == 0))

    @cached_property
    def _table(self) -> _Table:
        walks = [[_walk(piece, state) for piece in self.pieces] for state in range(_STATES)]
        for state, row in enumerate(walks):
            row[: _END + 1] = [_Walk(legal=False, after=state)] * (_END + 1)
        return _Table(
            legal=np.array([[walk.legal for walk in row] for row in walks]),
            after=np.array([[walk.after for walk in row] for row in walks]),
            change=np.array([[walk.depth for walk in row] for row in walks]),
            lowest=np.array([[walk.lowest for walk in row] for row in walks]),
            toggled=np.array([[walk.rings for walk in row] for row in walks]),
        )


@dataclass(frozen=True)
class _Table:
    """(states, tokens) arrays: what a token does from a state."""

    legal: NDArray[np.bool_]
    after: NDArray[np.int64]
    change: NDArray[np.int64]
    lowest: NDArray[np.int64]
    toggled: NDArray[np.int64]


@dataclass(frozen=True)
class _Walk:
    """What a text does to a prefix: whether it may follow, and how it leaves state, depth and rings."""

    legal: bool
    after: int
    depth: int = 0
    lowest: int = 0
    rings: int = 0


def _walk(text: str, state: int) -> _Walk:
    walk = _Walk(legal=bool(text), after=state)
    for character in text:
        walk = _read(walk, character)
        if not walk.legal:
            break
    return walk


def _read(walk: _Walk, character: str) -> _Walk:
    state = walk.after
    if state == BRACKET:
        return _inside_bracket(walk, character)
    if state >= PERCENT:
        return _ring_number(walk, character)
    if (after := _atom(state, character)) is not None:
        return _to(walk, after)
    ended = state in _ENDED
    if character in _BONDS and (ended or state == OPEN):
        return _to(walk, BOND)
    if (character.isdigit() or character == "%") and (ended or state == BOND):
        return _to(walk, PERCENT) if character == "%" else _toggle(walk, int(character))
    return _punctuation(walk, character) if character in "()." and ended else _refused(walk)


def _atom(state: int, character: str) -> int | None:
    """The state after a character that begins or completes an atom, or None where it does neither."""
    if (state, character) in ((AFTER_B, "r"), (AFTER_C, "l")):
        return CHAIN
    if character in _ATOMS:
        return CHAIN
    return {"B": AFTER_B, "C": AFTER_C, "[": BRACKET}.get(character)


def _inside_bracket(walk: _Walk, character: str) -> _Walk:
    if character == "]":
        return _to(walk, CHAIN)
    return walk if character in _IN_BRACKET else _refused(walk)


def _ring_number(walk: _Walk, character: str) -> _Walk:
    if not character.isdigit():
        return _refused(walk)
    if walk.after == PERCENT:
        if 10 * int(character) > _LARGEST_RING:
            return _refused(walk)
        return _to(walk, _TENS + int(character))
    return _toggle(walk, 10 * (walk.after - _TENS) + int(character))


def _toggle(walk: _Walk, number: int) -> _Walk:
    if number > _LARGEST_RING:
        return _refused(walk)
    return _Walk(True, CHAIN, walk.depth, walk.lowest, walk.rings ^ (1 << number))


def _punctuation(walk: _Walk, character: str) -> _Walk:
    change = {"(": 1, ")": -1, ".": 0}[character]
    depth = walk.depth + change
    after = {"(": OPEN, ")": CHAIN, ".": START}[character]
    return _Walk(True, after, depth, min(walk.lowest, depth), walk.rings)


def _to(walk: _Walk, state: int) -> _Walk:
    return _Walk(True, state, walk.depth, walk.lowest, walk.rings)


def _refused(walk: _Walk) -> _Walk:
    return _Walk(False, walk.after)
