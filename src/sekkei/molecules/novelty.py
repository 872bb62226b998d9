"""Is a molecule new? Exact membership in the training set, and the most similar training molecule.

The file of a training set takes about 2.7 bytes a molecule (1.6 million molecules, 4.2 MB). Each canonical SMILES is
reduced to a 40-bit hash; the sorted hashes are stored in the Elias-Fano code (Vigna, WSDM 2013, sec. 3): the upper
parts as gaps in unary, the lower bits as they are. Nothing in the file is executed, and no number in it decides how
much memory is taken: the file's length must fit the count it states.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import rdkit
from numpy.typing import NDArray
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from sekkei.core.errors import UserError
from sekkei.core.files import replacing
from sekkei.core.hashes import HASH_BITS, REPEAT, checksum, hash_of, read_bounded
from sekkei.core.types import Floats, Problem
from sekkei.molecules.validity import parse_smiles

BITS = 2048
"""Length of a fingerprint [bits]."""

_WORDS = BITS // 64
_BLOCK = 2000
_MAGIC = b"SEKKEI-KNOWN\x00"
_HEADER = struct.Struct(
    "<13sBQQ24s16s"
)  # magic, version, count, bytes of the upper part, RDKit, checksum of what follows
_VERSION = 1

Hashes = NDArray[np.uint64]
Prints = NDArray[np.uint64]


@dataclass(frozen=True)
class KnownMolecules:
    """The molecules of a training set, for ``smiles in known``.

    A molecule of the set is always found. One that is not is taken for known with a probability of n / 2^40 (1.5 in a
    million for n = 1.6 million), because its hash may coincide with another's. Texts must be canonical SMILES
    (``MOLECULES.text``); any other spelling counts as unknown.

    Attributes:
        hashes: (n,) sorted distinct 40-bit hashes.
        written_by: version of RDKit that made the SMILES canonical.
    """

    hashes: Hashes = field(repr=False)
    written_by: str = rdkit.__version__

    @classmethod
    def build(cls, smiles: Iterable[str]) -> KnownMolecules:
        """Collect canonical SMILES; repetitions count once. Takes 8 bytes a molecule while it runs."""
        return cls(np.unique(np.fromiter(map(hash_of, smiles), dtype=np.uint64)))

    def __len__(self) -> int:
        """Number of distinct molecules."""
        return len(self.hashes)

    def __or__(self, other: KnownMolecules) -> KnownMolecules:
        """What either set knows."""
        return KnownMolecules(np.union1d(self.hashes, other.hashes), self.written_by)

    def __contains__(self, smiles: str) -> bool:
        """Whether one canonical SMILES is known."""
        return bool(self.contains([smiles])[0])

    def contains(self, smiles: Sequence[str]) -> NDArray[np.bool_]:
        """Which of n canonical SMILES are known. n texts -> (n,)."""
        asked = np.fromiter(map(hash_of, smiles), dtype=np.uint64, count=len(smiles))
        if not len(self.hashes):
            return np.zeros(len(smiles), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self.hashes, asked), len(self.hashes) - 1)
        return np.asarray(self.hashes[places] == asked)

    def warning(self) -> str:
        """A sentence for the reader where another RDKit made the SMILES canonical, else ''."""
        if self.written_by == rdkit.__version__:
            return ""
        return (
            f"The list of known molecules was written with RDKit {self.written_by}, this is {rdkit.__version__}: "
            "where their canonical SMILES differ, a known molecule counts as novel."
        )

    def save(self, path: Path) -> None:
        """Write the set to one file.

        Raises:
            UserError: the file cannot be written.
        """
        upper, lower = _encode(self.hashes)
        body = upper + lower
        written_by = self.written_by.encode()[:24]
        header = _HEADER.pack(_MAGIC, _VERSION, len(self), len(upper), written_by, checksum(body))
        with replacing(path) as temporary:
            temporary.write_bytes(header + body)

    @classmethod
    def load(cls, path: Path) -> KnownMolecules:
        """Read a file of :meth:`save`.

        Raises:
            UserError: it is missing, of another kind or version, truncated or damaged.
        """
        data = read_bounded(path)
        if len(data) < _HEADER.size or data[: len(_MAGIC)] != _MAGIC:
            raise UserError("is no list of known molecules", str(path), REPEAT)
        _, version, count, upper_bytes, written_by, expected = _HEADER.unpack_from(data)
        body = memoryview(data)[_HEADER.size :]
        if version != _VERSION:
            raise UserError(f"has version {version}, this Sekkei reads {_VERSION}", str(path), REPEAT)
        if len(body) != upper_bytes + _lower_bytes(count) or checksum(body) != expected:
            raise UserError("is truncated or damaged", str(path), REPEAT)
        hashes = _decode(body[:upper_bytes], body[upper_bytes:], count)
        if hashes is None:
            raise UserError("is damaged", str(path), REPEAT)
        return cls(hashes, written_by.rstrip(b"\x00").decode("ascii", "replace"))


def _low_bits(count: int) -> int:
    """Bits of a hash that are stored as they are: those below the mean gap between neighbours."""
    return max(0, HASH_BITS - max(1, count).bit_length())


def _lower_bytes(count: int) -> int:
    whole, rest = divmod(_low_bits(count), 8)
    return whole * count + rest * -(-count // 8)


def _encode(hashes: Hashes) -> tuple[bytes, bytes]:
    low_bits, count = _low_bits(len(hashes)), len(hashes)
    places = (hashes >> np.uint64(low_bits)).astype(np.int64) + np.arange(count)
    marks = np.zeros(int(places[-1]) + 1 if count else 0, dtype=np.uint8)
    marks[places] = 1
    whole, rest = divmod(low_bits, 8)
    planes = [(hashes >> np.uint64(8 * place)).astype(np.uint8) for place in range(whole)]
    planes += [np.packbits((hashes >> np.uint64(8 * whole + place)).astype(np.uint8) & 1) for place in range(rest)]
    return np.packbits(marks).tobytes(), b"".join(plane.tobytes() for plane in planes)


def _decode(upper: memoryview, lower: memoryview, count: int) -> Hashes | None:
    """The hashes, or None where the upper part does not hold as many marks as were counted."""
    places = np.flatnonzero(np.unpackbits(np.frombuffer(upper, dtype=np.uint8)))
    if len(places) != count:
        return None
    low_bits = _low_bits(count)
    hashes = (places - np.arange(count)).astype(np.uint64) << np.uint64(low_bits)
    whole, rest = divmod(low_bits, 8)
    planes, packed = np.frombuffer(lower, dtype=np.uint8), -(-count // 8)
    for place in range(whole):
        hashes |= planes[place * count : (place + 1) * count].astype(np.uint64) << np.uint64(8 * place)
    for place in range(rest):
        start = whole * count + place * packed
        bits = np.unpackbits(planes[start : start + packed], count=count)
        hashes |= bits.astype(np.uint64) << np.uint64(8 * whole + place)
    return hashes


def fingerprints(mols: Sequence[Chem.Mol]) -> Prints:
    """Morgan fingerprints of radius 2, 2048 bits (Rogers & Hahn, JCIM 50, 742, 2010), without chirality.

    Args:
        mols: n molecules.

    Returns:
        uint64 array (n, 32): 64 bits a word.
    """
    raw = b"".join(DataStructs.BitVectToBinaryText(_morgan().GetFingerprint(mol)) for mol in mols)
    return np.frombuffer(raw, dtype=np.uint64).reshape(len(mols), _WORDS)


def similarities(one: Prints, many: Prints) -> Floats:
    """Tanimoto similarity of one fingerprint to many: common bits over all bits, 0 for two empty ones.

    Args:
        one: (32,) words of :func:`fingerprints`.
        many: (n, 32).

    Returns:
        (n,) values from 0 to 1.
    """
    common = np.bitwise_count(one & many).sum(axis=1, dtype=np.int64)
    total = np.bitwise_count(one | many).sum(axis=1, dtype=np.int64)
    return np.asarray(common / np.maximum(total, 1), dtype=np.float64)


@dataclass(frozen=True)
class Neighbours:
    """Nearest molecules of a reference set by Tanimoto similarity of Morgan fingerprints.

    The reference fingerprints are computed at the first question and kept (256 bytes a molecule).

    Attributes:
        smiles: the reference molecules.
    """

    smiles: Sequence[str]

    def nearest(self, mols: Sequence[Chem.Mol]) -> tuple[Floats, list[str]]:
        """The most similar reference molecule of each molecule, the first of equals.

        Args:
            mols: n molecules.

        Returns:
            Similarities (n,), 0 to 1, and the n SMILES of the reference molecules.

        Raises:
            UserError: the reference set is empty or holds an invalid SMILES.
        """
        best, found = np.zeros(len(mols)), [""] * len(mols)
        for row, one in enumerate(fingerprints(mols)):
            values = similarities(one, self._prints)
            place = int(values.argmax())
            best[row], found[row] = values[place], self.smiles[place]
        return best, found

    @cached_property
    def _prints(self) -> Prints:
        if not self.smiles:
            raise UserError("there are no molecules to compare with", "reference set")
        blocks = (self.smiles[first : first + _BLOCK] for first in range(0, len(self.smiles), _BLOCK))
        return np.concatenate([fingerprints([_reference(text) for text in block]) for block in blocks])


def _reference(text: str) -> Chem.Mol:
    mol = parse_smiles(text)
    if isinstance(mol, Problem):
        raise UserError(f"'{text}' is no molecule: {mol.message}", "reference set")
    return mol


@cache
def _morgan() -> rdFingerprintGenerator.FingerprintGenerator64:
    return rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=BITS)
