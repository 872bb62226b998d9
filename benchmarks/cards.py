"""Writes what was measured of the shipped generators into their cards, from the raw results of these very weights.

python -m benchmarks.cards
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from benchmarks.diffusion.page import deviation
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
        if where.get("model", {}).get("hash") == mark and (rows := lines(result)):
            seeds = f", {len(result['seeds'])} seed{'s'[: len(result['seeds']) - 1]}" if "seeds" in result else ""
            about = f"`benchmarks/{name}`{seeds}, {where['date'][:10]}, {where['machine']}:"
            parts.append(f"{about}\n\n{table(['what', 'measured'], rows)}")
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


def crystals(result: dict[str, Any]) -> list[list[str]]:
    return PARTS[result["part"]](result)


def raw_crystals(result: dict[str, Any]) -> list[list[str]]:
    figures = ("structural validity (CDVAE)", "composition validity (CDVAE)", "unique", "novel, of the unique", "P1")
    rows = [
        [f"{way}: distances; charges; unique; novel; P1", "; ".join(mean(runs, figure) for figure in figures)]
        for way, runs in result["ways"].items()
    ]
    broken = result.get("violations", {}).values()
    attempts, faults = (sum(one[word] for one in broken) for word in ("attempts", "broken"))
    return [*rows, *([[f"hard constraints broken in {attempts:,} raw samples", str(faults)]] if attempts else [])]


def sun(result: dict[str, Any]) -> list[list[str]]:
    figure = "stable, unique and novel once relaxed"
    about = f"{figure}, by CHGNet, at temperature 1"
    return [[f"{name}: {about}", number(one[figure])] for name, one in result["sources"].items()]


def screen(result: dict[str, Any]) -> list[list[str]]:
    about = f"metastable, unique and novel, of {result['relaxations']} relaxations at temperature 1; without the screen"
    ways = ("screened", "first of the pool")
    return [
        [f"{name}: {about}", "; ".join(str(one[way]["found"]) for way in ways)]
        for name, one in result["sources"].items()
    ]  # fmt: skip


def csp(result: dict[str, Any]) -> list[list[str]]:
    rates = "; ".join(number(result[f"match rate in {word}"]) for word in ("1", "all"))
    return [[f"structures of {result['compositions']} compositions matched in 1; in {result['tries']} samples", rates]]


def bias(result: dict[str, Any]) -> list[list[str]]:
    return [
        ["references relaxed: by how much the hull lies too high, mean [eV/atom]", number(result["unrelaxed"]["mean"])]
    ]


def delivered(result: dict[str, Any]) -> list[list[str]]:
    effort = f"{result['pool']:,} attempts, {result['relaxations']} relaxations"
    return [
        [f"band gap {wanted} eV by {generators}, {effort}: within 0.5 eV, of {one['all']['listed']} listed; unlearned",
         "; ".join(number(one[which]["share"]) for which in ("all", "unlearned"))]
        for wanted, runs in result["targets"].items()
        for generators, one in runs.items()
    ]  # fmt: skip


def diffusion(result: dict[str, Any]) -> list[list[str]]:
    figures = ("valid", "unique@10000", "Novelty", "FCD/Test")
    ways: dict[str, Any] = result.get("raw", {}).get("ways", {})  # of compositions another benchmark says more
    rows = [
        [f"{name}, {result['raw']['n']:,} raw samples: {'; '.join(figures)}",
         "; ".join(mean(list(runs.values()), figure) for figure in figures)]
        for name, runs in ways.items() if "DDIM" in name
    ]  # fmt: skip
    told: dict[str, Any] = result.get("doubt", {}).get("told", {})
    rows += [
        [f"decoder told of noise of {noise}: given back of its own vectors; valid of new ones",
         f"{number(one['given back'])}; {number(one['valid'])}"]
        for noise, one in told.items() if float(noise) in (0.0, result["doubt"]["usual"])
    ]  # fmt: skip
    for name, props in result.get("aimed", {}).get("ways", {}).items() if ways else ():
        if name.startswith("diffusion"):
            about = f"{name}: mean absolute deviation, {'; '.join(props)}"
            rows.append([about, "; ".join(number(deviation(props, prop)) for prop in props)])
    return rows


PARTS: dict[str, Lines] = {"raw": raw_crystals, "sun": sun, "screen": screen, "csp": csp, "bias": bias}

KINDS: dict[str, Lines] = {
    "moses": moses,
    "conditional": conditional,
    "five_properties": five_properties,
    "compositions": compositions,
    "crystals/generated": crystals,
    "crystals/delivered": delivered,
    "diffusion": diffusion,
    "speed": speed,
}

if __name__ == "__main__":
    main()
