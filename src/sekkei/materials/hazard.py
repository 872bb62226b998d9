"""Elements that poison, radiate or are under control, each with the list that says so.

A count over elements is a first warning, no assessment: it knows neither form nor dose. What depends on the oxidation
state, such as chromium(VI), is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from sekkei.core.types import Measure
from sekkei.materials.formula import SYMBOLS, Composition


@dataclass(frozen=True)
class HazardList:
    """A list of elements.

    Attributes:
        word: what its elements are, as it stands in notes.
        symbols: the elements.
        source: who drew it up.
    """

    word: str
    symbols: frozenset[str]
    source: str


HAZARDS: tuple[HazardList, ...] = (
    HazardList(
        "toxic",
        frozenset({"As", "Be", "Cd", "Hg", "Pb", "Tl"}),
        "As, Cd, Hg, Pb: ICH Q3D(R2) class 1, 2022; Be, Tl and their compounds: Regulation (EC) 1272/2008, Annex VI",
    ),
    HazardList(
        "radioactive",
        frozenset({"Tc", "Pm", *SYMBOLS[83:]}),
        "no stable isotope (IUPAC CIAAW); bismuth, half-life 2e19 years, counts as stable",
    ),
    HazardList(
        "restricted",
        frozenset({"Cd", "Hg", "Pb"}),
        "Directive 2011/65/EU (RoHS), Annex II, which also names hexavalent chromium",
    ),
    HazardList("nuclear", frozenset({"Th", "U", "Pu"}), "nuclear material: Statute of the IAEA, Article XX"),
)
"""The lists, in the order of notes."""

HAZARD = Measure(
    "hazard",
    title="hazardous elements",
    low=0.0,
    source="; ".join(f"{entry.word}: {entry.source}" for entry in HAZARDS),
)


def hazard(item: Composition) -> tuple[float, str]:
    """Count the elements that stand on a list.

    Returns:
        The number of such elements and a note that says which is what, such as ``Pb toxic, restricted``.
    """
    found = {symbol: [entry.word for entry in HAZARDS if symbol in entry.symbols] for symbol in item.symbols}
    notes = [f"{symbol} {', '.join(words)}" for symbol, words in found.items() if words]
    return float(len(notes)), "; ".join(notes)
