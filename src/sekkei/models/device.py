"""Where networks are trained: on a graphics processor where there is one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def best_device() -> torch.device:
    """The first CUDA device where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def moved(inputs: Any, device: torch.device) -> Any:
    """A tensor, or a tuple of them, on a device."""
    return inputs.to(device) if isinstance(inputs, Tensor) else tuple(one.to(device) for one in inputs)
