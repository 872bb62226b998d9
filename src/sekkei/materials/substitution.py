"""Which ion takes the place of which: the data-mined substitutions of Hautier et al., Inorg. Chem. 50, 656 (2011).

The model counts how often two ions occur at the same place of one structure type in the ICSD and gives each pair a
weight; the chance that ion b stands where ion a stood follows from it. pymatgen ships the weights.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

import numpy as np
from pymatgen.analysis.structure_prediction.substitution_probability import SubstitutionProbability

from sekkei.core.types import Floats
from sekkei.materials.formula import Composition, parse_formula

SOURCE = "Hautier et al., Inorg. Chem. 50, 656, 2011, doi:10.1021/ic102031h, weights as shipped with pymatgen"

UNOBSERVED = -5.0
"""Weight of a pair that was never observed, as published."""

UNSEEN = 2e-3
"""Chances below this are taken for none: about what the model gives a pair that was never observed."""


@dataclass(frozen=True)
class Substitutions:
    """Ions and how likely one takes another's place.

    Attributes:
        ions: n (symbol, oxidation state), sorted.
        chances: (n, n) the chance that the column's ion stands where the row's stood; each row adds up to 1. An ion
            only gives way to one of the same sign.
    """

    ions: tuple[tuple[str, int], ...]
    chances: Floats

    @cached_property
    def places(self) -> dict[tuple[str, int], int]:
        """Row by ion."""
        return {ion: row for row, ion in enumerate(self.ions)}

    def only(self, symbols: Collection[str]) -> Floats:
        """The chances where only these elements may stand; a row nothing is left of is 0. (n, n)."""
        kept = self.chances * np.array([symbol in symbols for symbol, _ in self.ions])
        sums = kept.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(kept, sums, out=np.zeros_like(kept), where=sums > 0))


@cache
def substitutions() -> Substitutions:
    """The published model: the chance of ion b in the place of ion a is exp(weight(a, b)) over its sum over all b."""
    ions, odds = _odds()
    chances = odds / odds.sum(axis=1, keepdims=True)
    signs = np.sign([charge for _, charge in ions])
    likely = (chances >= UNSEEN) & (signs[:, None] == signs[None, :])
    likely |= np.eye(len(ions), dtype=bool)
    kept = np.where(likely, chances, 0.0)
    return Substitutions(ions, kept / kept.sum(axis=1, keepdims=True))


@cache
def exchange_weights(symbol: str) -> dict[str, float]:
    """How readily other elements stand in for one, 0 where never seen; the weights add up to 1.

    Of the ions of two elements the likeliest pair of equal charge counts. For crystals, whose sites keep their places
    and whose charges are looked at afterwards.
    """
    ions, odds = _odds()
    own = [row for row, ion in enumerate(ions) if ion[0] == symbol]
    weights: dict[str, float] = {}
    for place, (name, charge) in enumerate(ions):
        for row in own:
            if name != symbol and charge == ions[row][1]:
                weights[name] = max(weights.get(name, 0.0), float(odds[row, place]))
    total = sum(weights.values())
    return {name: weight / total for name, weight in sorted(weights.items())}


@cache
def exchangeable() -> tuple[str, ...]:
    """Every element that the model knows, in alphabetical order."""
    return tuple(sorted({symbol for symbol, _ in _odds()[0]}))


@cache
def _odds() -> tuple[tuple[tuple[str, int], ...], Floats]:
    """The n ions and (n, n) exp(weight) of each pair."""
    # pymatgen's class computes the same pair by pair, which takes seconds.
    room = SubstitutionProbability.__module__.rpartition(".")[0]
    rows = json.loads(resources.files(room).joinpath("data", "lambda.json").read_text(encoding="utf-8"))
    weights = {(_ion(a), _ion(b)): float(weight) for a, b, weight in rows if "D1+" not in (a, b)}
    ions = tuple(sorted({ion for pair in weights for ion in pair}))
    places = {ion: row for row, ion in enumerate(ions)}
    logs = np.full((len(ions), len(ions)), UNOBSERVED)
    for (a, b), weight in weights.items():
        logs[places[a], places[b]] = logs[places[b], places[a]] = weight
    return ions, np.exp(logs)


def _ion(text: str) -> tuple[str, int]:
    """``Fe3+`` -> ("Fe", 3)."""
    body, sign = text[:-1], 1 if text[-1] == "+" else -1
    symbol = body.rstrip("0123456789")
    return symbol, sign * int(body[len(symbol) :] or 1)


@cache
def prototype_compositions() -> tuple[Composition, ...]:
    """Compositions that the AFLOW prototypes are named by (Mehl et al., Comput. Mater. Sci. 136, S1, 2017)."""
    # The module reads its 288 structures when it is imported, which takes seconds.
    from pymatgen.analysis import prototypes  # noqa: PLC0415

    library: list[dict[str, Any]] = vars(prototypes)["AFLOW_PROTOTYPE_LIBRARY"]
    texts = sorted({entry["snl"].structure.composition.reduced_formula for entry in library})
    found = (parse_formula(text) for text in texts)
    return tuple(item for item in found if isinstance(item, Composition))
