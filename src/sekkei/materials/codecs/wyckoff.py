"""A crystal as a line of text by its symmetry, and as tokens.

``136 Ti:a O:f | 4.60 2.96 O@.305`` is rutile: space group, occupied Wyckoff positions with their elements, free cell
parameters [Angstrom; angles in degrees with a sign], then the free coordinates of each position that has any. The
composition is complete before the first length is written, and what symmetry fixes is never written at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from string import ascii_lowercase

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.symmetry.groups import LENGTHS, SpaceGroup, space_group
from sekkei.materials.symmetry.sites import LONGEST, ORDER, Site, SymmetricCrystal, take_apart

SPECIAL = ("<pad>", "<bos>", "<eos>")
"""Tokens 0, 1 and 2 of every codec."""

LARGEST = 52
"""Atoms of an element that a formula may be asked for with."""

_KINDS = {
    "group": tuple(str(number) for number in range(1, 231)),
    "element": tuple(f" {symbol}:" for symbol in ORDER),
    "letter": (*ascii_lowercase, "A"),
    "bar": (" |",),
    "length": tuple(f" {whole}" for whole in range(1, int(LONGEST))),
    "hundredths": tuple(f".{part:02}" for part in range(0, 100, 2)),
    "angle": tuple(f" {whole}" for whole in range(20, 160)),
    "tenths": tuple(f".{part}°" for part in range(10)),
    "cue": tuple(f" {symbol}@" for symbol in ORDER),
    "coarse": tuple(f".{part:02}" for part in range(100)),
    "fine": tuple(str(part) for part in range(10)),
    "asked": tuple(f"<{symbol}>" for symbol in ORDER),
    "amount": tuple(f"<{count}>" for count in range(1, LARGEST + 1)),
}
"""The pieces of text by what they mean; the last two stand before a line and say what is asked for."""

_LINE = re.compile(
    r"(?P<group>[1-9]\d{0,2})(?P<sites>(?: [A-Z][a-z]?:[a-zA])+) \|(?P<cell>(?: \d+\.\d{1,2}°?)+)"
    r"(?P<free>(?: [A-Z][a-z]?@(?:\.\d{3})+)*)"
)
_LONGEST_LINE = 20_000
_WORD = re.compile(
    r" (?P<element>[A-Z][a-z]?:)(?P<letter>[a-zA])| (?P<length>\d+)(?P<hundredths>\.\d\d)(?!°)"
    r"| (?P<angle>\d+)(?P<tenths>\.\d°)| (?P<cue>[A-Z][a-z]?@)|(?P<coarse>\.\d\d)(?P<fine>\d)|(?P<bar> \|)"
)


def symmetric_text(item: Crystal) -> str | Problem:
    """The line of a crystal; Problems as in :func:`sekkei.materials.symmetry.sites.take_apart`."""
    found = take_apart(item)
    return found if isinstance(found, Problem) else written(found)


def written(item: SymmetricCrystal) -> str:
    """The line of a crystal that has been taken apart."""
    group = space_group(item.group)
    sites = "".join(f" {site.symbol}:{site.letter}" for site in item.sites)
    cell = "".join(
        f" {value:.2f}" if name in LENGTHS else f" {value:.1f}°"
        for name, value in zip(group.free_cell, item.parameters, strict=True)
    )
    free = "".join(
        f" {site.symbol}@" + "".join(f".{level:03}" for level in site.levels) for site in item.sites if site.levels
    )
    return f"{item.group}{sites} |{cell}{free}"


def is_symmetric_text(text: str) -> bool:
    """Whether a text looks like such a line rather than like a CIF."""
    return len(text) <= _LONGEST_LINE and _LINE.fullmatch(text.strip()) is not None


def read_symmetric(text: str) -> SymmetricCrystal | Problem:
    """Read a line.

    Returns:
        The crystal without what symmetry fixes, or a Problem ``syntax``, ``symmetry`` (no such group or position, a
        position without freedom twice, or not the number of free parameters it has) or ``element``.
    """
    line = _LINE.fullmatch(text.strip()) if len(text) <= _LONGEST_LINE else None
    if line is None:
        return Problem("syntax", "it is no line such as '136 Ti:a O:f | 4.60 2.96 O@.305'")
    if int(line["group"]) > 230:
        return Problem("symmetry", f"there is no space group {line['group']}")
    group = space_group(int(line["group"]))
    pairs = [(symbol, letter) for symbol, letter in (word.split(":") for word in line["sites"].split())]
    if (problem := _unknown(group, pairs)) is not None:
        return problem
    cell = _steps(line["cell"], group.free_cell)
    given = [word.split("@") for word in line["free"].split()]
    free = [(symbol, letter) for symbol, letter in pairs if group.positions[letter].free]
    counts = [(symbol, 4 * group.positions[letter].free) for symbol, letter in free]  # four characters each
    if cell is None or [(symbol, len(levels)) for symbol, levels in given] != counts:
        return Problem(
            "symmetry", f"these are not the free parameters of these positions of space group {group.number}"
        )
    levels = iter(tuple(int(part) for part in word[1:].split(".")) for _, word in given)
    sites = [Site(s, letter, next(levels) if group.positions[letter].free else ()) for s, letter in pairs]
    return SymmetricCrystal(group.number, cell, tuple(sites))


def _unknown(group: SpaceGroup, pairs: list[tuple[str, str]]) -> Problem | None:
    if unknown := [symbol for symbol, _ in pairs if symbol not in ORDER]:
        return Problem("element", f"there is no element '{unknown[0]}'")
    if absent := [letter for _, letter in pairs if letter not in group.positions]:
        return Problem("symmetry", f"space group {group.number} has no position '{absent[0]}'")
    full = [letter for _, letter in pairs if group.positions[letter].free == 0]
    if len(set(full)) < len(full):
        return Problem("symmetry", "a position without free coordinates is occupied twice")
    return None


def _steps(text: str, names: tuple[str, ...]) -> tuple[int, ...] | None:
    """The cell parameters in steps; None where they are not those of these names, or out of range."""
    words = text.split()
    if [word.endswith("°") for word in words] != [name not in LENGTHS for name in names]:
        return None
    steps = []
    for word, name in zip(words, names, strict=True):
        whole, point, part = word.partition(".")
        first, second = ("length", "hundredths") if name in LENGTHS else ("angle", "tenths")
        if f" {whole}" not in _KINDS[first] or point + part not in _KINDS[second]:
            return None
        places = _KINDS[second]
        steps.append(int(whole) * len(places) + places.index(point + part))
    return tuple(steps)


@dataclass(frozen=True)
class WyckoffCodec:
    """Tokens of such lines; there is nothing to train.

    Attributes:
        version: changes whenever a token would mean something else.
    """

    version: int = 2

    @classmethod
    def from_json(cls, text: str) -> WyckoffCodec:
        """Read a codec from the text of ``codec.json``.

        Raises:
            UserError: it is of another kind or version.
        """
        try:
            kept = json.loads(text)
        except ValueError as error:
            raise UserError(f"cannot be read: {error}", "codec.json") from error
        if kept != json.loads(cls().to_json()):
            raise UserError("is of another kind or version", "codec.json", "use the Sekkei that wrote it")
        return cls()

    def to_json(self) -> str:
        """The text of ``codec.json``."""
        return json.dumps({"codec": "wyckoff", "version": self.version})

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """Text of each token by its number."""
        return (*SPECIAL, *(piece for pieces in _KINDS.values() for piece in pieces))

    @cached_property
    def first(self) -> dict[str, int]:
        """Number of the first token of each kind; those of a kind follow each other."""
        starts, place = {}, len(SPECIAL)
        for kind, pieces in _KINDS.items():
            starts[kind] = place
            place += len(pieces)
        return starts

    def counts(self, kind: str) -> int:
        """Tokens of a kind."""
        return len(_KINDS[kind])

    @property
    def size(self) -> int:
        """Number of tokens."""
        return len(self.pieces)

    def encode(self, text: str) -> list[int]:
        """Token numbers of a line.

        Raises:
            UserError: the text is no such line.
        """
        line = _LINE.fullmatch(text) if len(text) <= _LONGEST_LINE else None
        tokens: list[int] = []
        if line is not None:
            found = [("group", line["group"])]
            for word in _WORD.finditer(text, line.end("group")):
                found += [(kind, part) for kind, part in word.groupdict().items() if part]
            tokens = [number for kind, part in found if (number := self._number(kind, part))]
        if self.decode(tokens) != text or not tokens:
            raise UserError("is no line such as '136 Ti:a O:f | 4.60 2.96 O@.305'", repr(text[:80]))
        return tokens

    def decode(self, tokens: Sequence[int]) -> str:
        """Text of token numbers; special tokens and what was asked for are skipped.

        The text of nonsense is nonsense, and read as such.
        """
        line = range(len(SPECIAL), self.first["asked"])
        return "".join(self.pieces[number] for number in tokens if number in line)

    def ask(self, amounts: Sequence[tuple[str, int]], *, exactly: bool = True) -> list[int]:
        """Tokens that stand before a line and ask for its elements.

        Args:
            amounts: (symbol, amount) of a reduced formula.
            exactly: ask for these proportions; for these elements in any proportions where not.

        Raises:
            UserError: an amount is too large.
        """
        in_order = sorted(amounts, key=lambda pair: ORDER.index(pair[0]))
        tokens: list[int] = []
        for symbol, amount in in_order:
            tokens.append(self.first["asked"] + ORDER.index(symbol))
            if exactly and not 1 <= amount <= LARGEST:
                raise UserError(f"{amount} atoms of {symbol} are more than {LARGEST}", "composition")
            tokens += [self.first["amount"] + amount - 1] if exactly else []
        return tokens

    def _number(self, kind: str, part: str) -> int:
        return self._numbers[kind].get(part.strip(), 0)

    @cached_property
    def _numbers(self) -> dict[str, dict[str, int]]:
        return {
            kind: {piece.strip(): self.first[kind] + place for place, piece in enumerate(pieces)}
            for kind, pieces in _KINDS.items()
        }
