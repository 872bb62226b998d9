"""Sets that need no model, measured in the same way: what a figure is worth shows beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Problem
from sekkei.materials.formula import Composition, composition
from sekkei.materials.novelty import neighbours
from sekkei.metrics.conditions import Wanted, nearest_rows
from sekkei.metrics.materials.known import Known
from sekkei.metrics.materials.look import fingerprints, look
from sekkei.metrics.materials.measured import Against, Set, measure, targeted
from sekkei.metrics.materials.samples import Item, composition_of

WORDS = {
    "floor": "training materials, each once",
    "resampling": "training materials drawn with replacement",
    "retrieval": "for each attempt the training material nearest to its targets",
    "random": "compositions of random elements, as frequent as in the training materials, with its formula types",
    "ion_substitution": "compositions of training materials with one element exchanged within its group",
}
"""What each baseline is; the last two are compositions, also where crystals are measured."""

_SEED = 0


def baselines(n: int, against: Against, pool: Executor | None = None) -> dict[str, dict[str, float]]:
    """The figures of each baseline by name.

    Args:
        n: attempts of each, at most as many as there are training materials where each counts once.
        against: what the generated set is measured against.
        pool: processes that share the work.
    """
    training = against.training
    picks = {"floor": training.draw(n, _SEED), "resampling": training.draw(n, _SEED + 1, replace=True)}
    if against.wanted is not None:
        picks["retrieval"] = _retrieved(training, against.wanted, n)
    out = {}
    for label, rows in picks.items():
        made = _known_rows(training, rows, against.set_size, pool)
        out[label] = measure(made, _with_targets(against, len(rows)), pool)
    for label, formulas in (("random", random_compositions), ("ion_substitution", substituted)):
        items = formulas(training, n, _SEED)
        made = Set("composition", items, look(items, pool), {}, fingerprints(items[: against.set_size], pool))
        out[label] = measure(made, _with_targets(against, len(items)), pool)
    return {label: {figure.name: figure.value for figure in figures} for label, figures in out.items()}


def random_compositions(training: Known, n: int, seed: int) -> list[Item]:
    """N compositions: the formula type of a training material, its letters other elements as frequent as in all."""
    random = np.random.default_rng(seed)
    formulas = [composition_of(item) for item in training.items]
    counts = Counter(symbol for formula in formulas for symbol in formula.symbols)
    symbols = sorted(counts)
    weights = np.array([counts[symbol] for symbol in symbols]) / counts.total()
    out: list[Item] = []
    for row in random.integers(len(formulas), size=n):
        amounts = [amount for _, amount in formulas[row].amounts]
        drawn = random.choice(len(symbols), size=len(amounts), replace=False, p=weights)
        out.append(_made({symbols[place]: amount for place, amount in zip(drawn, amounts, strict=True)}))
    return out


def substituted(training: Known, n: int, seed: int) -> list[Item]:
    """N compositions: a training material with one element exchanged for another of its group, where it has any."""
    random = np.random.default_rng(seed)
    out: list[Item] = []
    for row in random.integers(len(training.items), size=n):
        formula = composition_of(training.items[row])
        choices = [
            (symbol, other)
            for symbol in formula.symbols
            for other in neighbours(symbol)
            if other not in formula.symbols
        ]
        exchange = dict([choices[int(random.integers(len(choices)))]]) if choices else {}
        out.append(_made({exchange.get(symbol, symbol): amount for symbol, amount in formula.amounts}))
    return out


def _made(amounts: dict[str, int]) -> Composition:
    made = composition(amounts)
    if isinstance(made, Problem):
        raise TypeError(made.message)
    return made


def _known_rows(known: Known, rows: NDArray[np.int64], set_size: int, pool: Executor | None) -> Set:
    items: list[Item | None] = [known.items[row] for row in rows]
    values = {name: column[rows] for name, column in known.values.items()}
    return Set(known.level, items, known.look.of(rows), values, fingerprints(items[:set_size], pool))


def _retrieved(training: Known, wanted: Wanted, n: int) -> NDArray[np.int64]:
    whole = Set(training.level, training.items, training.look, training.values, fingerprints([]))
    return np.array(nearest_rows(wanted, targeted(whole, wanted))[:n], dtype=np.int64)


def _with_targets(against: Against, n: int) -> Against:
    wanted = against.wanted
    if wanted is None:
        return against
    parts: Sequence[np.ndarray] = (wanted.low[:n], wanted.high[:n], wanted.centre[:n])
    return replace(against, wanted=Wanted(wanted.measures, *parts))
