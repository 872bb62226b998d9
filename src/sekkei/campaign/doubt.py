"""What a table says of how sure its values are: the ends of intervals, and what lies outside a predictor's domain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sekkei.campaign.cells import number
from sekkei.campaign.choose import Ranked
from sekkei.campaign.judge import OUTSIDE, Candidate
from sekkei.core.types import Measure


def unsure_among(measures: Sequence[Measure], ranked: Sequence[Ranked]) -> list[Measure]:
    """The measures that have an interval somewhere in the list; that of a probability only names classes."""
    numbers = [m for m in measures if (m.low, m.high) != (0.0, 1.0)]
    return [m for m in numbers if any(m.name in one.candidate.intervals for one in ranked)]


def end_headings(unsure: Sequence[Measure]) -> list[str]:
    """Two headings per measure, for the ends of its 90 % interval."""
    return [f"{m.name} {end}{f' [{m.unit}]' if m.unit else ''}" for m in unsure for end in ("low", "high")]


def ends(one: Ranked, unsure: Sequence[Measure]) -> list[str]:
    """The cells below these headings, empty where a value has no interval."""
    found = (one.candidate.intervals.get(m.name, (math.nan, math.nan)) for m in unsure)
    return [number(end) for pair in found for end in pair]


def outside(candidate: Candidate[Any]) -> list[str]:
    """The measures whose predictor has seen nothing like this candidate."""
    return sorted(name for name, note in candidate.notes.items() if note.startswith(OUTSIDE))


def strange(ranked: Sequence[Ranked], things: str) -> list[str]:
    """How many listed things are unlike what a predictor has seen, where any are."""
    count = sum(bool(outside(one.candidate)) for one in ranked)
    words = f"{count} listed {things} are unlike what a predictor has seen: distrust its intervals there."
    return [words] if count else []
