"""What a network of compositions is told of each, and what its own can be told to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats, Problem
from sekkei.data.compositions import TARGETS, KnownCompositions
from sekkei.data.encode import EncodedSet, pack
from sekkei.materials.balance import BALANCED_BY, balance_named, passes
from sekkei.materials.codecs.composition import CompositionCodec, in_order
from sekkei.materials.constraints import MOST_ELEMENTS
from sekkei.materials.formula import Composition, parse_formula
from sekkei.train.refine import Measure

UNITS = (*(2.5 * measure.tolerance for measure in TARGETS.values()), 0.5)
"""What refinement counts a miss of each property in, charges last: twice as much is as far off as can be. Standard
deviations would hide a miss of a moment, which is zero or several tenths."""

Judge = Callable[[Sequence[Composition]], Floats]
"""Tells the properties (n, 3) of n compositions, NaN where it can't."""

_TOLD = 5000


def usable(known: KnownCompositions) -> KnownCompositions:
    """The compositions that the codec can write."""
    codec = CompositionCodec.standard()
    fits = [codec.fits(item) and len(item.amounts) <= MOST_ELEMENTS for item in known.items]
    return known.of(np.flatnonzero(fits))


def conditions_of(known: KnownCompositions) -> Floats:
    """What the network is told of each composition: (n, 4), its labels and whether its charges balance."""
    rules = balance_named(BALANCED_BY)
    balanced = [float(passes(in_order(item), rules)) for item in known.items]
    return np.column_stack([known.values.astype(float), balanced])


def written_out(known: KnownCompositions, codec: CompositionCodec) -> EncodedSet:
    """The compositions as sequences, each with its conditions."""
    return pack([codec.encode_item(item) for item in known.items], conditions_of(known))


def filled(known: KnownCompositions, judge: Judge | None) -> KnownCompositions:
    """The compositions with the labels that are missing as the judge predicts them, where it can.

    Few compositions have all labels, and only from those a network learns to meet several targets at once.
    """
    if judge is None:
        return known
    told = [judge(known.items[start : start + _TOLD]) for start in range(0, len(known.items), _TOLD)]
    values = np.where(np.isnan(known.values), np.concatenate(told), known.values)
    return replace(known, values=values.astype(np.float32))


def told_by(judge: Judge | None, known: KnownCompositions) -> NDArray[np.bool_]:
    """(4,): which properties a judge tells, and the charges, which need none."""
    properties = np.isfinite(judge(known.items[:1]))[0] if judge else np.zeros(len(TARGETS), dtype=bool)
    return np.append(properties, True)


def measure_of(codec: CompositionCodec, judge: Judge | None) -> Measure:
    """What refinement can tell of a written composition: its properties and, the last, whether its charges balance.

    Properties that the judge says nothing of are left as they were wished, 0 where nothing was; see :func:`told_by`.
    """
    rules = balance_named(BALANCED_BY)

    def measure(written: Sequence[Sequence[int]], wished: Floats) -> Floats:
        items = [parse_formula(codec.decode(tokens)) for tokens in written]
        read = [row for row, item in enumerate(items) if not isinstance(item, Problem)]
        good = [item for item in items if not isinstance(item, Problem)]
        found = np.full(wished.shape, np.nan)
        found[read] = np.nan_to_num(wished[read])
        found[read, -1] = [passes(in_order(item), rules) for item in good]
        if judge and good:
            told = judge(good)
            found[read, :-1] = np.where(np.isnan(told), found[read, :-1], told)
        return found

    return measure
