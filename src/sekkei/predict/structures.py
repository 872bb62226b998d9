"""How crystals are described to a learner: their composition, and what a potential sees in their structure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sekkei.core.types import Problem
from sekkei.materials import features as compositions
from sekkei.materials.crystal import Crystal
from sekkei.materials.domain import CRYSTALS
from sekkei.predict.describe import Describer
from sekkei.predict.forest import Features
from sekkei.predict.potentials import CRYSTAL_FEATURES, Chgnet, potential


def unknown(item: Crystal) -> Problem | None:
    """Why a crystal has no features, else None."""
    return compositions.unknown(item.composition) or potential(Chgnet.name).refuse(item)


def features(items: Sequence[Crystal]) -> Features:
    """(n, d): statistics of the elements, then CHGNet's crystal features; NaN where the potential has no answer."""
    judge = potential(Chgnet.name)
    seen = judge.features(items) if isinstance(judge, Chgnet) else []
    missing = np.full(CRYSTAL_FEATURES, np.nan)
    rows = np.array([missing if isinstance(one, Problem) else one for one in seen]).reshape(
        len(items), CRYSTAL_FEATURES
    )
    return np.hstack([compositions.features([item.composition for item in items]), rows.astype(np.float32)])


DESCRIBER = Describer(
    domain="structures",
    parse=CRYSTALS.parse,
    key=CRYSTALS.key,
    text=CRYSTALS.text,
    unknown=unknown,
    features=features,
    names=(*compositions.names(), *(f"chgnet {place}" for place in range(CRYSTAL_FEATURES))),
    compared=compositions.COMPARED,
    bounded=(),
    present=lambda items: compositions.fractions([item.composition for item in items]) > 0,
    elements=compositions.table()[0],
)
"""Crystals: statistics of the properties of their elements, and the pooled atom features of CHGNet's last layer."""
