"""What a material could be made from: a balanced reaction of common starting materials, with amounts and prices.

A first suggestion for solid-state synthesis, from what :mod:`sekkei.materials.starting` names. Whether the reaction
runs, at which temperature and under which gas, it does not say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pymatgen.analysis.reaction_calculator import Reaction, ReactionError
from pymatgen.core.composition import Composition as PymatgenComposition

from sekkei.core.types import Problem
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.properties import cost
from sekkei.materials.starting import OXYGEN_SOURCES, elements_of, starting_materials

BATCH = 10.0
"""Mass of product that amounts are given for [g]."""

_BY_PRODUCTS = ("CO2", "O2", "NH3", "H2O")
_AIR = ("N2", "O2")
_TINY = 1e-6


@dataclass(frozen=True)
class Source:
    """A starting material.

    Attributes:
        formula: its formula as chemists write it.
        grams: mass for :data:`BATCH` of product [g].
        price: of the elements in it [USD/kg], NaN where one has none.
    """

    formula: str
    grams: float
    price: float


@dataclass(frozen=True)
class Route:
    """A balanced reaction that gives a material.

    Attributes:
        equation: such as ``0.5 Li2CO3 + 0.5 Fe2O3 -> LiFeO2 + 0.5 CO2``.
        sources: the starting materials, gases of the air left out.
        price: of the elements in the starting materials for a kilogram of product [USD/kg], NaN where one has none.
    """

    equation: str
    sources: tuple[Source, ...]
    price: float

    @property
    def text(self) -> str:
        """Equation, amounts and price in one line."""
        amounts = ", ".join(f"{one.grams:.2f} g {one.formula}" for one in self.sources)
        total = "" if math.isnan(self.price) else f"; elements for {self.price:.3g} USD a kilogram of product"
        return f"{self.equation}; for {BATCH:g} g: {amounts}{total}"


def route(item: Composition) -> Route | Problem:
    """Balance the formation of a material from common starting materials; from its elements where that fails.

    Prices are those of the elements (pymatgen's table of 2013), without processing; oxygen and nitrogen are air.

    Returns:
        The route, or a Problem ``element`` or ``common`` for what is bought as it is, or ``unbalanced``.
    """
    if len(item.symbols) < 2:
        return Problem("element", "an element is its own starting material")
    if item.formula in {_reduced(formula) for formula in OXYGEN_SOURCES}:
        return Problem("common", f"{item.formula} is a common starting material itself")
    for sources in starting_materials(item):
        found = _balanced(item, sources)
        if found is not None:
            return found
    return Problem("unbalanced", f"no reaction of common starting materials gives {item.formula}")


def _balanced(item: Composition, sources: Sequence[str]) -> Route | None:
    """The reaction with the fewest by-products that balances without the target on both sides."""
    target = PymatgenComposition(item.formula)
    held = {str(element) for formula in sources for element in PymatgenComposition(formula)} | set(item.symbols)
    elemental = set(sources) == set(elements_of(item))
    gases = [] if elemental else [gas for gas in _gases(held) if gas not in sources]
    try:
        made = Reaction([PymatgenComposition(one) for one in sources], [target, *map(PymatgenComposition, gases)])
        made.normalize_to(target)
    except (ReactionError, ValueError):
        return None
    amounts = {one: -made.get_coeff(PymatgenComposition(one)) for one in sources}
    if made.get_coeff(target) <= 0 or any(amount < _TINY for amount in amounts.values()):
        return None
    by_products = {gas: float(made.get_coeff(PymatgenComposition(gas))) for gas in gases}
    return _route(item, amounts, by_products)


def _gases(held: set[str]) -> list[str]:
    """By-products, and air, made of elements that take part; without oxygen there are none."""
    if "O" not in held:
        return []
    return [gas for gas in _BY_PRODUCTS if {str(element) for element in PymatgenComposition(gas)} <= held]


def _route(item: Composition, amounts: dict[str, float], by_products: dict[str, float]) -> Route:
    left = {**amounts, **{gas: -amount for gas, amount in by_products.items() if amount < -_TINY}}
    right = {item.formula: 1.0, **{gas: amount for gas, amount in by_products.items() if amount > _TINY}}
    equation = " -> ".join(" + ".join(_term(*pair) for pair in side.items()) for side in (left, right))
    sources = []
    for formula, amount in amounts.items():
        if formula in _AIR:
            continue
        mass = float(PymatgenComposition(formula).weight) * amount
        sources.append(Source(formula, BATCH * mass / item.mass, _price(formula)))
    total = sum(one.grams * one.price for one in sources) / BATCH
    return Route(equation, tuple(sources), float(total))


def _term(formula: str, amount: float) -> str:
    shown = f"{amount:.4g}"
    return formula if shown == "1" else f"{shown} {formula}"


def _reduced(formula: str) -> str:
    made = parse_formula(formula)
    return made.formula if isinstance(made, Composition) else ""


def _price(formula: str) -> float:
    made = parse_formula(formula)
    answer = cost(made) if isinstance(made, Composition) else math.nan
    return float(answer[0] if isinstance(answer, tuple) else answer)
