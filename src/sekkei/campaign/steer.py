"""What a round of a campaign learns from the rounds before it: where to aim, and how hard to push.

Every other attempt of a generator is drawn as if it were the first. The ones between repeat the targets of an accepted
attempt of the first kind, as the cross-entropy method does (Rubinstein 1999, doi:10.1023/A:1010091220143): of a window
or an open bound those values are asked for that brought something. All of it follows from the numbers of the attempts
and from what has been accepted, so that a run that was stopped goes on alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from sekkei.campaign.funnel import Funnel
from sekkei.campaign.mixture import Mixture
from sekkei.campaign.plan import Plan
from sekkei.campaign.source import Source
from sekkei.core.seeds import generator_at
from sekkei.core.types import Draw, Floats

ENOUGH = 8
"""Accepted attempts of a generator from which the others learn."""

MOST = 64
"""The latest so many of them teach."""

_PURPOSE = 11


def steered(plan: Plan, model: Source, funnel: Funnel[Any]) -> Callable[[int, int], list[Draw]]:
    """(first, count) -> attempts ``first`` to ``first + count - 1``, aimed by what the funnel has accepted so far."""
    aimed = [target for target in plan.targets if target.name in model.properties]
    seed, parts = plan.spec.seed, len(model.parts) if isinstance(model, Mixture) else 1

    def fresh(first: int, count: int) -> Floats:
        return model.conditions(aimed, count, seed, first)

    def draw(first: int, count: int) -> list[Draw]:
        conditions = fresh(first, count)
        taught = _taught(funnel, parts, fresh)
        for row in range(count):
            index = first + row
            if index // parts % 2 and index % parts in taught:
                pool = taught[index % parts]
                conditions[row] = pool[generator_at(seed, index, _PURPOSE).integers(len(pool))]
        source = model.eased(_repeated(funnel)) if isinstance(model, Mixture) else model
        return source.draw(conditions, seed, first)

    return draw


def _taught(funnel: Funnel[Any], parts: int, fresh: Callable[[int, int], Floats]) -> dict[int, Floats]:
    """What was asked of accepted attempts, by the place of their generator, where there are enough."""
    accepted = defaultdict(list)
    for candidate in funnel.kept:
        if candidate.index // parts % 2 == 0:
            accepted[candidate.index % parts].append(candidate.index)
    return {
        place: np.concatenate([fresh(index, 1) for index in indices[-MOST:]])
        for place, indices in accepted.items()
        if len(indices) >= ENOUGH
    }


def _repeated(funnel: Funnel[Any]) -> float:
    """Share of the readable attempts that had been drawn before."""
    new = next(step for step in funnel.steps() if step.name == "new")
    return 1 - new.kept / new.entered if new.entered else 0.0
