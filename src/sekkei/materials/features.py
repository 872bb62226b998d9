"""Numbers that describe a composition to a learner: statistics of the properties of its elements, and the elements.

The statistics are those of Magpie (Ward et al., npj Comput. Mater. 2, 16028, 2016): mean, average deviation, range,
minimum, maximum and the value of the most abundant element, here over 35 properties. Beside them stand norms of the
fractions, sums of oxidation states, electrons in the formula, and the fraction of each element.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats, Problem
from sekkei.materials.formula import Composition

STATISTICS = ("mean", "deviation", "range", "min", "max", "mode")
"""What is computed of each property of the elements, weighted by their fractions where that makes a difference."""

COMPARED = 6 * 35 + 11
"""Leading columns of :func:`features` in which two compositions can be compared; the fractions come behind."""

_BATCH = 4096
_MODE_TIE = 1e-9
_LARGEST = 200  # beyond, a formula is of an alloy or doped, and a count of its electrons means nothing


@cache
def table() -> tuple[tuple[str, ...], tuple[str, ...], Floats]:
    """Symbols, names of properties, and the property of each element: float64 (103, 35), nothing missing."""
    text = resources.files("sekkei.materials").joinpath("elements.csv").read_text(encoding="utf-8")
    header, *rows = list(csv.reader(text.splitlines()))
    return tuple(row[0] for row in rows), tuple(header[1:]), np.array([row[1:] for row in rows], dtype=np.float64)


@cache
def names() -> tuple[str, ...]:
    """Names of the columns of :func:`features`."""
    symbols, properties, _ = table()
    statistics = [f"{name} {word}" for name in properties for word in STATISTICS]
    whole = ["elements", "norm 2", "norm 3", "norm 5", "norm 10", "log atoms", "odd electrons"]
    charges = ["least charge", "greatest charge", "charge within reach", "anion fraction"]
    return (*statistics, *whole, *charges, *(f"fraction {symbol}" for symbol in symbols))


def unknown(item: Composition) -> Problem | None:
    """Why a composition has no features: an element beyond lawrencium."""
    strange = [symbol for symbol in item.symbols if symbol not in _places()]
    return Problem("element", f"nothing is tabulated of {', '.join(strange)}") if strange else None


def fractions(items: Sequence[Composition]) -> Floats:
    """Atomic fractions: float64 (n, 103), columns by atomic number; every row adds up to 1."""
    out = np.zeros((len(items), len(table()[0])))
    places = _places()
    for row, item in enumerate(items):
        for symbol, amount in item.amounts:
            out[row, places[symbol]] = amount / item.atoms
    return out


def features(items: Sequence[Composition]) -> NDArray[np.float32]:
    """Describe n compositions, none of which is :func:`unknown`.

    Returns:
        float32 (n, d), columns as in :func:`names`, nothing missing.
    """
    parts = [_features(items[first : first + _BATCH]) for first in range(0, len(items), _BATCH)]
    return np.concatenate(parts) if parts else np.zeros((0, len(names())), dtype=np.float32)


@cache
def _places() -> dict[str, int]:
    return {symbol: place for place, symbol in enumerate(table()[0])}


def _features(items: Sequence[Composition]) -> NDArray[np.float32]:
    shares = fractions(items)
    counts = np.array([item.atoms for item in items], dtype=np.float64)
    blocks = [_statistics(shares), _whole(shares, counts), _charges(shares), shares]
    return _rounded(np.hstack(blocks).astype(np.float32))


def _rounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """To 16 binary digits, so that sums taken in another order give the same feature and a tree the same answer."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + np.uint32(0x40)) & np.uint32(0xFFFFFF80)).view(np.float32)


def _statistics(shares: Floats) -> Floats:
    """(n, 6 per property): a property at a time, so that the largest array is (n, elements)."""
    present = shares > 0
    mode = present & (shares >= shares.max(axis=1, keepdims=True) - _MODE_TIE)
    columns = []
    for values in table()[2].T:
        mean = shares @ values
        deviation = (shares * np.abs(values[None, :] - mean[:, None])).sum(axis=1)
        low = np.where(present, values, np.inf).min(axis=1)
        high = np.where(present, values, -np.inf).max(axis=1)
        # among equally abundant elements the smallest value counts, as in Magpie
        most = np.where(mode, values, np.inf).min(axis=1)
        columns += [mean, deviation, high - low, low, high, most]
    return np.stack(columns, axis=1)


def _whole(shares: Floats, atoms: Floats) -> Floats:
    """Of the formula as a whole. An odd number of electrons in it makes most compounds metals or magnets."""
    number = table()[2][:, table()[1].index("number")]
    odd = np.where(atoms <= _LARGEST, np.rint(shares @ number * atoms) % 2, 0.5)
    norms = [(shares**power).sum(axis=1) ** (1.0 / power) for power in (2, 3, 5, 10)]
    return np.stack([(shares > 0).sum(axis=1), *norms, np.log10(atoms), odd], axis=1)


def _charges(shares: Floats) -> Floats:
    """Can common oxidation states balance, the most electronegative element in its lowest, the others in any?"""
    properties, values = table()[1], table()[2]
    low, high, eager = (
        values[:, properties.index(name)] for name in ("oxidation_low", "oxidation_high", "electronegativity")
    )
    rows = np.arange(len(shares))
    anion = np.where(shares > 0, eager, -np.inf).argmax(axis=1)
    negative = shares[rows, anion] * np.minimum(low[anion], 0.0)
    others = shares.copy()
    others[rows, anion] = 0.0
    least = others @ low + negative
    greatest = others @ high + negative
    within = (least <= _MODE_TIE) & (greatest >= -_MODE_TIE)
    return np.stack([least, greatest, within, shares[rows, anion]], axis=1)
