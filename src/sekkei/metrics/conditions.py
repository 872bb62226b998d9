"""What samples were asked for, read from a table, and how well they meet it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.targets import Target, parse_target
from sekkei.core.textfiles import table_of
from sekkei.core.types import Floats, Measure
from sekkei.metrics.bootstrap import no_interval, of_pairs
from sekkei.metrics.figures import Figure, mean_of, share, without_interval

_SLACK = 1e-9
_EXAMPLE = "a column per property, cells such as 2.0, 1.8..2.2, 2±0.3, >=0.8 or <=3"


@dataclass(frozen=True)
class Wanted:
    """Targets of n samples, or one row of them for all; NaN where nothing was asked.

    Attributes:
        measures: k properties.
        low: (n, k) or (1, k) lower ends [the measure's unit], -inf where open.
        high: upper ends, inf where open.
        centre: the value aimed at: the middle of a window, or the bound that is given.
    """

    measures: Sequence[Measure]
    low: Floats
    high: Floats
    centre: Floats

    def spread(self, n: int) -> Wanted:
        """A row for each of n samples; one row serves all.

        Raises:
            UserError: there are neither 1 nor n rows.
        """
        if len(self.low) not in (1, n):
            raise UserError(
                f"has {len(self.low)} rows of targets for {n} samples",
                "targets",
                "give one row, or one per sample; a blank line of a single column is a row",
            )
        shape = (n, len(self.measures))
        return Wanted(self.measures, *(np.broadcast_to(part, shape) for part in (self.low, self.high, self.centre)))


def read_targets(path: Path, measures: Mapping[str, Measure], beside: Sequence[str] = ()) -> Wanted:
    """Read a CSV of targets: row i belongs to sample i, or one row to all; an empty cell asks for nothing.

    Args:
        path: the file.
        measures: the properties that may be asked for, by name.
        beside: headings of columns to pass over, such as names, in lower case.

    Raises:
        UserError: the file is missing, empty, names an unknown property or holds a cell that is no target.
    """
    try:
        fields, rows = table_of(path)
        heading = [field.split("[")[0].strip() for field in fields]
        columns = [(place, name) for place, name in enumerate(heading) if name and name.lower() not in beside]
        if not columns:
            raise UserError("names no property in its first line", str(path), _EXAMPLE)
        asked = [(place, _measure(name, measures, path)) for place, name in columns]
        targets = list(_rows(rows, asked, path))
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"cannot be read: {reason}", str(path), _EXAMPLE) from error
    if not targets:
        raise UserError("holds no row of targets", str(path), _EXAMPLE)
    low, high, centre = np.moveaxis(np.array(targets, dtype=np.float64), 2, 0)
    return Wanted([measure for _, measure in asked], low, high, centre)


def satisfaction(wanted: Wanted, values: Floats) -> list[Figure]:
    """How well the readable samples meet their targets, by property and over all of them.

    Args:
        wanted: targets of n samples.
        values: (n, k) properties in the order of ``wanted.measures``; NaN where a sample has none.

    Returns:
        ``MAD``, ``hit`` and ``Spearman`` after a property's name and a slash, and over ``all``; ``hit_attempts`` counts
        an invalid attempt as a miss.
    """
    wanted = wanted.spread(len(values))
    asked = ~np.isnan(wanted.centre)
    there = asked & np.isfinite(values)
    inside = there & (values >= wanted.low - _SLACK) & (values <= wanted.high + _SLACK)
    off = deviations(wanted, values)
    out: list[Figure] = []
    correlations = []
    for column, measure in enumerate(wanted.measures):
        rows = there[:, column]
        goal, found = wanted.centre[rows, column], values[rows, column]
        out += [mean_of(f"MAD/{measure.name}", off[rows, column]), _hits(f"hit/{measure.name}", inside[rows, column])]
        differ = len(goal) > 0 and np.ptp(goal) > 0
        interval = of_pairs(spearman, goal, found) if differ else no_interval("all targets are the same")
        correlations.append(spearman(goal, found))
        out.append(Figure(f"Spearman/{measure.name}", correlations[-1], len(goal), interval))
    attempts = asked.any(axis=1)
    whole = attempts & (there == asked).all(axis=1)
    scale = np.array([measure.tolerance or 1.0 for measure in wanted.measures])
    relative = np.where(there, off / scale, 0.0).sum(axis=1) / np.maximum(asked.sum(axis=1), 1)
    met = (inside == asked).all(axis=1)
    out += [mean_of("MAD/all", relative[whole]), _hits("hit/all", met[whole]), _hits("hit_attempts/all", met[attempts])]
    over_all = float(np.mean(correlations))
    return [*out, without_interval("Spearman/all", over_all, int(whole.sum()), "a mean of the figures by property")]


def deviations(wanted: Wanted, values: Floats) -> Floats:
    """Distance from the middle of a window, or beyond a one-sided bound [the measure's unit]. (n, k) -> (n, k)."""
    window = np.isfinite(wanted.low) & np.isfinite(wanted.high)
    outside = np.maximum(np.maximum(wanted.low - values, values - wanted.high), 0.0)
    return np.asarray(np.where(window, np.abs(values - wanted.centre), outside))


def spearman(a: Floats, b: Floats) -> float:
    """Rank correlation with mean ranks for ties (Spearman, Am. J. Psychol. 15, 72, 1904); NaN where a side is constant.

    (n,), (n,).
    """
    if len(a) < 2 or not np.ptp(a) or not np.ptp(b):
        return float("nan")
    ranks = [pd.Series(side).rank().to_numpy() for side in (a, b)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def nearest_rows(wanted: Wanted, known: Floats) -> list[int]:
    """For each row of targets the known sample that misses them least, in tolerances. (m, k) known values."""
    scale = np.array([measure.tolerance or 1.0 for measure in wanted.measures])
    found: dict[bytes, int] = {}
    out = []
    for row in range(len(wanted.centre)):
        one = Wanted(wanted.measures, *(part[row : row + 1] for part in (wanted.low, wanted.high, wanted.centre)))
        key = np.concatenate([one.low, one.high]).tobytes()
        if key not in found:
            asked = ~np.isnan(one.centre[0])
            off = (deviations(one, known) / scale)[:, asked].sum(axis=1)
            off = np.where(np.isnan(off), np.inf, off)  # a sample without a value is no match
            found[key] = int(off.argmin())
        out.append(found[key])
    return out


def _measure(name: str, measures: Mapping[str, Measure], path: Path) -> Measure:
    if name not in measures:
        raise UserError(f"unknown property '{name}'", f"{path.name} line 1", did_you_mean(name, measures))
    return measures[name]


def _rows(
    rows: Iterable[tuple[int, list[str]]], columns: Sequence[tuple[int, Measure]], path: Path
) -> Iterator[list[tuple[float, float, float]]]:
    for number, row in rows:
        # A blank line of a single column asks nothing of its sample; leaving it out would shift the rows behind it.
        cells = [row[place].strip() if place < len(row) else "" for place, _ in columns]
        where = f"{path.name} line {number}"
        yield [_bounds(measure, cell, where) for (_, measure), cell in zip(columns, cells, strict=True)]


def _bounds(measure: Measure, cell: str, where: str) -> tuple[float, float, float]:
    if not cell:
        return (np.nan, np.nan, np.nan)
    try:
        target = _target(measure, cell)
    except UserError as error:
        raise UserError(error.what, where, error.hint) from error
    if target.goal == "window":
        return target.low, target.high, (target.low + target.high) / 2
    return target.low, target.high, target.low if target.goal == "at_least" else target.high


@cache
def _target(measure: Measure, cell: str) -> Target:
    sign = "" if cell.startswith((">", "<", "≥", "≤")) else "="
    return parse_target(f"{measure.name}{sign}{cell}", {measure.name: measure})


def _hits(name: str, met: np.ndarray) -> Figure:
    return share(name, int(met.sum()), len(met))


def columns_of(wanted: Wanted, properties: Floats, names: Mapping[str, int]) -> Floats:
    """The targeted columns of a table of all properties. (n, p) -> (n, k)."""
    return properties[:, [names[measure.name] for measure in wanted.measures]]
