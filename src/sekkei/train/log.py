"""One JSON object per line: the record of a run that survives it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path


def json_lines(path: Path, also: Callable[[dict[str, float]], None]) -> Callable[[dict[str, float]], None]:
    """A log that appends to a file and passes every entry on."""

    def log(entry: dict[str, float]) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({name: round(value, 6) for name, value in entry.items()}) + "\n")
        also(entry)

    return log
