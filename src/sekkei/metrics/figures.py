"""A figure of a generated set, what it means, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sekkei.core.types import Floats
from sekkei.metrics.bootstrap import Interval, no_interval, of_mean, of_share

Better = Literal["higher", "lower", ""]


@dataclass(frozen=True)
class Definition:
    """What a figure means.

    Attributes:
        group: the part of the table it stands in.
        title: definition in a sentence.
        source: publication or package.
        settings: what it is taken of, and how.
        better: which way is better; empty where neither is, as for the mean of a property.
        unit: in plain text.
    """

    group: str
    title: str
    source: str
    settings: str
    better: Better = ""
    unit: str = ""


@dataclass(frozen=True)
class Figure:
    """One figure: its name, value, how many samples it is of, and its 95 % interval."""

    name: str
    value: float
    n: int
    interval: Interval


def share(name: str, hits: int, n: int, *, repeats: bool = False) -> Figure:
    """A share of n samples; for uniqueness (``repeats``) which samples repeat an earlier one is taken as given."""
    interval = of_share(hits, n)
    if repeats and n:
        words = f"{interval.method}; whether a sample repeats an earlier one taken as given"
        interval = Interval(interval.low, interval.high, words)
    return Figure(name, hits / n if n else float("nan"), n, interval)


def mean_of(name: str, values: Floats) -> Figure:
    """A mean over samples; NaN of none. (n,)."""
    return Figure(name, float(values.mean()) if len(values) else float("nan"), len(values), of_mean(values))


def without_interval(name: str, value: float, n: int, why: str) -> Figure:
    """A figure for which no resampling is honest."""
    return Figure(name, value, n, no_interval(why))


def plain(figure: Figure, unit: str) -> dict[str, Any]:
    """A figure as ``metrics.json`` holds it."""
    return {
        "name": figure.name,
        "value": figure.value,
        "low": figure.interval.low,
        "high": figure.interval.high,
        "unit": unit,
        "n": figure.n,
        "interval": figure.interval.method,
    }


def defined(figures: list[Figure], definitions: Mapping[str, Definition]) -> dict[str, Any]:
    """The definitions of these figures, by the part of a name before the slash, in the order of the table."""
    return {base: asdict(definitions[base]) for base in dict.fromkeys(f.name.partition("/")[0] for f in figures)}
