"""Which starting materials a solid could be made from, by the oxidation states that balance it.

Oxides and carbonates for what holds oxygen, halides for halides, binary compounds for a further anion (an oxysulfide
from oxide and sulfide, a sulfide chloride from chloride and sulfides), elements for everything else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from pymatgen.core.composition import Composition as PymatgenComposition

from sekkei.core.types import Problem
from sekkei.materials.formula import Composition
from sekkei.materials.validity import PROFILES, judge

OXYGEN_SOURCES = (
    "Li2CO3", "Na2CO3", "K2CO3", "Rb2CO3", "Cs2CO3", "BeO", "MgO", "CaCO3", "SrCO3", "BaCO3", "B2O3", "Al2O3",
    "Ga2O3", "In2O3", "Tl2O3", "SiO2", "GeO2", "SnO2", "PbO", "As2O3", "Sb2O3", "Bi2O3", "SeO2", "TeO2", "Sc2O3",
    "Y2O3", "La2O3", "CeO2", "Pr6O11", "Nd2O3", "Sm2O3", "Eu2O3", "Gd2O3", "Tb4O7", "Dy2O3", "Ho2O3", "Er2O3",
    "Tm2O3", "Yb2O3", "Lu2O3", "ThO2", "UO2", "TiO2", "ZrO2", "HfO2", "V2O5", "Nb2O5", "Ta2O5", "Cr2O3", "MoO3",
    "WO3", "MnO2", "Fe2O3", "RuO2", "Co3O4", "Rh2O3", "IrO2", "NiO", "PdO", "CuO", "Ag2O", "ZnO", "CdO", "HgO",
    "NH4H2PO4", "(NH4)2SO4", "NH4F", "NH4Cl", "NH4Br", "NH4I",
)  # fmt: skip
"""What brings one element each into a compound that holds oxygen."""

_HALOGENS = ("F", "Cl", "Br", "I")
_PAIRS = ("H", "N", "O", *_HALOGENS)
_LEFT_TO_GASES = ("O", "H", "C", "N")
_EITHER = ("S", "Se", "Te", "P", "As", "Sb")  # brought as an oxide or a salt only where its state is positive


def starting_materials(item: Composition) -> Iterator[list[str]]:
    """Sets of starting materials, the most usual first; the last is the elements. Not all of them can be balanced."""
    states = _states(item)
    if "O" in item.symbols:
        yield from _for_oxygen(item, states)
    elif any(symbol in _HALOGENS for symbol in item.symbols) and len(item.symbols) > 2:
        yield from _for_halogen(item, states)
    yield elements_of(item)


def elements_of(item: Composition) -> list[str]:
    """Its elements as they are bought."""
    return [f"{symbol}2" if symbol in _PAIRS else symbol for symbol in item.symbols]


def _states(item: Composition) -> dict[str, int]:
    """The charges of the likeliest neutral combination, empty where none is neutral."""
    verdict = judge(item, PROFILES["smact"])
    return {} if isinstance(verdict, Problem) else {one.symbol: one.charge for one in verdict.states}


def _for_oxygen(item: Composition, states: dict[str, int]) -> Iterator[list[str]]:
    """Oxides, carbonates and salts; for an anion beside oxygen its compound with one of the metals."""
    anions = [symbol for symbol in item.symbols if symbol in _EITHER and states.get(symbol, 1) < 0]
    sources = {_bringing(formula): formula for formula in OXYGEN_SOURCES}
    wanted = [symbol for symbol in item.symbols if symbol not in (*_LEFT_TO_GASES, *anions)]
    salts = [sources.get(symbol, "") for symbol in wanted]
    if not all(salts) or len(anions) > 1:
        return
    yield from ([*salts, one] for one in _binaries(states, anions[0])) if anions else [salts]


def _for_halogen(item: Composition, states: dict[str, int]) -> Iterator[list[str]]:
    """The halide of each metal; with a further anion its compound with each metal, and the halide of one of them."""
    halogens = [symbol for symbol in item.symbols if symbol in _HALOGENS]
    anions = [symbol for symbol, charge in states.items() if charge < 0 and symbol not in halogens]
    if len(halogens) != 1 or len(anions) > 1 or not states:
        return
    halides = list(_binaries(states, halogens[0]))
    yield from ([*_binaries(states, anions[0]), one] for one in halides) if anions else [halides]


def _binaries(states: dict[str, int], anion: str) -> Iterator[str]:
    """The compound of each cation, in its state, with an anion."""
    for symbol, charge in states.items():
        if charge > 0:
            size = math.lcm(charge, -states[anion])
            parts = ((symbol, size // charge), (anion, size // -states[anion]))
            yield "".join(f"{name}{count if count > 1 else ''}" for name, count in parts)


def _bringing(formula: str) -> str:
    """The element that a starting material is for: all others leave as gases."""
    made = PymatgenComposition(formula)
    return next(str(element) for element in made if str(element) not in _LEFT_TO_GASES)
