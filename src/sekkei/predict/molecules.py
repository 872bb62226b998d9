"""How molecules are described to a learner."""

from __future__ import annotations

from typing import Any

from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.features import ELEMENTS, compared, features, names, present, unknown
from sekkei.molecules.lean import parse_lean
from sekkei.predict.describe import Describer


def _skeleton(item: Any) -> str:
    """The first block of the InChIKey: stereoisomers and most tautomers share it, as they share their features."""
    key = MOLECULES.key(item)
    return key[:14] if key[14:15] == "-" else key


DESCRIBER = Describer(
    domain="molecules",
    parse=parse_lean,
    key=_skeleton,
    text=MOLECULES.text,
    unknown=unknown,
    features=features,
    names=names(),
    compared=compared(),
    bounded=(names().index("heavy atoms"),),
    present=present,
    elements=ELEMENTS,
)
"""Molecules: descriptors and counted environments."""
