"""Sets kept on disk as hashes of texts: the hash, the checksum, and reading a file of bounded size."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sekkei.core.errors import UserError

HASH_BITS = 40
"""Width of a hash [bits]."""

REPEAT = "fetch or build the model again"
"""What to do about a damaged file."""

_MOST = 1 << 30


def hash_of(text: str) -> int:
    """The first 40 bits of BLAKE2b of a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=HASH_BITS // 8).digest(), "little")


def checksum(body: bytes | memoryview) -> bytes:
    """16 bytes that change with what follows a header."""
    return hashlib.blake2b(body, digest_size=16).digest()


def read_bounded(path: Path) -> bytes:
    """The whole of a file of at most a gigabyte.

    Raises:
        UserError: it is missing, unreadable or larger.
    """
    try:
        size = path.stat().st_size
        if size > _MOST:
            raise UserError(f"is {size} bytes long, more than {_MOST}", str(path), REPEAT)
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", str(path), REPEAT) from error
