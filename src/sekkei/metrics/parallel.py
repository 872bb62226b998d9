"""Work on long lists in chunks, in this process or in others; the result does not depend on which."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

R = TypeVar("R")
T = TypeVar("T")

_CHUNK = 500


@contextmanager
def processes(workers: int) -> Iterator[Executor | None]:
    """Worker processes for the time of a ``with`` block; None, meaning this process, for one worker or fewer.

    They are started afresh rather than forked: a fork of a process with running tensor threads can hang.
    """
    if workers <= 1:
        yield None
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def in_chunks(work: Callable[[list[T]], R], items: Sequence[T], pool: Executor | None, size: int = _CHUNK) -> list[R]:
    """``work`` on consecutive chunks of ``items``, results in order; one empty chunk where there is none."""
    chunks = [list(items[start : start + size]) for start in range(0, len(items), size)] or [[]]
    if pool is None or len(chunks) == 1:
        return [work(chunk) for chunk in chunks]
    return list(pool.map(work, chunks))
