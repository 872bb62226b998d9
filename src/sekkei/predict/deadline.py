"""A time limit that also ends a call which does not come back by itself."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN = 1.0  # seconds; code that swallows what it is interrupted with is interrupted again


class Overdue(Exception):  # noqa: N818 - it is a time, not a fault
    """The time is over."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise :class:`Overdue` in a ``with`` block that takes longer.

    The alarm clock of Unix interrupts Python code and waiting; compiled code is interrupted when it comes back to
    Python. There is no limit in other threads than the main one, on Windows, and where the clock is in use already.

    Args:
        seconds: the limit.

    Raises:
        Overdue: the block was not done in time.
    """
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")) or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        yield
        return

    def ring(_: int, __: FrameType | None) -> None:
        raise Overdue

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
        yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        finally:  # it may have rung on the way here
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)
