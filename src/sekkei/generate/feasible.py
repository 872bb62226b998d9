"""What can still be completed: the table behind the masks of :mod:`sekkei.generate.rules`.

For n atoms at most the table answers whether a formula exists, without trying any. It is exact: no formula that keeps
the constraints is lost and none that breaks them remains. Its time and size grow with elements x counts x atoms.
"""

from __future__ import annotations

from sekkei.materials.balance import CATIONS, LANES, TIED, Balance, Lanes, Move, shifted
from sekkei.materials.counting import Counting

Levels = list[list[int]]
"""For each number of atoms left, for each lane, a set of charges."""


class Feasible:
    """Open charges from which a formula can be completed.

    Attributes:
        balance: the profile's automaton.
        counting: elements and amounts that may come.
        required: for each element whether it must occur.
        atoms: most atoms of a formula.
    """

    def __init__(self, rules: Balance, counting: Counting, required: frozenset[str], atoms: int) -> None:
        """Fill the table from the last element to the first."""
        self.balance, self.counting, self.atoms = rules, counting, atoms
        self.required = tuple(symbol in required for symbol in rules.symbols)
        self.everything = (1 << (2 * rules.limit + 1)) - 1
        self.zero = 1 << rules.limit
        self._last = len(self.required) - 1 - self.required[::-1].index(True) if any(self.required) else -1
        end = [self.zero if lane in rules.accepting else 0 for lane in range(LANES)]
        nothing = [0] * LANES
        # reach[p][c][r]: before element p, in counting state c, with room for r atoms; take: and element p comes next
        states = range(counting.states)
        self._reach = [[[end if counting.done(c) else nothing] * (atoms + 1) for c in states]]
        self._take: list[list[Levels]] = []
        for place in reversed(range(len(rules.symbols))):
            take = [self._taken(place, c, self._reach[0]) for c in states]
            passed = [self._passed(place, c, self._reach[0], take[c]) for c in states]
            self._take.insert(0, take)
            self._reach.insert(0, passed)

    def may_end(self, place: int, count: int, charges: Lanes) -> bool:
        """Whether a formula is complete: neutral, large enough, and nothing required still to come."""
        if place <= self._last or not self.counting.done(count):
            return False
        return any(charges[lane] & self.zero for lane in self.balance.accepting)

    def taking(self, place: int, count: int, room: int, charges: Lanes) -> bool:
        """Whether a completion exists in which the next element is the one at ``place``."""
        return any(map(int.__and__, charges, self._take[place][count][room]))

    def reaching(self, place: int, count: int, room: int, charges: Lanes) -> bool:
        """Whether a completion exists that takes its next element, if any, at ``place`` or later."""
        return any(map(int.__and__, charges, self._reach[place][count][room]))

    def amounts(self, place: int, count: int, room: int, charges: Lanes) -> set[int]:
        """Amounts of the element at ``place`` with which a completion exists."""
        found: set[int] = set()
        for move in self.balance.moves[place]:
            begun = move.begun(charges)
            ends, atoms = begun, 0
            for amount in self.counting.amounts(count, room) if begun else ():
                if move.mixed:
                    ends, atoms = shifted(ends, move, amount - atoms, self.balance.limit), amount
                else:
                    ends = shifted(begun, move, amount, self.balance.limit)
                if ends & self._reach[place + 1][self.counting.after(count, amount)][room - amount][move.end]:
                    found.add(amount)
        return found

    def _passed(self, place: int, count: int, later: list[Levels], take: Levels) -> Levels:
        """Take the element or, unless it is required, pass it over."""
        if self.required[place]:
            return take
        over = place + 1 < len(self.required) and self.balance.boundary[place + 1]
        levels: Levels = []
        for taken, passed in zip(take, later[count], strict=True):
            lanes = [one | other for one, other in zip(taken, passed, strict=True)]
            if over:
                lanes[TIED] = taken[TIED] | passed[CATIONS]
            levels.append(_shared(lanes, levels))
        return levels

    def _taken(self, place: int, count: int, later: list[Levels]) -> Levels:
        """The charges from which taking the element leads on, for every number of atoms left."""
        lanes: Levels = [[0] * LANES for _ in range(self.atoms + 1)]
        if self.counting.full(count):
            return lanes
        for move in self.balance.moves[place]:
            levels = self._pattern(move, count, later) if self.counting.lefts else self._any(move, count, later)
            for room, charges in enumerate(levels):
                for lane in move.starts:
                    lanes[room][lane] |= charges
        shared: Levels = []
        for row in lanes:
            shared.append(_shared(row, shared))
        return shared

    def _any(self, move: Move, count: int, later: list[Levels]) -> list[int]:
        """Any amount. One atom more of the element costs one atom of room, so r atoms build upon r - 1."""
        after = [lanes[move.end] for lanes in later[self.counting.after(count, 1)]]
        total = [0] * (self.atoms + 1)
        for charges in (move.charges,) if move.mixed else ((charge,) for charge in move.charges):
            begun = 0
            for room in range(1, self.atoms + 1):
                before = begun | after[room - 1]
                begun = 0
                for charge in charges:
                    begun |= self._back(before, charge)
                total[room] |= begun
        return total

    def _pattern(self, move: Move, count: int, later: list[Levels]) -> list[int]:
        total = [0] * (self.atoms + 1)
        for amount in self.counting.amounts(count, self.atoms):
            after = later[self.counting.after(count, amount)]
            for room in range(amount, self.atoms + 1):
                reached = after[room - amount][move.end]
                if not move.mixed:
                    for charge in move.charges:
                        total[room] |= self._back(reached, amount * charge)
                    continue
                for _ in range(amount):
                    spread = 0
                    for charge in move.charges:
                        spread |= self._back(reached, charge)
                    reached = spread
                total[room] |= reached
        return total

    def _back(self, charges: int, charge: int) -> int:
        """The charges that adding ``charge`` brings into the set."""
        return charges >> charge if charge >= 0 else (charges << -charge) & self.everything


def _shared(lanes: list[int], levels: Levels) -> list[int]:
    """The row before where it is the same: most rows are, and the table stays small."""
    return levels[-1] if levels and levels[-1] == lanes else lanes
