"""Properties that follow from a composition or a crystal alone, each with unit and source.

Every function takes a ``Composition`` or a ``Crystal`` and returns a value, with a note where it has something to say;
NaN with a note where a table lacks an element.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

import numpy as np
import smact
from pymatgen.analysis.cost import CostDBElements
from pymatgen.analysis.hhi import HHIModel
from pymatgen.core.periodic_table import Element

from sekkei.core.evaluators import Answer
from sekkei.core.types import Floats, Measure
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import ELECTRONEGATIVITY, MASS, SYMBOLS, Composition

T = TypeVar("T")

_NAN = float("nan")


def elements(item: Composition) -> Answer:
    """Number of different elements."""
    return float(len(item.amounts))


def atoms(item: Composition) -> Answer:
    """Atoms in the reduced formula."""
    return float(item.atoms)


def mean_mass(item: Composition) -> Answer:
    """Mean mass of an atom [Da]."""
    return item.mass / item.atoms


def electronegativity_difference(item: Composition) -> Answer:
    """Difference of the largest and the smallest Pauling electronegativity."""
    if without := [symbol for symbol in item.symbols if symbol not in ELECTRONEGATIVITY]:
        return _NAN, f"no electronegativity of {', '.join(without)}"
    values = [ELECTRONEGATIVITY[symbol] for symbol in item.symbols]
    return max(values) - min(values)


def cost(item: Composition) -> Answer:
    """Price of the elements in a kilogram [USD/kg]: prices of 2013, no processing; the note names the dearest."""
    return _by_mass(item, _prices(), "price")


def hhi_production(item: Composition) -> Answer:
    """Herfindahl-Hirschman index of production, 0 to 10,000, mean by mass; above 2,500 few countries hold the market.

    Gaultois et al., Chem. Mater. 25, 2911, 2013, from USGS data of 2011. The note names the largest share.
    """
    return _by_mass(item, _concentrations(0), "index")


def hhi_reserve(item: Composition) -> Answer:
    """Herfindahl-Hirschman index of reserves, as :func:`hhi_production`."""
    return _by_mass(item, _concentrations(1), "index")


def abundance(item: Composition) -> Answer:
    """Share of the scarcest element in the Earth's crust [mg/kg] (CRC Handbook, as smact has it); the note names it."""
    table = _abundances()
    if without := [symbol for symbol in item.symbols if symbol not in table]:
        return _NAN, f"no crustal abundance of {', '.join(without)}"
    scarcest = min(item.symbols, key=table.__getitem__)
    return table[scarcest], scarcest


def density(item: Crystal) -> Answer:
    """Mass density [g/cm^3]."""
    return item.density


def volume_per_atom(item: Crystal) -> Answer:
    """Volume per atom [Angstrom^3]."""
    return item.volume / len(item)


def sites(item: Crystal) -> Answer:
    """Atoms in the cell as given."""
    return float(len(item))


@dataclass(frozen=True)
class Property(Generic[T]):
    """A measure together with the function that computes it."""

    measure: Measure
    compute: Callable[[T], Answer]


_HHI = "Gaultois et al., Chem. Mater. 25, 2911, 2013"

PROPERTIES: dict[str, Property[Composition]] = {
    p.measure.name: p
    for p in (
        Property(Measure("elements", "", "elements", low=1.0, source="formula"), elements),
        Property(Measure("atoms", "", "atoms in the formula", low=1.0, source="formula"), atoms),
        Property(Measure("mean_mass", "Da", "mean atomic mass", 10.0, low=0.0, source="IUPAC"), mean_mass),
        Property(Measure("electronegativity_difference", "", "electronegativity difference", 0.2, low=0.0,
                         source="Pauling scale"), electronegativity_difference),
        Property(Measure("cost", "USD/kg", "price of the elements", low=0.0,
                         source="pymatgen's table of element prices, 2013"), cost),
        Property(Measure("hhi_production", "", "concentration of production (HHI)", 250.0, 0.0, 10_000.0, _HHI),
                 hhi_production),
        Property(Measure("hhi_reserve", "", "concentration of reserves (HHI)", 250.0, 0.0, 10_000.0, _HHI),
                 hhi_reserve),
        Property(Measure("abundance", "mg/kg", "crustal abundance of the scarcest element", low=0.0,
                         source="CRC Handbook of Chemistry and Physics, by way of smact"), abundance),
    )
}  # fmt: skip
"""Every property of a composition by its name, in the order of the columns of :func:`table`."""

CRYSTAL_PROPERTIES: dict[str, Property[Crystal]] = {
    p.measure.name: p
    for p in (
        Property(Measure("density", "g/cm^3", "density", 0.5, low=0.0, source="cell"), density),
        Property(Measure("volume_per_atom", "Angstrom^3", "volume per atom", 1.0, low=0.0, source="cell"),
                 volume_per_atom),
        Property(Measure("sites", "", "atoms in the cell", low=1.0, source="cell"), sites),
    )
}  # fmt: skip
"""Every property of a crystal by its name."""


def table(items: Sequence[Composition]) -> Floats:
    """All properties of n compositions.

    Returns:
        float64 array (n, 8), columns in the order of :data:`PROPERTIES`, NaN where a table lacks an element.
    """
    rows = [[_value(entry.compute(item)) for entry in PROPERTIES.values()] for item in items]
    return np.array(rows, dtype=np.float64).reshape(len(items), len(PROPERTIES))


def _value(answer: Answer) -> float:
    return float(answer[0] if isinstance(answer, tuple) else answer)


def _by_mass(item: Composition, values: Mapping[str, float], word: str) -> Answer:
    """Mean by mass of a value per element, and the element that adds most to it."""
    if without := [symbol for symbol in item.symbols if symbol not in values]:
        return _NAN, f"no {word} of {', '.join(without)}"
    parts = {symbol: share * values[symbol] for symbol, share in item.mass_fractions.items()}
    total = sum(parts.values())
    most = max(parts, key=parts.__getitem__)
    return total, f"{most} {parts[most] / total:.0%}" if total else ""


@cache
def _prices() -> dict[str, float]:
    """Price by symbol [USD/kg]; pymatgen's entries are per mole."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # noble gases lack an electronegativity, which does not matter here
        database = CostDBElements()  # type: ignore[no-untyped-call]
        entries = {s: database.get_entries([Element(s)]) for s in SYMBOLS}  # type: ignore[no-untyped-call]
    return {symbol: found[0].energy / MASS[symbol] * 1000.0 for symbol, found in entries.items() if found}


@cache
def _concentrations(which: int) -> dict[str, float]:
    known = HHIModel().symbol_hhip_hhir  # type: ignore[no-untyped-call]
    return {symbol: float(pair[which]) for symbol, pair in known.items()}


@cache
def _abundances() -> dict[str, float]:
    found = {symbol: element.crustal_abundance for symbol, element in smact.element_dictionary().items()}
    return {symbol: float(value) for symbol, value in found.items() if value}
