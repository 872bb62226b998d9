"""A property of compositions that is made up, so that what it depends on is known."""

from __future__ import annotations

import numpy as np

from sekkei.materials.formula import SYMBOLS, parse_formula
from sekkei.predict.fit import Labels


def alloys(n, seed=0):
    """Alloys whose invented hardness is the mean atomic number of their metals."""
    random, made = np.random.default_rng(seed), {}
    while len(made) < n:
        first, second = random.choice(np.arange(20, 50), size=2, replace=False)
        share = int(random.integers(1, 9))
        item = parse_formula(f"{SYMBOLS[first]}{share}{SYMBOLS[second]}{10 - share}")
        made[item.formula] = (item, (share * first + (10 - share) * second) / 10.0)
    items, values = zip(*made.values(), strict=True)
    return Labels(list(items), list(made), np.array(values))
