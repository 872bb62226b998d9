"""Which tokens can follow a prefix of a crystal's line, so that whatever is sampled is a crystal of its space group.

Positions exist in the group, those without freedom are taken once, sites come in order, the cell has the parameters its
system leaves free and angles that close, and each position gets its free coordinates. Wishes for elements, compositions
and space groups are kept from the first token on: what is begun can always be completed within them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.materials.codecs.wyckoff import WyckoffCodec
from sekkei.materials.codecs.wyckoff_sites import SiteRules
from sekkei.materials.symmetry.groups import LENGTHS, space_group

_END = 2
_SMALLEST_GAP = 2  # degrees by which three angles must miss a flat cell


@dataclass(frozen=True)
class Prefix:
    """Where one line stands.

    Attributes:
        asked: tokens so far of what stands before the line.
        group: its space group, 0 before it is written.
        sites: (rank of the element, letter) of each site so far; the letter is empty while only the element is there.
        cell: first halves of the cell parameters so far, as token numbers.
        half: whether the next token is the second half of a number.
        cued: sites with free coordinates whose element has been repeated.
        written: coordinates of the last of them.
        stage: 0 space group and sites, 1 cell, 2 coordinates, 3 the end.
    """

    asked: int = 0
    group: int = 0
    sites: tuple[tuple[int, str], ...] = ()
    cell: tuple[int, ...] = ()
    half: bool = False
    cued: int = 0
    written: int = 0
    stage: int = 0

    @property
    def free(self) -> list[tuple[int, int]]:
        """(rank of the element, number of free coordinates) of each site that has any."""
        positions = space_group(self.group).positions
        return [(rank, positions[letter].free) for rank, letter in self.sites if positions[letter].free]


Prefixes = tuple[Prefix, ...]


@dataclass(frozen=True)
class WyckoffGrammar:
    """The rules; sampling takes it as its grammar.

    Attributes:
        codec: the codec whose tokens are meant.
        elements: symbols that may be used; None allows all.
        groups: space groups that may be used; None allows all.
        most_atoms: largest primitive cell.
        required: symbols that must occur.
        amounts: (symbol, amount) of the reduced formula that the crystal must have; any where empty.
        most_tokens: longest line; any where None.
        before: tokens that stand before every line; see :meth:`WyckoffCodec.ask`.
        most_elements: most different elements; any number where None.
    """

    codec: WyckoffCodec
    elements: Collection[str] | None = None
    groups: Collection[int] | None = None
    most_atoms: int = 52
    required: tuple[str, ...] = ()
    amounts: tuple[tuple[str, int], ...] = ()
    most_tokens: int | None = None
    before: tuple[int, ...] = ()
    most_elements: int | None = None

    def __post_init__(self) -> None:
        """Refuse wishes that leave nothing."""
        if not self._start.any():
            hint = f"one with room for them in a primitive cell of {self.most_atoms} atoms at most"
            raise UserError("no space group holds what is asked for", "groups", hint)

    def start(self, count: int) -> Prefixes:
        """Empty prefixes."""
        return (Prefix(),) * count

    def allowed(self, prefixes: Prefixes) -> NDArray[np.bool_]:
        """(n, tokens): which token may come next."""
        fits = np.zeros((len(prefixes), self.codec.size), dtype=np.bool_)
        for row, prefix in enumerate(prefixes):
            self._allow(prefix, fits[row])
        return fits

    def advance(self, prefixes: Prefixes, tokens: NDArray[np.int64]) -> Prefixes:
        """The prefixes with one allowed token more each; the end token leaves them as they are."""
        return tuple(self._after(prefix, int(token)) for prefix, token in zip(prefixes, tokens, strict=True))

    def select(self, prefixes: Prefixes, rows: NDArray[np.int64]) -> Prefixes:
        """The prefixes of some rows."""
        return tuple(prefixes[row] for row in rows)

    def _allow(self, at: Prefix, fits: NDArray[np.bool_]) -> None:
        if at.asked < len(self.before):
            fits[self.before[at.asked]] = True
        elif at.group == 0:
            fits |= self._start
        elif at.stage == 0:
            self._allow_site(at, fits)
        elif at.stage == 1:
            self._allow_cell(at, fits)
        elif at.stage == 2:
            self._allow_coordinate(at, fits)
        else:
            fits[_END] = True

    def _allow_site(self, at: Prefix, fits: NDArray[np.bool_]) -> None:
        first = self.codec.first
        if at.sites and not at.sites[-1][1]:
            found = self._sites.letters(at.group, at.sites[:-1], at.sites[-1][0])
            fits[[first["letter"] + _place(letter) for letter in found]] = True
            return
        ranks, whole = self._sites.nexts(at.group, at.sites)
        fits[[first["element"] + rank for rank in ranks]] = True
        fits[first["bar"]] = whole

    def _allow_cell(self, at: Prefix, fits: NDArray[np.bool_]) -> None:
        names, first = space_group(at.group).free_cell, self.codec.first
        name = names[len(at.cell) - at.half]
        kind = ("hundredths" if at.half else "length") if name in LENGTHS else ("tenths" if at.half else "angle")
        fits[first[kind] : first[kind] + self.codec.counts(kind)] = True
        if name == "gamma" and kind == "angle":
            whole = np.arange(self.codec.counts("angle")) + 20
            alpha, beta = (token - first["angle"] + 20 for token in at.cell[3:5])
            closes = (whole >= abs(alpha - beta) + _SMALLEST_GAP) & (
                whole <= min(alpha + beta, 360 - alpha - beta) - _SMALLEST_GAP
            )
            fits[first[kind] : first[kind] + len(whole)] = closes

    def _allow_coordinate(self, at: Prefix, fits: NDArray[np.bool_]) -> None:
        first, free = self.codec.first, at.free
        if at.cued == 0 or (not at.half and at.written == free[at.cued - 1][1]):
            fits[first["cue"] + free[at.cued][0]] = True
            return
        kind = "fine" if at.half else "coarse"
        fits[first[kind] : first[kind] + self.codec.counts(kind)] = True

    def _after(self, at: Prefix, token: int) -> Prefix:
        first = self.codec.first
        if token <= _END:
            return at
        if at.asked < len(self.before):
            return replace(at, asked=at.asked + 1)
        if at.group == 0:
            return replace(at, group=token - first["group"] + 1)
        if at.stage == 0:
            return self._with_site(at, token)
        return self._with_cell(at, token) if at.stage == 1 else self._with_coordinate(at, token)

    def _with_site(self, at: Prefix, token: int) -> Prefix:
        first = self.codec.first
        if token == first["bar"]:
            return replace(at, stage=1)
        if token < first["letter"]:
            return replace(at, sites=(*at.sites, (token - first["element"], "")))
        return replace(at, sites=(*at.sites[:-1], (at.sites[-1][0], self.codec.pieces[token])))

    def _with_cell(self, at: Prefix, token: int) -> Prefix:
        if not at.half:
            return replace(at, cell=(*at.cell, token), half=True)
        done = len(at.cell) == len(space_group(at.group).free_cell)
        return replace(at, half=False, stage=(2 if at.free else 3) if done else 1)

    def _with_coordinate(self, at: Prefix, token: int) -> Prefix:
        if token < self.codec.first["coarse"]:
            return replace(at, cued=at.cued + 1, written=0)
        if not at.half:
            return replace(at, half=True)
        done = at.cued == len(at.free) and at.written + 1 == at.free[-1][1]
        return replace(at, half=False, written=at.written + 1, stage=3 if done else 2)

    @cached_property
    def _start(self) -> NDArray[np.bool_]:
        """Tokens a line may begin with: groups asked for that have room for what must occur."""
        fits = np.zeros(self.codec.size, dtype=np.bool_)
        for number in range(1, 231):
            if self.groups is None or number in self.groups:
                fits[self.codec.first["group"] + number - 1] = bool(self._sites.nexts(number, ())[0])
        return fits

    @cached_property
    def _sites(self) -> SiteRules:
        return SiteRules(
            self.elements, self.required, self.amounts, self.most_atoms, self.most_tokens, self.most_elements
        )


def _place(letter: str) -> int:
    """Place of a letter among the letter tokens; ``A`` follows ``z``."""
    return 26 if letter == "A" else ord(letter) - ord("a")
