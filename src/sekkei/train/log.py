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


def line(entry: dict[str, float], total: int, things: str = "molecules") -> str:
    """An entry of training (towards ``total`` examples) or of refinement in words."""
    if "gain" in entry:
        return f"{entry['step']:>12,.0f} steps of refinement  worth {entry['gain']:.3f}  {entry['valid']:.3f} valid"
    left = (total - entry["seen"]) / max(entry["per_second"], 1e-9) / 60
    return (
        f"{entry['seen']:>12,.0f} of {total:,} {things}  {entry['nats']:.2f} nats  "
        f"{entry['per_second']:.0f}/s  {left:.0f} min left"
    )
