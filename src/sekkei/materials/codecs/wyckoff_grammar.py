"""Which tokens can follow a prefix of a crystal's line, so that whatever is sampled is a crystal of its space group.

Positions exist in the group, those without freedom are taken once, sites come in order, the cell has the parameters its
system leaves free and angles that close, and each position gets its free coordinates. Wishes for elements and space
groups are kept from the first token on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.materials.codecs.wyckoff import WyckoffCodec
from sekkei.materials.symmetry.groups import LENGTHS, space_group
from sekkei.materials.symmetry.sites import ORDER

_END = 2
_SMALLEST_GAP = 2  # degrees by which three angles must miss a flat cell


@dataclass(frozen=True)
class Prefix:
    """Where one line stands.

    Attributes:
        group: its space group, 0 before it is written.
        sites: (rank of the element, letter) of each site so far; the letter is empty while only the element is there.
        atoms: atoms of the primitive cell so far.
        cell: first halves of the cell parameters so far, as token numbers.
        half: whether the next token is the second half of a number.
        cued: sites with free coordinates whose element has been repeated.
        written: coordinates of the last of them.
        stage: 0 space group and sites, 1 cell, 2 coordinates, 3 the end.
    """

    group: int = 0
    sites: tuple[tuple[int, str], ...] = ()
    atoms: int = 0
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
    """

    codec: WyckoffCodec
    elements: Collection[str] | None = None
    groups: Collection[int] | None = None
    most_atoms: int = 52

    def __post_init__(self) -> None:
        """Refuse wishes that leave nothing."""
        if self.elements is not None and not set(self.elements) & set(ORDER):
            raise UserError("no element is allowed", "elements", "name some, such as Li, O")
        if not self._start.any():
            raise UserError(
                "no space group is allowed", "groups", f"one whose cell has {self.most_atoms} atoms at most"
            )

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
        if at.group == 0:
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
            fits[[first["letter"] + place for place in self._letters(at, at.sites[-1][0])]] = True
            return
        last = at.sites[-1][0] if at.sites else 0
        again = at.sites and self._letters(at, last)
        later = self._letters(at, len(ORDER))
        ranks = [rank for rank in self._ranks if (rank > last and later) or (rank == last and (again or not at.sites))]
        fits[[first["element"] + rank for rank in ranks]] = True
        fits[first["bar"]] = bool(at.sites)

    def _letters(self, at: Prefix, rank: int) -> list[int]:
        """Places of the letters that an element may take next."""
        whole = [letter for _, letter in at.sites if letter]
        same = [letter for other, letter in at.sites if letter and other == rank]
        least = "" if not same else same[-1].swapcase()
        return [
            _place(letter)
            for letter, position in space_group(at.group).positions.items()
            if at.atoms + len(position.images) <= self.most_atoms
            and letter.swapcase() >= least
            and (position.free or letter not in whole)
        ]

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
        letter = self.codec.pieces[token]
        position = space_group(at.group).positions[letter]
        sites = (*at.sites[:-1], (at.sites[-1][0], letter))
        return replace(at, sites=sites, atoms=at.atoms + len(position.images))

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
        """Tokens a line may begin with: groups asked for that have room for one site."""
        fits = np.zeros(self.codec.size, dtype=np.bool_)
        for number in range(1, 231):
            wanted = self.groups is None or number in self.groups
            if wanted and self._smallest(number) <= self.most_atoms:
                fits[self.codec.first["group"] + number - 1] = True
        return fits

    def _smallest(self, number: int) -> int:
        return min(len(position.images) for position in space_group(number).positions.values())

    @cached_property
    def _ranks(self) -> list[int]:
        return [rank for rank, symbol in enumerate(ORDER) if self.elements is None or symbol in self.elements]


def _place(letter: str) -> int:
    """Place of a letter among the letter tokens; ``A`` follows ``z``."""
    return 26 if letter == "A" else ord(letter) - ord("a")
