"""Is a composition charge-balanced? Named profiles, each verdict with its reasons.

The share of real materials that pass runs from 41 % to 98 % by profile: print the pass rate of a reference set beside
every figure. A composition is balanced when each of its elements can take one oxidation state so that the charges add
up to zero (mixed valence, as in Fe3O4, is not tried) and, where the profile asks for it, every cation is less
electronegative than every anion (Pauling). The oxidation states and electronegativities are smact's (Davies et al.,
J. Open Source Softw. 4, 1361, 2019); instead of trying every choice, sums of charges are built up element by element.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Problem
from sekkei.materials.formula import NUMBERS, Composition
from sekkei.materials.oxidation import electronegativity, log_share, metals, oxidation_states, share

_MOST_SUMS = 200_000

Option = tuple[int, float]  # oxidation state, logarithm of its share


@dataclass(frozen=True)
class Profile:
    """A definition of composition validity.

    Attributes:
        name: word used on the command line.
        states: set of oxidation states and electronegativities; see :mod:`sekkei.materials.oxidation`.
        ordered: cations must be less electronegative than anions.
        exempt: single elements, and compositions of metals alone, pass without a test.
        unknown_passes: an element without electronegativity (He, Ne, Ar, Pm, Rn, Lr) passes wherever CDVAE's function
            lets it, else never.
        source: whose definition it is.
    """

    name: str
    states: str
    ordered: bool
    exempt: bool
    unknown_passes: bool
    source: str


PROFILES: dict[str, Profile] = {
    p.name: p
    for p in (
        Profile("cdvae", "smact2.2", ordered=True, exempt=True, unknown_passes=True,
                source="CDVAE (Xie et al., ICLR 2022), eval_utils.smact_validity with smact 2.2.1"),
        Profile("smact", "icsd24", ordered=True, exempt=True, unknown_passes=False,
                source="smact 4: smact_validity with its defaults, ICSD 2024 states, alloys accepted"),
        Profile("charge_neutral", "smact14", ordered=False, exempt=False, unknown_passes=False,
                source="Fu et al., Mach. Learn.: Sci. Technol. 4, 015001, 2023: charge neutrality alone"),
        Profile("electronegativity_balanced", "smact14", ordered=True, exempt=False, unknown_passes=False,
                source="Fu et al., Mach. Learn.: Sci. Technol. 4, 015001, 2023: both rules, no exemptions"),
    )
}  # fmt: skip
"""Every profile by name."""

MP20_SHARES = {"cdvae": 0.905, "smact": 0.920, "charge_neutral": 0.717, "electronegativity_balanced": 0.656}
"""Share of the 26,034 crystals of MP-20 whose composition passes: what any other share has to be read against."""


@dataclass(frozen=True)
class State:
    """One element's part in a neutral combination.

    Attributes:
        symbol: element.
        charge: oxidation state.
        share: share of this state among the element's reports in the ICSD, 0 to 1 (smact's count of 2024).
    """

    symbol: str
    charge: int
    share: float

    def __str__(self) -> str:
        """Such as ``Fe3+`` or ``Na+``."""
        size = "" if abs(self.charge) == 1 else abs(self.charge)
        return f"{self.symbol}{size}{'+' if self.charge > 0 else '-'}"


@dataclass(frozen=True)
class Verdict:
    """What a profile says of a composition.

    Attributes:
        valid: whether it passes.
        rule: what decided: ``single_element``, ``all_metal``, ``balanced``, ``no_states``, ``not_neutral`` or
            ``electronegativity``.
        message: one sentence for a person.
        states: the likeliest combination by ICSD shares, among those that pass where there are any; empty where none
            is neutral.
        neutral: number of combinations whose charges add up to zero.
        ordered: how many of these also have every cation less electronegative than every anion.
    """

    valid: bool
    rule: str
    message: str
    states: tuple[State, ...] = ()
    neutral: int = 0
    ordered: int = 0


def among_the_real(name: str) -> tuple[str, ...]:
    """How many real materials pass a profile, in words; nothing of one that was not asked of MP-20."""
    if name not in MP20_SHARES:
        return ()
    return (f"of the real materials in MP-20, {MP20_SHARES[name]:.1%} pass the profile {name}",)


def profile(name: str) -> Profile:
    """A profile by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in PROFILES:
        raise UserError(f"unknown profile '{name}'", "profile", did_you_mean(name, PROFILES))
    return PROFILES[name]


@lru_cache(maxsize=100_000)
def judge(item: Composition, rules: Profile = PROFILES["cdvae"]) -> Verdict | Problem:
    """Whether a composition passes a profile, and why.

    Returns:
        The verdict, or a Problem ``undecided`` where many elements in large amounts leave too many sums of charges.
    """
    symbols = item.symbols
    if rules.exempt and len(symbols) == 1:
        return Verdict(True, "single_element", "a single element has nothing to balance")
    if rules.exempt and all(symbol in metals() for symbol in symbols):
        return Verdict(True, "all_metal", "all elements are metals, which mix without charges")
    table = oxidation_states(rules.states)
    without = [symbol for symbol in symbols if not table.get(symbol)]
    if without:
        return Verdict(False, "no_states", f"{', '.join(without)} has no oxidation states in {rules.states}")
    amounts = [amount for _, amount in item.amounts]
    options = [[(state, log_share(symbol, state)) for state in table[symbol]] for symbol in symbols]
    try:
        neutral, likeliest = _combine(amounts, options)
        ordered, best = _in_order(item, options, rules)
    except OverflowError:
        return Problem("undecided", f"{item.formula}: more than {_MOST_SUMS} sums of charges")
    states = tuple(
        State(symbol, charge, share(symbol, charge)) for symbol, charge in zip(symbols, best or likeliest, strict=False)
    )
    return _verdict(rules, states, neutral, ordered)


def _verdict(rules: Profile, states: tuple[State, ...], neutral: int, ordered: int) -> Verdict:
    if not neutral:
        return Verdict(False, "not_neutral", f"no combination of the {rules.states} oxidation states is neutral")
    words = " ".join(map(str, states))
    if ordered or not rules.ordered:
        return Verdict(True, "balanced", f"neutral as {words}", states, neutral, ordered)
    message = f"neutral only as {words}, with a cation more electronegative than an anion"
    if any(electronegativity(state.symbol, rules.states) is None for state in states):
        message = f"neutral as {words}, but an element has no electronegativity"
    return Verdict(False, "electronegativity", message, states, neutral, ordered)


def _combine(amounts: Sequence[int], options: Sequence[Sequence[Option]]) -> tuple[int, tuple[int, ...]]:
    """Number of choices of one state per element whose charges add up to zero, and the likeliest of them.

    Sums that the elements still to come cannot bring back to zero are dropped at once.

    Raises:
        OverflowError: more than 200,000 different sums at one element.
    """
    lowest, highest = [0], [0]
    for amount, states in zip(reversed(amounts), reversed(options), strict=True):
        if not states:
            return 0, ()
        lowest.append(lowest[-1] + amount * min(states)[0])
        highest.append(highest[-1] + amount * max(states)[0])
    sums: dict[int, tuple[int, float, tuple[int, ...]]] = {0: (1, 0.0, ())}
    for place, (amount, states) in enumerate(zip(amounts, options, strict=True)):
        rest = len(amounts) - place - 1
        fresh: dict[int, tuple[int, float, tuple[int, ...]]] = {}
        for charge, (count, score, chosen) in sums.items():
            for state, log_of_share in states:
                total = charge + state * amount
                if not lowest[rest] <= -total <= highest[rest]:
                    continue
                before = fresh.get(total)
                mine = score + log_of_share
                if before is None:
                    fresh[total] = (count, mine, (*chosen, state))
                elif mine > before[1]:
                    fresh[total] = (count + before[0], mine, (*chosen, state))
                else:
                    fresh[total] = (count + before[0], *before[1:])
        if len(fresh) > _MOST_SUMS:
            raise OverflowError
        sums = fresh
    count, _, chosen = sums.get(0, (0, 0.0, ()))
    return count, chosen


def _in_order(item: Composition, options: Sequence[Sequence[Option]], rules: Profile) -> tuple[int, tuple[int, ...]]:
    """As :func:`_combine`, with every cation less electronegative than every anion.

    By ascending electronegativity the cations come first, then the anions; so every cut between two different
    electronegativities is tried, and each combination belongs to one cut only.
    """
    amounts = [amount for _, amount in item.amounts]
    known = [value for symbol in item.symbols if (value := electronegativity(symbol, rules.states)) is not None]
    if len(known) < len(options):
        if len(options) == 1:
            return _combine(amounts, options)
        return _best(_as_cdvae(item, options, rules.states), options) if rules.unknown_passes else (0, ())
    found = []
    for cut in sorted(set(known))[1:]:
        allowed = [
            [option for option in states if (option[0] > 0) == (value < cut)]
            for value, states in zip(known, options, strict=True)
        ]
        found.append(_combine(amounts, allowed))
    return sum(count for count, _ in found), _best((chosen for count, chosen in found if count), options)[1]


def _best(choices: Iterator[tuple[int, ...]], options: Sequence[Sequence[Option]]) -> tuple[int, tuple[int, ...]]:
    """Number of choices and the likeliest of them."""
    tables = [dict(states) for states in options]
    count, best_score = 0, -math.inf
    best: tuple[int, ...] = ()
    for chosen in choices:
        score = sum(table[state] for table, state in zip(tables, chosen, strict=True))
        count += 1
        if score > best_score:
            best, best_score = chosen, score
    return count, best


def _as_cdvae(item: Composition, options: Sequence[Sequence[Option]], name: str) -> Iterator[tuple[int, ...]]:
    """The neutral choices that CDVAE's function lets pass where an element has no electronegativity.

    It goes through the pairs of elements by atomic number. A cation and an anion of which one has no electronegativity
    cannot be compared: the choice passes at once. Two of the same sign of which one has none: it fails at once.

    Raises:
        OverflowError: more than 200,000 choices.
    """
    if math.prod(map(len, options)) > _MOST_SUMS:
        raise OverflowError
    order = sorted(range(len(options)), key=lambda place: NUMBERS[item.symbols[place]])
    values = [electronegativity(symbol, name) for symbol in item.symbols]
    for chosen in product(*([state for state, _ in states] for states in options)):
        charge = sum(state * amount for state, (_, amount) in zip(chosen, item.amounts, strict=True))
        if charge == 0 and _lets_pass([chosen[place] for place in order], [values[place] for place in order]):
            yield chosen


def _lets_pass(states: Sequence[int], values: Sequence[float | None]) -> bool:
    for (state, value), (other_state, other) in combinations(zip(states, values, strict=True), 2):
        opposite = (state > 0) != (other_state > 0)
        if value is None or other is None:
            return opposite
        if opposite and (value >= other if state > 0 else value <= other):
            return False
    return True
