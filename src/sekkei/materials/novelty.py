"""Is a material new? Exact membership in a set of known materials, and the nearest kind of relative.

A set keeps, for each known material, 40-bit hashes of its formula, its formula type (``ABC3``) and, where the space
group is known, both together with it; of a known crystal also of the Wyckoff positions that its elements take. A
relative is found by asking the set for the formula with one or two elements exchanged, so that no list of formulas has
to travel along. Five bytes a hash; nothing in the file is executed, and no number in it decides how much memory is
taken.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, combinations, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core.periodic_table import Element

from sekkei.core.errors import UserError
from sekkei.core.evaluators import Answer, FunctionEvaluator
from sekkei.core.files import replacing
from sekkei.core.hashes import HASH_BITS, REPEAT, checksum, hash_of, read_bounded
from sekkei.core.types import Measure, Problem
from sekkei.materials.formula import SYMBOLS, Composition, composition
from sekkei.materials.symmetry.occupation import Occupation

NOVELTY = Measure(
    "novelty", title="novelty class", low=0.0, high=4.0,
    source="exact membership of formulas and formula types, of crystals with space group and occupied Wyckoff "
    "positions: 0 known, 1 another structure of a known formula, 2 one or two elements exchanged within their group "
    "(of a crystal one for any), 3 known type, 4 none of these",
)  # fmt: skip

KINDS = ("known", "polymorph", "ion_substitution", "same_prototype", "new")
"""The classes of novelty, from none to most."""

UNCOMPARED = "known formula, its structure not at hand"
"""What is said of a crystal whose formula is known from a table without structures."""

FEW = 20_000
"""Hashes below which a set is warned of; the Materials Project gives about 100,000."""

_SITED = "sites are known"  # in every set that knows occupied positions
_WIDTH = HASH_BITS // 8
_MAGIC = b"SEKKEI-KNOWN-MATERIALS\x00"
_HEADER = struct.Struct("<23sBQ16s")  # magic, version, count, checksum of what follows
_VERSION = 1
_RARE_EARTHS = frozenset({"Sc", "Y", *SYMBOLS[56:71]})
_ACTINOIDS = frozenset(SYMBOLS[88:103])


@dataclass(frozen=True)
class Novelty:
    """How new a material is.

    Attributes:
        kind: one of :data:`KINDS`.
        of: for an element substitution the known formula, else ''.
        compared: of a polymorph, whether any structure of the formula is known: else it may be the known one.
    """

    kind: str
    of: str = ""
    compared: bool = True

    @property
    def surely_new(self) -> bool:
        """Whether it is told from everything that is known."""
        return self.kind != "known" and self.compared

    def __str__(self) -> str:
        """Words for a table."""
        words = {
            "known": "known",
            "polymorph": "polymorph of a known formula" if self.compared else UNCOMPARED,
            "ion_substitution": f"element substitution of {self.of}",
            "same_prototype": "new formula of a known prototype",
        }
        return words.get(self.kind, "new")


@dataclass(frozen=True)
class KnownMaterials:
    """A set of known materials.

    A material of the set is always found. One that is not is taken for known with a probability of n / 2^40 for n
    hashes (1 in 4 million for n = 250,000).

    Attributes:
        hashes: (n,) sorted distinct 40-bit hashes.
    """

    hashes: NDArray[np.uint64] = field(repr=False)

    @classmethod
    def build(cls, known: Iterable[tuple[Composition, int | None]], sites: Iterable[Occupation] = ()) -> KnownMaterials:
        """Collect compositions with their space groups, None where unknown, and the occupied positions of crystals.

        Repetitions count once. The composition of each crystal has to be among the first.
        """
        words = {word for item, group in known for word in _words(item, group)}
        words |= {word for one in sites for word in (_SITED, _sites(one.type), _sites(one.word()))}
        return cls(np.unique(np.fromiter(map(hash_of, words), dtype=np.uint64, count=len(words))))

    def __len__(self) -> int:
        """Number of hashes: several per material."""
        return len(self.hashes)

    def __or__(self, other: KnownMaterials) -> KnownMaterials:
        """What either set knows."""
        return KnownMaterials(np.union1d(self.hashes, other.hashes))

    def __contains__(self, item: Composition) -> bool:
        """Whether the formula is known."""
        return self._holds(_formula(item))

    def warning(self) -> str:
        """A sentence for the reader where the set is too small for novelty to mean much, else ''."""
        if len(self) >= FEW:
            return ""
        return (
            f"Only {len(self):,} hashes of known formulas and types are at hand: many a compound called new will be "
            "known. Tables in a data folder make the set larger."
        )

    def has_structure(self, item: Composition, group: int) -> bool:
        """Whether the formula is known with this space group."""
        return self._holds(_formula(item, group))

    def classify(self, item: Composition, group: int | None = None, sites: Occupation | None = None) -> Novelty:
        """How new a material is.

        Args:
            item: its composition.
            group: its space group; None where only the composition is known.
            sites: of a crystal, its occupied positions. They decide in place of the space group alone, and then one
                element may be exchanged for any other; without effect on a set that knows no positions.

        Returns:
            ``known``: the formula is known, with this space group where one is given. ``polymorph``: the formula is
            known, but not with this space group, or not on these positions; whether any structure of it is known
            stands in ``compared``. ``ion_substitution``: one or two elements exchanged for others of
            their group give a known formula, of this space group where one is given. ``same_prototype``: the formula
            type is known, with this space group where one is given. ``new``: none of these.
        """
        if sites is not None and self._holds(_SITED):
            return self._by_sites(item, sites)
        if self._holds(_formula(item)):
            return Novelty("known" if group is None or self.has_structure(item, group) else "polymorph")
        for relative in substitutions(item):
            if self._holds(_formula(relative, group)):
                return Novelty("ion_substitution", relative.formula)
        return Novelty("same_prototype" if self._holds(_type(item, group)) else "new")

    def _by_sites(self, item: Composition, sites: Occupation) -> Novelty:
        if self._holds(_sites(sites.word())):
            return Novelty("known")
        if self._holds(_formula(item)):
            compared = any(self.has_structure(item, group) for group in range(1, 231))
            return Novelty("polymorph", compared=compared)
        if not self._holds(_sites(sites.type)):
            return Novelty("new")
        for exchange in chain(_exchanges(item, 1, neighbours), _exchanges(item, 1, _others), _exchanges(item, 2)):
            if self._holds(_sites(sites.word(exchange))):
                return Novelty("ion_substitution", _exchanged(item, exchange).formula)
        return Novelty("same_prototype")

    def save(self, path: Path) -> None:
        """Write the set to one file.

        Raises:
            UserError: the file cannot be written.
        """
        body = np.ascontiguousarray(self.hashes, dtype="<u8").view(np.uint8).reshape(-1, 8)[:, :_WIDTH].tobytes()
        with replacing(path) as temporary:
            temporary.write_bytes(_HEADER.pack(_MAGIC, _VERSION, len(self), checksum(body)) + body)

    @classmethod
    def load(cls, path: Path) -> KnownMaterials:
        """Read a file of :meth:`save`.

        Raises:
            UserError: it is missing, of another kind or version, truncated or damaged.
        """
        data = read_bounded(path)
        if len(data) < _HEADER.size or data[: len(_MAGIC)] != _MAGIC:
            raise UserError("is no list of known materials", str(path), REPEAT)
        _, version, count, expected = _HEADER.unpack_from(data)
        body = data[_HEADER.size :]
        if version != _VERSION:
            raise UserError(f"has version {version}, this Sekkei reads {_VERSION}", str(path), REPEAT)
        if len(body) != count * _WIDTH or checksum(body) != expected:
            raise UserError("is truncated or damaged", str(path), REPEAT)
        wide = np.zeros((count, 8), dtype=np.uint8)
        wide[:, :_WIDTH] = np.frombuffer(body, dtype=np.uint8).reshape(count, _WIDTH)
        return cls(wide.view("<u8").reshape(count).astype(np.uint64))

    def _holds(self, word: str) -> bool:
        asked = np.uint64(hash_of(word))
        place = int(np.searchsorted(self.hashes, asked))
        return place < len(self.hashes) and bool(self.hashes[place] == asked)


def novelty_evaluator(known: KnownMaterials) -> FunctionEvaluator[Composition]:
    """The novelty class of a composition as a number, its place in :data:`KINDS`, with its words as the note."""

    def classify(item: Composition) -> Answer:
        found = known.classify(item)
        return float(KINDS.index(found.kind)), str(found)

    return FunctionEvaluator(NOVELTY, classify, f"1 {len(known)}")


def fingerprints(items: Sequence[Composition]) -> NDArray[np.uint64]:
    """Bits of the elements and of the formula type of n compositions, for the question how alike two are.

    Returns:
        (n, 4): one bit for each element in the first two words, one for the type in the last two. So two perovskites
        without a common element share 1 of 7 bits, two formulas of one system all but the type.
    """
    prints = np.zeros((len(items), 4), dtype=np.uint64)
    for row, item in enumerate(items):
        bits = [*(SYMBOLS.index(symbol) for symbol in item.symbols), 128 + hash_of(item.anonymous) % 128]
        for bit in bits:
            prints[row, bit // 64] |= np.uint64(1) << np.uint64(bit % 64)
    return prints


def substitutions(item: Composition) -> Iterator[Composition]:
    """Every composition with one, then with two elements exchanged for others of their group, in a fixed order.

    An element already present does not come in. Rare earths (Sc, Y, La to Lu) count as one group, actinoids as another,
    hydrogen as none.
    """
    for exchange in chain(_exchanges(item, 1), _exchanges(item, 2)):
        yield _exchanged(item, exchange)


@cache
def neighbours(symbol: str) -> tuple[str, ...]:
    """The other elements of its group of the periodic table, in order of atomic number; see :func:`substitutions`."""
    return tuple(other for other in SYMBOLS if other != symbol and _group(other) == _group(symbol))


def _exchanges(
    item: Composition, several: int, partners: Callable[[str], tuple[str, ...]] = neighbours
) -> Iterator[dict[str, str]]:
    """New symbols by old ones, for every choice of this many elements; an element already present does not come in."""
    for chosen in combinations(item.symbols, several):
        for fresh in product(*map(partners, chosen)):
            if len(set(fresh)) == several and not set(fresh) & set(item.symbols):
                yield dict(zip(chosen, fresh, strict=True))


def _exchanged(item: Composition, exchange: Mapping[str, str]) -> Composition:
    made = composition({exchange.get(symbol, symbol): amount for symbol, amount in item.amounts})
    if isinstance(made, Problem):
        raise TypeError(made.message)
    return made


@cache
def _others(symbol: str) -> tuple[str, ...]:
    """The elements of all other groups."""
    return tuple(other for other in SYMBOLS if other != symbol and other not in neighbours(symbol))


@cache
def _group(symbol: str) -> str:
    if symbol == "H":
        return "hydrogen"
    if symbol in _RARE_EARTHS:
        return "rare earths"
    return "actinoids" if symbol in _ACTINOIDS else str(Element(symbol).group)


def _formula(item: Composition, group: int | None = None) -> str:
    return f"formula {item.formula}" if group is None else f"formula {item.formula} {group}"


def _sites(word: str) -> str:
    return f"sites {word}"


def _type(item: Composition, group: int | None = None) -> str:
    return f"type {item.anonymous}" if group is None else f"type {item.anonymous} {group}"


def _words(item: Composition, group: int | None) -> Sequence[str]:
    plain = [_formula(item), _type(item)]
    return plain if group is None else [*plain, _formula(item, group), _type(item, group)]
