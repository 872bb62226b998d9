"""Memory between the steps of long work."""

from __future__ import annotations

import ctypes
import sys

MEGABYTE = 1 << 20
_TRIM, _TOP_PAD, _MMAP = -1, -2, -3  # M_TRIM_THRESHOLD, M_TOP_PAD and M_MMAP_THRESHOLD of glibc's malloc.h


def keep_freed_memory(most: int = 512) -> bool:
    """Keep what a training step frees for the next one, instead of giving it back to the system page by page.

    Every step asks for the same few hundred megabytes; fetching them anew cost up to a third of the time.

    Args:
        most: how much may be kept [MB].

    Returns:
        Whether this C library can be told to: glibc on Linux can, others are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return False
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is None:
        return False
    wanted = ((_MMAP, most // 2), (_TRIM, most), (_TOP_PAD, most // 8))
    answers = [tell(option, size * MEGABYTE) for option, size in wanted]  # an old glibc refuses one only
    return all(answer == 1 for answer in answers)
