"""Tasks for worker processes, which find them by name; each leaves a line for every time it is begun."""

from __future__ import annotations

import os
import time
from pathlib import Path


def begun(folder: str, row: int) -> int:
    """Leave a line, and say how many there are for this row."""
    with (Path(folder) / str(row)).open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    return times(folder, row)


def times(folder: str | Path, row: int) -> int:
    path = Path(folder) / str(row)
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


def chore(folder: str, row: int, deaths: int = 0) -> int:
    """Die the first times, as a process does that the system has killed."""
    if begun(folder, row) <= deaths:
        os._exit(9)
    time.sleep(0.02)
    return row


class Heavy:
    """Counts on disk how often it goes into a process."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self):
        begun(self.folder, -1)
        return Heavy, (self.folder,)


def held(heavy: Heavy, row: int) -> tuple[int, int]:
    """The row, and which object stands for the heavy one in this process."""
    time.sleep(0.02)
    return row, id(heavy)


def hang(seconds: float) -> None:
    from sekkei.predict.deadline import deadline

    with deadline(seconds):
        time.sleep(60)


def busy(folder: str) -> None:
    begun(folder, 0)
    time.sleep(60)


def parent(folder: str) -> None:
    """A process with a worker that is at work."""
    from sekkei.metrics.processes import Processes

    Processes(1).submit(busy, folder).result()


if __name__ == "__main__":
    import sys

    parent(sys.argv[1])
