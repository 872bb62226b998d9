"""The oxidation states that balance a composition, in words, with those that chemists rarely meet."""

from __future__ import annotations

from sekkei.core.types import Problem
from sekkei.materials.balance import passes
from sekkei.materials.codecs.composition import in_order
from sekkei.materials.formula import Composition
from sekkei.materials.validity import PROFILES, Profile, Verdict, judge

RARE = 0.01
"""Share of an element's reports in the ICSD below which a state is called rare; peroxides and permanganates are."""


def charges(item: Composition, rules: Profile = PROFILES["smact"], mixed_valence: bool = False) -> tuple[str, str]:
    """Whether charges balance, and how.

    Args:
        item: the composition.
        rules: the profile that judges it.
        mixed_valence: let atoms of one element take different states.

    Returns:
        ``yes``, ``no``, ``mixed`` (only with different charges on one element) or ``undecided``, and the likeliest
        neutral combination by the ICSD's counts, such as ``Na+ O- (rare: O-, 0.4 % of O)``, or why there is none.
    """
    verdict = judge(item, rules)
    if isinstance(verdict, Problem):
        return "undecided", verdict.message
    if verdict.valid:
        return "yes", in_words(verdict)
    mixed = mixed_valence and passes(in_order(item), rules, mixed=True)
    return ("mixed" if mixed else "no"), verdict.message


def in_words(verdict: Verdict) -> str:
    """The states of a verdict, or its message where it needs none."""
    words = " ".join(map(str, verdict.states)) or verdict.message
    rare = [f"{one}, {_percent(one.share)} of {one.symbol}" for one in verdict.states if one.share < RARE]
    return f"{words} (rare: {'; '.join(rare)})" if rare else words


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "under 0.1 %"
