"""What becomes of the elements of a material at the end of a product's life.

Functional recycling rates at end of life, in five classes: Graedel et al., J. Ind. Ecol. 15, 355 (2011), the global
estimate for 60 metals made for UNEP (Recycling Rates of Metals, 2011). They are of metals in all their uses; what holds
for a compound depends on the product it is in.
"""

from __future__ import annotations

from sekkei.core.evaluators import Answer
from sekkei.core.types import Measure
from sekkei.materials.formula import Composition

CLASSES: dict[str, tuple[str, ...]] = {
    "over 50 %": ("Al", "Ti", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Nb", "Rh", "Pd", "Ag", "Sn", "Re", "Pt", "Au",
                  "Pb"),
    "25 to 50 %": ("Mg", "Mo", "Ir"),
    "10 to 25 %": ("Ru", "Cd", "W"),
    "1 to 10 %": ("Sb", "Hg"),
    "under 1 %": ("Li", "Be", "B", "Sc", "V", "Ga", "Ge", "As", "Se", "Sr", "Y", "Zr", "In", "Te", "Ba", "La", "Ce",
                  "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "Os", "Tl", "Bi"),
}  # fmt: skip
"""Elements by their rate, the best class first."""

_CLASS = {symbol: words for words, symbols in CLASSES.items() for symbol in symbols}

RECYCLING = Measure(
    "recycling",
    title="share of the rated mass that is commonly recycled",
    low=0.0,
    high=1.0,
    source="functional recycling over 50 % at end of life: Graedel et al., J. Ind. Ecol. 15, 355, 2011; "
    "elements it does not rate, such as O, S and the alkali metals but Li, are left out",
)


def recycling(item: Composition) -> Answer:
    """Share of the mass, among the elements that are rated, whose end-of-life recycling rate is over 50 %.

    Returns:
        The share with a note of every rated element's class; NaN where no element is rated.
    """
    rated = {symbol: share for symbol, share in item.mass_fractions.items() if symbol in _CLASS}
    if not rated:
        return float("nan"), f"no recycling rate is published for {', '.join(item.symbols)}"
    notes = [f"{', '.join(s for s in rated if _CLASS[s] == words)} {words}" for words in CLASSES
             if any(_CLASS[s] == words for s in rated)]  # fmt: skip
    good = sum(share for symbol, share in rated.items() if _CLASS[symbol] == "over 50 %")
    return good / sum(rated.values()), "; ".join(notes)
