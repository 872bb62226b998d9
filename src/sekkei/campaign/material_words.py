"""What a report says of listed compositions and crystals alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sekkei.campaign.choose import Ranked
from sekkei.campaign.judge import OUTSIDE, Candidate


def strange(ranked: Sequence[Ranked], things: str) -> list[str]:
    """How many listed things are unlike what a predictor has seen, where any are."""
    count = sum(bool(outside(one.candidate)) for one in ranked)
    words = f"{count} listed {things} are unlike what a predictor has seen: distrust its intervals there."
    return [words] if count else []


def to_know(ranked: Sequence[Ranked], things: str) -> list[str]:
    """How many listed things are hazardous, and how many are known, where any are."""
    words = []
    if flagged := sum(one.candidate.values.get("hazard", 0.0) > 0 for one in ranked):
        words.append(f"{flagged} listed {things} hold toxic, radioactive or controlled elements; see their notes.")
    if known := sum(not one.novel for one in ranked):
        words.append(f"{known} listed {things} are known compounds.")
    return words


def outside(candidate: Candidate[Any]) -> list[str]:
    """The measures whose predictor has seen nothing like this composition."""
    return sorted(name for name, note in candidate.notes.items() if note.startswith(OUTSIDE))
