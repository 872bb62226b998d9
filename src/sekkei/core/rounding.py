"""Numbers that come out the same whichever machine adds them up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to 16 binary digits, so that sums taken in another order give the same feature, and a tree the same answer.

    Args:
        values: finite numbers, any shape.
    """
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + np.uint32(0x40)) & np.uint32(0xFFFFFF80)).view(np.float32)
