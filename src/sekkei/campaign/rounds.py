"""How many attempts to make at a time, and how to go on after a stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from sekkei.campaign.effort import Budget
from sekkei.campaign.store import Store
from sekkei.core.targets import Target
from sekkei.core.types import Draw

SMALLEST = 256
"""Fewest attempts in a round: below it the network's fixed cost per token rules."""

FIRST_GUESS = 6
"""Attempts per structure wanted, before anything is known about the share that passes."""

SPARE, SPARE_OPEN = 1.5, 4.0
"""Structures kept per candidate listed, so that the list can be chosen for diversity; more where an open goal
(min, max) has no bound that says when a structure is good enough."""


def wanted(n: int, targets: Sequence[Target]) -> int:
    """How many structures to keep before choosing n of them."""
    is_open = any(target.goal in ("min", "max") for target in targets)
    return math.ceil(n * (SPARE_OPEN if is_open else SPARE))


def rounds(
    store: Store, budget: Budget, goal: int, kept: Callable[[], int], draw: Callable[[int, int], list[Draw]]
) -> Iterator[list[Draw]]:
    """Hand out rounds of attempts until enough is kept or the budget is spent.

    Rounds already in the store come from there; a new one is committed before it is handed out.

    Args:
        store: where rounds are kept.
        budget: most attempts in all and per round.
        goal: stop when so many are kept.
        kept: how many are kept by now.
        draw: (first, count) -> attempts ``first`` to ``first + count - 1``.
    """
    limit = budget.max_generated or 0
    number = made = 0
    committed = store.rounds()
    while made < limit and kept() < goal:
        if number < committed:
            draws = store.round(number)
        else:
            draws = [_storable(d) for d in draw(made, min(next_size(budget.batch, goal, made, kept()), limit - made))]
            store.add_round(number, draws)
        yield draws
        made += len(draws)
        number += 1


def _storable(draw: Draw) -> Draw:
    # A model may write half a character, which no file holds; cut here, so that a resumed run reads the same text.
    return Draw(draw.index, draw.text.encode("utf-8", "replace").decode("utf-8"))


def next_size(batch: int, goal: int, made: int, kept: int) -> int:
    """Attempts in the next round: what the share kept so far asks for, within bounds."""
    if made == 0:
        return min(batch, max(SMALLEST, FIRST_GUESS * goal))
    if kept == 0:
        return batch
    return min(batch, max(SMALLEST, math.ceil(1.1 * (goal - kept) * made / kept)))
