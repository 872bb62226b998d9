"""How compositions are described to a learner."""

from __future__ import annotations

from sekkei.materials.domain import COMPOSITIONS
from sekkei.materials.features import COMPARED, features, fractions, names, table, unknown
from sekkei.predict.describe import Describer

DESCRIBER = Describer(
    domain="materials",
    parse=COMPOSITIONS.parse,
    key=COMPOSITIONS.key,
    text=COMPOSITIONS.text,
    unknown=unknown,
    features=features,
    names=names(),
    compared=COMPARED,
    bounded=(),
    present=lambda items: fractions(items) > 0,
    elements=table()[0],
)
"""Compositions: statistics of the properties of their elements."""
