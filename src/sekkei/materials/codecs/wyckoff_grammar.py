"""Which tokens can follow a prefix of a crystal's line, so that whatever is sampled is a crystal of its space group.

Positions exist in the group, those without freedom are taken once, sites come in order, the cell has the parameters its
system leaves free and angles that close, and each position gets its free coordinates,
the last of which keeps its atoms apart from those that stand. Wishes for elements, compositions
and space groups are kept from the first token on: what is begun can always be completed within them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Floats
from sekkei.materials.codecs.wyckoff import WyckoffCodec
from sekkei.materials.codecs.wyckoff_gaps import Packing
from sekkei.materials.codecs.wyckoff_sites import SiteRules
from sekkei.materials.symmetry.groups import LENGTHS, space_group
from sekkei.materials.symmetry.sites import LEVELS

_END = 2
_COORDINATES, _END_OF_LINE = 2, 3  # stages
_SMALLEST_ANGLE = 20  # degrees, of the first token of an angle
_SMALLEST_GAP = 2  # degrees by which three angles must miss a flat cell
_NEARLY = 0.9


@dataclass(frozen=True)
class Prefix:
    """Where one line stands.

    Attributes:
        asked: tokens so far of what stands before the line.
        group: its space group, 0 before it is written.
        sites: (rank of the element, letter) of each site so far; the letter is empty while only the element is there.
        cell: first halves of the cell parameters so far, as token numbers.
        parts: their second halves.
        half: whether the next token is the second half of a number.
        cued: sites with free coordinates whose element has been repeated.
        levels: coordinates of the last of them [1/1000]; the last one in tens while it is half written.
        packing: the atoms that stand, once there is a cell.
        stage: 0 space group and sites, 1 cell, 2 coordinates, 3 the end.
    """

    asked: int = 0
    group: int = 0
    sites: tuple[tuple[int, str], ...] = ()
    cell: tuple[int, ...] = ()
    parts: tuple[int, ...] = ()
    half: bool = False
    cued: int = 0
    levels: tuple[int, ...] = ()
    packing: Packing | None = None
    stage: int = 0

    @property
    def between(self) -> bool:
        """Whether the element of a site, or the end of the sites, comes next."""
        return self.group > 0 and self.stage == 0 and not (self.sites and not self.sites[-1][1])

    @property
    def free(self) -> list[tuple[int, str, int]]:
        """(rank of the element, letter, number of free coordinates) of each site that has any."""
        positions = space_group(self.group).positions
        return [(rank, letter, free) for rank, letter in self.sites if (free := positions[letter].free)]

    @property
    def written(self) -> int:
        """Coordinates of the last site that are written in full."""
        return len(self.levels) - self.half


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
        apart: whether the last free coordinate of a position keeps its atoms apart from those that stand, or as far as
            the cell has room for.
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
    apart: bool = True

    def __post_init__(self) -> None:
        """Refuse wishes that leave nothing."""
        if not self._start:
            hint = f"one with room for them in a primitive cell of {self.most_atoms} atoms at most"
            raise UserError("no space group holds what is asked for", "groups", hint)

    def start(self, count: int) -> Prefixes:
        """Empty prefixes."""
        return (Prefix(),) * count

    def permits(self, prefixes: Prefixes, tokens: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,): whether one token each may come next."""
        pairs = zip(prefixes, tokens.tolist(), strict=True)
        return np.array([self._permits(prefix, token) for prefix, token in pairs], dtype=np.bool_)

    def allowed(self, prefixes: Prefixes) -> NDArray[np.bool_]:
        """(n, tokens): which token may come next."""
        fits = np.zeros((len(prefixes), self.codec.size), dtype=np.bool_)
        for row, prefix in enumerate(prefixes):
            fits[row, self._next(prefix)] = True
        return fits

    def advance(self, prefixes: Prefixes, tokens: NDArray[np.int64]) -> Prefixes:
        """The prefixes with one allowed token more each; the end token leaves them as they are."""
        return tuple(self._after(prefix, int(token)) for prefix, token in zip(prefixes, tokens, strict=True))

    def select(self, prefixes: Prefixes, rows: NDArray[np.int64]) -> Prefixes:
        """The prefixes of some rows."""
        return tuple(prefixes[row] for row in rows)

    def _permits(self, at: Prefix, token: int) -> bool:
        if at.stage == _COORDINATES and self._closes(at):  # trying all levels takes long
            kind = self.codec.first["fine" if at.half else "coarse"]
            if token not in self._digits(at):
                return False
            room = float(self._room(at, token - kind).max())
            return room >= 1 or room >= _enough(self._room(at))
        if not at.between:
            return token in self._next(at)
        if token == self.codec.first["bar"]:  # asking all elements for a position takes long
            return self._sites.whole(at.group, at.sites)
        return self._sites.takes(at.group, at.sites, token - self.codec.first["element"])

    def _next(self, at: Prefix) -> Sequence[int]:
        """Tokens that may come next."""
        first = self.codec.first
        if at.asked < len(self.before):
            return [self.before[at.asked]]
        if at.group == 0:
            return self._start
        if at.between:
            ranks, whole = self._sites.nexts(at.group, at.sites)
            return [first["element"] + rank for rank in ranks] + [first["bar"]] * whole
        if at.stage == 0:
            letters = self._sites.letters(at.group, at.sites[:-1], at.sites[-1][0])
            return [first["letter"] + _place(letter) for letter in letters]
        if at.stage == 1:
            return self._cell(at)
        return self._coordinate(at) if at.stage == 2 else [_END]

    def _cell(self, at: Prefix) -> range:
        name = space_group(at.group).free_cell[len(at.cell) - at.half]
        kind = ("hundredths" if at.half else "length") if name in LENGTHS else ("tenths" if at.half else "angle")
        if name == "gamma" and kind == "angle":
            return self._closing(at)
        return self._all(kind)

    def _closing(self, at: Prefix) -> range:
        """Angles that close a cell with the two before."""
        zero = self.codec.first["angle"] - _SMALLEST_ANGLE  # the token of 0 degrees, if there were one
        alpha, beta = (token - zero for token in at.cell[3:5])
        least = abs(alpha - beta) + _SMALLEST_GAP
        most = min(alpha + beta, 360 - alpha - beta) - _SMALLEST_GAP
        every = self._all("angle")
        return range(max(every.start, zero + least), min(every.stop, zero + most + 1))

    def _coordinate(self, at: Prefix) -> Sequence[int]:
        free = at.free
        if at.cued == 0 or (not at.half and at.written == free[at.cued - 1][2]):
            return [self.codec.first["cue"] + free[at.cued][0]]
        every = self._digits(at)
        if not self._closes(at):
            return every
        room = self._room(at).reshape(len(every), -1).max(axis=-1)
        return (np.flatnonzero(room >= _enough(room)) + every.start).tolist()

    def _digits(self, at: Prefix) -> range:
        return self._all("fine" if at.half else "coarse")

    def _closes(self, at: Prefix) -> bool:
        """Whether the next token is one of the last coordinate of a site."""
        return at.packing is not None and at.cued > 0 and at.written + 1 == at.free[at.cued - 1][2]

    def _room(self, at: Prefix, digits: int | None = None) -> Floats:
        """What room each level of the last coordinate leaves: of all that may follow, or behind one token."""
        if at.packing is None:
            raise TypeError("there is no cell yet")
        rank, letter, _ = at.free[at.cued - 1]
        if at.half:
            tens = np.arange(10) + 10 * at.levels[-1] if digits is None else np.array([10 * at.levels[-1] + digits])
        else:
            tens = np.arange(LEVELS) if digits is None else np.arange(10) + 10 * digits
        before = np.tile(np.array(at.levels[: at.written], dtype=np.int64), (len(tens), 1))
        return at.packing.room(rank, letter, np.column_stack([before, tens]))

    def _all(self, kind: str) -> range:
        """The tokens of a kind."""
        first = self.codec.first[kind]
        return range(first, first + self.codec.counts(kind))

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
        at = replace(at, parts=(*at.parts, token), half=False)
        if len(at.cell) < len(space_group(at.group).free_cell):
            return at
        if not at.free:
            return replace(at, stage=_END_OF_LINE)
        packing = Packing.begin(at.group, self._parameters(at), at.sites) if self.apart else None
        return replace(at, stage=_COORDINATES, packing=packing)

    def _parameters(self, at: Prefix) -> tuple[float, ...]:
        """The cell parameters that are written [Angstrom, deg]."""
        found = []
        for whole, part in zip(at.cell, at.parts, strict=True):
            found.append(float(f"{self.codec.pieces[whole]}{self.codec.pieces[part].rstrip('°')}"))
        return tuple(found)

    def _with_coordinate(self, at: Prefix, token: int) -> Prefix:
        first = self.codec.first
        if token < first["coarse"]:
            return replace(at, cued=at.cued + 1, levels=())
        if not at.half:
            return replace(at, half=True, levels=(*at.levels, token - first["coarse"]))
        level = 10 * at.levels[-1] + token - first["fine"]
        at = replace(at, half=False, levels=(*at.levels[:-1], level))
        rank, letter, free = at.free[at.cued - 1]
        if len(at.levels) < free:
            return at
        if at.cued == len(at.free):
            return replace(at, stage=_END_OF_LINE)
        return replace(at, packing=at.packing.holding(rank, letter, at.levels) if at.packing else None)

    @cached_property
    def _start(self) -> list[int]:
        """Tokens a line may begin with: groups asked for that have room for what must occur."""
        return [
            self.codec.first["group"] + number - 1
            for number in range(1, 231)
            if (self.groups is None or number in self.groups) and self._sites.begins(number)
        ]

    @cached_property
    def _sites(self) -> SiteRules:
        return SiteRules(
            self.elements, self.required, self.amounts, self.most_atoms, self.most_tokens, self.most_elements
        )


def _enough(room: Floats) -> float:
    """The room that a coordinate must leave, of what all of them leave: nearly the most where none has enough."""
    most = float(room.max())
    return 1.0 if most >= 1 else _NEARLY * most


def _place(letter: str) -> int:
    """Place of a letter among the letter tokens; ``A`` follows ``z``."""
    return 26 if letter == "A" else ord(letter) - ord("a")
