"""From targets to the property values a network is conditioned on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sekkei.core.seeds import generator_at
from sekkei.core.targets import Target
from sekkei.core.types import Floats

MARGIN = 0.2
"""Share of a window's half-width kept free at each end, since the network hits a value with an error."""

NEIGHBOURS = 2000
"""How many reference molecules, those nearest to meeting all targets, values are drawn from."""

_PURPOSE = 1


def aim(
    targets: Sequence[Target], properties: Sequence[str], reference: Floats, count: int, seed: int, first: int = 0
) -> Floats:
    """Draw conditions that are plausible together.

    Each row copies the targeted properties of one known molecule among those nearest to meeting all targets,
    moved into the windows: bounds such as ``esol>=-2.5`` then become the values such molecules really have,
    and values that never occur together are not asked for. Properties without a target stay free.

    Args:
        targets: what is wished for; every name must be in ``properties``.
        properties: the columns of ``reference`` and of the result.
        reference: (m, properties) values of known molecules.
        count: rows wanted.
        seed: row i depends on (seed, first + i) only.
        first: position of the first row in the stream.

    Returns:
        (count, properties), NaN where free.
    """
    conditions = np.full((count, len(properties)), np.nan)
    if not targets:
        return conditions
    columns = [list(properties).index(target.name) for target in targets]
    pool = _nearest(targets, reference[:, columns])
    for row in range(count):
        picked = pool[generator_at(seed, first + row, _PURPOSE).integers(len(pool))]
        conditions[row, columns] = picked
    return conditions


def _nearest(targets: Sequence[Target], values: Floats) -> Floats:
    """The reference rows nearest to all targets, moved into the windows: (k, targets)."""
    wanted = np.stack([_window(target, values[:, i]) for i, target in enumerate(targets)])
    spread = np.maximum(values.std(axis=0), 1e-9)
    inside = np.clip(values, wanted[:, 0], wanted[:, 1])
    weights = np.array([target.weight for target in targets])
    distance = (np.abs(values - inside) / spread * weights).sum(axis=1)
    order = np.argsort(distance, kind="stable")
    meeting = int((distance <= 0).sum())
    return np.asarray(inside[order[: max(min(meeting, NEIGHBOURS), NEIGHBOURS // 10)]])


def _window(target: Target, values: Floats) -> tuple[float, float]:
    if target.goal == "min":
        return float(values.min()), float(np.quantile(values, 0.02))
    if target.goal == "max":
        return float(np.quantile(values, 0.98)), float(values.max())
    if target.goal == "window":
        shrink = MARGIN * (target.high - target.low) / 2
        return target.low + shrink, target.high - shrink
    shrink = MARGIN * target.measure.tolerance
    if target.goal == "at_least":
        return target.low + shrink, max(float(values.max()), target.low + shrink)
    return min(float(values.min()), target.high - shrink), target.high - shrink
