"""How well generated molecules meet the condition they were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial

import numpy as np

from sekkei.core.targets import Target
from sekkei.core.types import Floats
from sekkei.metrics.parallel import in_chunks
from sekkei.molecules.fragments import measured


def measure(texts: Sequence[str], names: Sequence[str], pool: Executor | None = None) -> tuple[list[str], Floats]:
    """Canonical SMILES (m) and properties (m, k) of the valid ones among n texts, repeats kept.

    Args:
        texts: SMILES as a generator wrote them.
        names: k properties.
        pool: processes that share the work.
    """
    chunks = in_chunks(partial(measured, names=names), texts, pool)
    return [smiles for chunk, _ in chunks for smiles in chunk], np.concatenate([values for _, values in chunks])


def mean_absolute_deviation(values: Floats, target: float) -> float:
    """Mean of |value - target| over the valid molecules, repeats kept (Bagal et al., JCIM 62, 2064, 2022). (n,).

    Repeats count, so read it beside the share of unique molecules. NaN where there is no molecule.
    """
    return float(np.abs(values - target).mean()) if len(values) else float("nan")


def inside_share(values: Mapping[str, Floats], targets: Sequence[Target]) -> float:
    """Share of molecules that meet all targets at once.

    Args:
        values: (n,) values of each targeted measure, by its name.
        targets: what was asked for.

    Returns:
        0 to 1; NaN where there is no molecule or no target.
    """
    met = [target.satisfied(values[target.name]) for target in targets]
    return float(np.all(met, axis=0).mean()) if met and met[0].size else float("nan")
