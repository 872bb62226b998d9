"""How many elements with which amounts may still come: a count, or what is left of a formula type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sekkei.materials.constraints import Constraints


@dataclass(frozen=True)
class Counting:
    """States are numbers from 0, the empty formula.

    Attributes:
        least: fewest elements, where there is no pattern.
        most: most elements.
        lefts: for a pattern the amounts that are left in each state; empty where there is none.
    """

    least: int
    most: int
    lefts: tuple[tuple[int, ...], ...] = ()

    @classmethod
    def of(cls, constraints: Constraints) -> Counting:
        """The counting that constraints ask for."""
        amounts = constraints.amounts
        if not amounts:
            return cls(constraints.min_elements, constraints.max_elements)
        lefts = [amounts]
        for left in lefts:  # grows while it is read
            for amount in sorted(set(left)):
                fewer = _without(left, amount)
                if fewer not in lefts:
                    lefts.append(fewer)
        return cls(len(amounts), len(amounts), tuple(lefts))

    @property
    def states(self) -> int:
        """Number of states."""
        return len(self.lefts) or self.most + 1

    def done(self, state: int) -> bool:
        """Whether the formula may end."""
        return not self.lefts[state] if self.lefts else state >= self.least

    def full(self, state: int) -> bool:
        """Whether no further element may come."""
        return not self.lefts[state] if self.lefts else state >= self.most

    def amounts(self, state: int, room: int) -> Sequence[int]:
        """Amounts that the next element may have, at most ``room``."""
        if self.full(state):
            return ()
        if self.lefts:
            return [amount for amount in sorted(set(self.lefts[state])) if amount <= room]
        return range(1, room + 1)

    def after(self, state: int, amount: int) -> int:
        """The state after an element of this amount."""
        return self.lefts.index(_without(self.lefts[state], amount)) if self.lefts else state + 1


def _without(left: tuple[int, ...], amount: int) -> tuple[int, ...]:
    place = left.index(amount)
    return left[:place] + left[place + 1 :]
