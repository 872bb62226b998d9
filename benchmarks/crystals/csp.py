"""Crystal-structure prediction: a composition is given, how often is its structure among the first one or twenty?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from benchmarks.crystals.sources import FREE, TABLES, of_model, split

from sekkei.core.errors import UserError
from sekkei.generate.crystals import USUAL, CrystalModel
from sekkei.materials.crystal import Crystal
from sekkei.materials.domain import LINES
from sekkei.materials.structures import MATCHERS
from sekkei.metrics.figures import share

CHOSEN = 11
"""Seed with which the compositions are drawn."""


def prediction(model: CrystalModel, n: int, tries: int, seed: int) -> dict[str, Any]:
    """Match rates on n structures of MP-20 val by the tolerances of CDVAE and DiffCSP.

    Composition i is attempted with seed ``seed`` + i. Only the reduced formula is given; the published methods are also
    told how many atoms the cell has.
    """
    known = split("val", TABLES[0])
    rows = np.random.default_rng(CHOSEN).permutation(len(known))[:n]
    places, distances, refused, hits = [], [], 0, []
    for number, row in enumerate(rows):
        found = _tried(model, known[row], tries, seed + number)
        refused += found is None
        places.append(tries if found is None or not found else min(found))
        distances += [min(found.values())] if found else []
        hits.append([known[row].composition.formula, sorted(found or ())])
    first = sum(place == 0 for place in places)
    within = sum(place < tries for place in places)
    one, many = share("1", first, len(rows)), share("many", within, len(rows))
    return {
        "seeds": [seed],
        "compositions": len(rows),
        "compositions drawn with seed": CHOSEN,
        "tries": tries,
        "temperature": USUAL.temperature,
        "refused": refused,
        "match rate in 1": one.value,
        "interval in 1": [one.interval.low, one.interval.high],
        "match rate in all": many.value,
        "interval in all": [many.interval.low, many.interval.high],
        "rms of the best": float(np.mean(distances)) if distances else np.nan,
        "attempts that match": hits,
    }


def _tried(model: CrystalModel, target: Crystal, tries: int, seed: int) -> dict[int, float] | None:
    """Normalised distance by the number of each attempt that matches; None where the codec refuses the formula."""
    wishes = replace(FREE, formula=target.composition.formula)
    try:
        draws = of_model(model, USUAL, wishes)(seed, 0, tries)
    except UserError:
        return None
    matcher, found = MATCHERS["diffcsp"].matcher(), {}
    for place, draw in enumerate(draws):
        item = LINES.parse(draw.text)
        if isinstance(item, Crystal) and not item.collapsed:
            pair = matcher.get_rms_dist(target.structure, item.structure)
            if pair is not None:
                found[place] = float(pair[0])
    return found
