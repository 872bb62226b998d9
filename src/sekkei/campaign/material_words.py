"""What is wished and said of listed compositions and crystals alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sekkei.campaign.choose import Ranked
from sekkei.core.targets import Goal, Target
from sekkei.core.types import Measure
from sekkei.materials.novelty import NOVELTY
from sekkei.report.content import Row

FLOORS = {"e_above_hull": 0.0}
"""Less than this is no better: what lies below the hull speaks for its gaps or an error of the energy."""


def open_wishes(goals: Mapping[str, Goal], measures: Mapping[str, Measure], targets: Sequence[Target]) -> list[Target]:
    """What every experimenter wishes of the measures that there are, but for those with a target of their own."""
    targeted = {target.name for target in targets}
    return [
        Target(measures[name], goal, FLOORS.get(name, -math.inf), math.inf)
        for name, goal in goals.items()
        if name in measures and name not in targeted
    ]


def in_words(row: Row) -> Row:
    """A row that says the class of novelty in words."""
    return replace(row, words={name: row.notes[name] for name in (NOVELTY.name,) if name in row.notes})


def to_know(ranked: Sequence[Ranked], things: str) -> list[str]:
    """How many listed things are hazardous, and how many are known, where any are."""
    words = []
    if flagged := sum(one.candidate.values.get("hazard", 0.0) > 0 for one in ranked):
        words.append(f"{flagged} listed {things} hold toxic, radioactive or controlled elements; see their notes.")
    if known := sum(not one.novel for one in ranked):
        words.append(f"{known} listed {things} are known compounds.")
    return words
