"""Where networks are trained: on a graphics processor where there is one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def best_device() -> torch.device:
    """The first CUDA device where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def moved(inputs: Any, device: torch.device) -> Any:
    """A batch with its tensors on a device; arrays among them stay as they are."""
    if isinstance(inputs, Tensor):
        return inputs.to(device)
    return tuple(one.to(device) if isinstance(one, Tensor) else one for one in inputs)
