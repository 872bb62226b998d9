"""Compositions as rows of a table: formula, type, whether it is known, whether and how its charges balance."""

from __future__ import annotations

from collections.abc import Sequence

from sekkei.core.types import Problem
from sekkei.materials.balance import NONE, balance_named
from sekkei.materials.charges import charges
from sekkei.materials.constraints import Constraints
from sekkei.materials.formula import parse_formula
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.validity import PROFILES, Profile

COLUMNS = ("formula", "reduced_formula", "type", "novelty", "balanced", "charges", "problem")
"""Headings, in order."""


def listing(
    texts: Sequence[str], known: KnownMaterials, constraints: Constraints
) -> list[dict[str, str | float | None]]:
    """One row for each formula, in order, none left out.

    ``balanced`` is judged by the profile of the constraints, by ``smact`` where they ask for none. ``charges`` is the
    likeliest neutral combination by the ICSD's counts, with what is rare in it, or the reason why there is none. A
    formula that is balanced only with different charges on one element says ``mixed`` where the constraints allow that.
    """
    name = constraints.profile if constraints.profile != NONE else "smact"
    rules = balance_named(name) or PROFILES["smact"]
    return [_row(text, known, rules, constraints) for text in texts]


def _row(text: str, known: KnownMaterials, rules: Profile, constraints: Constraints) -> dict[str, str | float | None]:
    item = parse_formula(text)
    if isinstance(item, Problem):
        values = [text, "", "", "", "", "", f"{item.kind}: {item.message}"]
    else:
        balanced, states = charges(item, rules, constraints.mixed_valence)
        values = [text, item.formula, item.anonymous, "known" if item in known else "new", balanced, states, ""]
    return dict(zip(COLUMNS, values, strict=True))
