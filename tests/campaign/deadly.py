"""An evaluator that worker processes find by name."""

from __future__ import annotations

import os

import numpy as np

from sekkei.core.types import Column, Measure

LENGTH = Measure("length")


class Deadly:
    """Ends the process that measures the word ``death``."""

    name, version, measures = "deadly", "1", (LENGTH,)

    def __call__(self, items) -> list[Column]:
        if "death" in items:
            os._exit(9)
        return [Column(LENGTH, np.array([float(len(item)) for item in items]))]
