"""What a data set covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sekkei.core.types import Floats
from sekkei.data.catalogue import dataset
from sekkei.data.prepare import label
from sekkei.molecules.properties import PROPERTIES

SAMPLE = 5_000
QUANTILES = (0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0)


@dataclass(frozen=True)
class Description:
    """A data set in numbers.

    Attributes:
        name: of the data set.
        rows: SMILES in its files.
        sampled: molecules that were drawn at random and could be read.
        quantiles: for each property the values at :data:`QUANTILES` [its unit], from the sample.
    """

    name: str
    rows: int
    sampled: int
    quantiles: dict[str, Floats]


def describe(name: str, seed: int = 0) -> Description:
    """Describe a data set from a random sample of it.

    Raises:
        UserError: it is unknown or not on this machine.
    """
    texts = dataset(name).smiles()
    picked = np.random.default_rng(seed).permutation(len(texts))[:SAMPLE]
    sample = label([texts[row] for row in picked])
    table = np.quantile(sample.values.astype(float), QUANTILES, axis=0).T
    return Description(name, len(texts), len(sample.smiles), dict(zip(PROPERTIES, table, strict=True)))
