"""What a report says of listed compositions and crystals alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sekkei.campaign.choose import Ranked
from sekkei.materials.novelty import NOVELTY
from sekkei.report.content import Row


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
