"""Which ion takes the place of which: the data-mined substitutions of Hautier et al., Inorg. Chem. 50, 656 (2011).

The model counts how often two ions occur at the same place of one structure type in the ICSD and gives each pair a
weight; the chance that ion b stands where ion a stood follows from it. pymatgen ships the weights.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from pymatgen.analysis.structure_prediction.substitution_probability import SubstitutionProbability
from pymatgen.core.periodic_table import Species

from sekkei.core.types import Floats
from sekkei.materials.formula import Composition, parse_formula

SOURCE = "Hautier et al., Inorg. Chem. 50, 656, 2011, doi:10.1021/ic102031h, weights as shipped with pymatgen"

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
    """The published model."""
    model = SubstitutionProbability()  # type: ignore[no-untyped-call]
    ions = tuple(sorted((str(one.symbol), round(one.oxi_state or 0)) for one in model.species))
    species = [Species(symbol, charge) for symbol, charge in ions]
    chance = model.cond_prob
    chances = np.array([[chance(new, old) for new in species] for old in species])  # type: ignore[no-untyped-call]
    signs = np.sign([charge for _, charge in ions])
    likely = (chances >= UNSEEN) & (signs[:, None] == signs[None, :])
    likely |= np.eye(len(species), dtype=bool)
    kept = np.where(likely, chances, 0.0)
    return Substitutions(ions, kept / kept.sum(axis=1, keepdims=True))


@cache
def prototype_compositions() -> tuple[Composition, ...]:
    """Compositions that the AFLOW prototypes are named by (Mehl et al., Comput. Mater. Sci. 136, S1, 2017)."""
    # The module reads its 288 structures when it is imported, which takes seconds.
    from pymatgen.analysis import prototypes  # noqa: PLC0415

    library: list[dict[str, Any]] = vars(prototypes)["AFLOW_PROTOTYPE_LIBRARY"]
    texts = sorted({entry["snl"].structure.composition.reduced_formula for entry in library})
    found = (parse_formula(text) for text in texts)
    return tuple(item for item in found if isinstance(item, Composition))
