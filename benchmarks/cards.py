"""Writes what was measured of the shipped generators into their cards, from the raw results of these very weights.

python -m benchmarks.cards
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from benchmarks.record import ROOT, number, saved, table

ZOO = ROOT / "src" / "sekkei" / "zoo"
HEADING = "\n## Measured\n"
Lines = Callable[[dict[str, Any]], list[list[str]]]

FIGURES = (
    "valid", "unique@10000", "Novelty", "FCD/Test", "FCD/held-out", "SNN/Test", "SNN/held-out", "Frag/Test",
    "Scaf/Test", "IntDiv", "Filters",
)  # fmt: skip


def main() -> None:
    for folder in sorted(path.parent for path in ZOO.glob("*/training.json")):
        mark = json.loads((folder / "training.json").read_text(encoding="utf-8"))["hash"]
        parts = [part for name, lines in KINDS.items() for part in section(name, lines, mark)]
        card = folder / "README.md"
        text = card.read_text(encoding="utf-8").split(HEADING)[0].rstrip() + "\n"
        if parts:
            text += HEADING + "\n" + "\n\n".join(parts) + "\n"
        card.write_text(text, encoding="utf-8")
        print(f"{folder.name}: {len(parts)} benchmarks")


def section(name: str, lines: Lines, mark: str) -> list[str]:
    """What a benchmark found of the weights with this hash: a sentence and a table for each raw result."""
    parts = []
    for result in saved(ROOT / "benchmarks" / name):
        where = result["circumstances"]
        if where.get("model", {}).get("hash") == mark:
            seeds = f", {len(result['seeds'])} seeds" if "seeds" in result else ""
            about = f"`benchmarks/{name}`{seeds}, {where['date'][:10]}, {where['machine']}:"
            parts.append(f"{about}\n\n{table(['what', 'measured'], lines(result))}")
    return parts


def mean(runs: Sequence[dict[str, float]], figure: str) -> str:
    return number(float(np.mean([run[figure] for run in runs])))


def moses(result: dict[str, Any]) -> list[list[str]]:
    runs = [run["figures"] for run in result["runs"]]
    return [[f"{one}, {result['n']:,} raw samples", mean(runs, one)] for one in FIGURES if one in runs[0]]


def conditional(result: dict[str, Any]) -> list[list[str]]:
    return [
        [f"{row['property']} = {row['target']:g}: mean absolute deviation; valid; unique",
         "; ".join(mean(row["runs"], figure) for figure in ("mad", "valid", "unique"))]
        for row in result["rows"]
    ]  # fmt: skip


def five_properties(result: dict[str, Any]) -> list[list[str]]:
    runs = [run for row in result["rows"] for run in row["runs"]]
    return [["inside the windows of five properties at once, of valid raw samples", mean(runs, "inside")]]


def compositions(result: dict[str, Any]) -> list[list[str]]:
    return [
        [f"{way}: neutral; balanced; unique; novel",
         "; ".join(mean(runs, figure) for figure in
                   ("charge_neutral", "electronegativity_balanced", "unique", "novel, of the unique"))]
        for way, runs in result["ways"].items()
    ]  # fmt: skip


def speed(result: dict[str, Any]) -> list[list[str]]:
    return [["valid unique molecules a second, whole process", number(result["generate"]["per_s"])]]


KINDS: dict[str, Lines] = {
    "moses": moses,
    "conditional": conditional,
    "five_properties": five_properties,
    "compositions": compositions,
    "speed": speed,
}

if __name__ == "__main__":
    main()
