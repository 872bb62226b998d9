"""Numbers and answers as the cells of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sekkei.campaign.choose import Ranked
from sekkei.core.types import Measure


def numbers(one: Ranked, measures: Sequence[Measure]) -> list[str]:
    """A cell per measure."""
    return [number(one.candidate.values[measure.name]) for measure in measures]


def number(value: float) -> str:
    """Six digits, which say more than any of these numbers holds and hide the last bits in which machines differ."""
    return "" if math.isnan(value) else f"{value:.6g}"


def yes(answer: bool) -> str:
    """``yes`` or ``no``."""
    return "yes" if answer else "no"
