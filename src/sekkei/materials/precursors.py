"""What a material could be made from: a balanced reaction of common starting materials, with amounts and prices.

A first suggestion for solid-state synthesis: oxides and carbonates for what holds oxygen, halides for halides, elements
for everything else. Whether the reaction runs, at which temperature and under which gas, it does not say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pymatgen.analysis.reaction_calculator import Reaction, ReactionError
from pymatgen.core.composition import Composition as PymatgenComposition

from sekkei.core.types import Problem
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.oxidation import oxidation_states, share
from sekkei.materials.properties import cost

BATCH = 10.0
"""Mass of product that amounts are given for [g]."""

_OXYGEN_SOURCES = (
    "Li2CO3", "Na2CO3", "K2CO3", "Rb2CO3", "Cs2CO3", "BeO", "MgO", "CaCO3", "SrCO3", "BaCO3", "B2O3", "Al2O3",
    "Ga2O3", "In2O3", "Tl2O3", "SiO2", "GeO2", "SnO2", "PbO", "As2O3", "Sb2O3", "Bi2O3", "SeO2", "TeO2", "Sc2O3",
    "Y2O3", "La2O3", "CeO2", "Pr6O11", "Nd2O3", "Sm2O3", "Eu2O3", "Gd2O3", "Tb4O7", "Dy2O3", "Ho2O3", "Er2O3",
    "Tm2O3", "Yb2O3", "Lu2O3", "ThO2", "UO2", "TiO2", "ZrO2", "HfO2", "V2O5", "Nb2O5", "Ta2O5", "Cr2O3", "MoO3",
    "WO3", "MnO2", "Fe2O3", "RuO2", "Co3O4", "Rh2O3", "IrO2", "NiO", "PdO", "CuO", "Ag2O", "ZnO", "CdO", "HgO",
    "NH4H2PO4", "(NH4)2SO4", "NH4F", "NH4Cl", "NH4Br", "NH4I",
)  # fmt: skip
_BY_PRODUCTS = ("CO2", "O2", "NH3", "H2O")
_HALOGENS = ("F", "Cl", "Br", "I")
_PAIRS = ("H", "N", "O", *_HALOGENS)
_AIR = ("N2", "O2")
_TINY = 1e-6
_LEFT_TO_GASES = ("O", "H", "C", "N")


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
        amounts = ", ".join(f"{one.grams:.2f} g {one.formula}{_priced(one.price)}" for one in self.sources)
        total = "" if math.isnan(self.price) else f"; elements for {self.price:.3g} USD a kilogram of product"
        return f"{self.equation}; for {BATCH:g} g: {amounts}{total}"


def _priced(price: float) -> str:
    return "" if math.isnan(price) else f" ({price:.3g} USD/kg)"


def route(item: Composition) -> Route | Problem:
    """Balance the formation of a material from common starting materials; from its elements where that fails.

    Prices are those of the elements (pymatgen's table of 2013), without processing; oxygen and nitrogen are air.

    Returns:
        The route, or a Problem ``element`` or ``common`` for what is bought as it is, or ``unbalanced``.
    """
    if len(item.symbols) < 2:
        return Problem("element", "an element is its own starting material")
    if item.formula in {_reduced(formula) for formula in _OXYGEN_SOURCES}:
        return Problem("common", f"{item.formula} is a common starting material itself")
    for sources in (_salts(item), _elements(item)):
        found = _balanced(item, sources) if sources else None
        if found is not None:
            return found
    return Problem("unbalanced", f"no reaction of common starting materials gives {item.formula}")


def _salts(item: Composition) -> list[str]:
    """One starting material for each element but those that gases bring or take; nothing where one has none."""
    halogens = [symbol for symbol in item.symbols if symbol in _HALOGENS]
    if "O" in item.symbols:
        wanted = [symbol for symbol in item.symbols if symbol not in _LEFT_TO_GASES]
        return _one_each(wanted, {_bringing(formula): formula for formula in _OXYGEN_SOURCES})
    if len(halogens) == 1 and len(item.symbols) > 2:
        others = [symbol for symbol in item.symbols if symbol not in halogens]
        return _one_each(others, {symbol: _halide(symbol, halogens[0]) for symbol in others})
    return []


def _one_each(symbols: Sequence[str], by_symbol: dict[str, str]) -> list[str]:
    found = [by_symbol.get(symbol, "") for symbol in symbols]
    return found if all(found) else []


def _bringing(formula: str) -> str:
    """The element that a starting material is for: all others leave as gases."""
    made = PymatgenComposition(formula)
    return next(str(element) for element in made if str(element) not in _LEFT_TO_GASES)


def _halide(symbol: str, halogen: str) -> str:
    """The halide of a metal in its commonest positive state among the reports of the ICSD, empty where it has none."""
    states = [state for state in oxidation_states("icsd24").get(symbol, ()) if state > 0]
    if not states:
        return ""
    state = max(states, key=lambda one: share(symbol, one))
    return f"{symbol}{halogen}{state if state > 1 else ''}"


def _elements(item: Composition) -> list[str]:
    return [f"{symbol}2" if symbol in _PAIRS else symbol for symbol in item.symbols]


def _balanced(item: Composition, sources: Sequence[str]) -> Route | None:
    """The reaction with the fewest by-products that balances without the target on both sides."""
    target = PymatgenComposition(item.formula)
    held = {str(element) for formula in sources for element in PymatgenComposition(formula)} | set(item.symbols)
    elemental = set(sources) == set(_elements(item))
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
    """By-products, and air, made of elements that take part."""
    if "O" not in held:
        return [f"{symbol}2" for symbol in _HALOGENS if symbol in held]
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
