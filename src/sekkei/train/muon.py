"""Muon in single precision, the matrices of one shape at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

_A, _B, _C = 3.4445, -4.7750, 2.0315  # of the quintic iteration, Jordan et al. 2024
_TINY = 1e-7


class Muon(torch.optim.Optimizer):
    """Orthogonalises the momentum of each matrix (Jordan et al. 2024, kellerjordan.github.io/posts/muon).

    The same steps as ``torch.optim.Muon``, which multiplies in bfloat16: a processor without instructions for it
    emulates them, and they then take most of the time of a run. Scaled to AdamW's update size after Liu et al. 2025,
    arXiv:2502.16982.
    """

    def __init__(
        self, matrices: Iterable[Tensor], rate: float, *, steps: int, momentum: float = 0.95, decay: float = 0.01
    ) -> None:
        """An optimiser of matrices.

        Args:
            matrices: parameters of two dimensions.
            rate: peak learning rate.
            steps: Newton-Schulz iterations.
            momentum: share of the running mean of gradients that each step keeps.
            decay: weight decay, a share of the rate.
        """
        super().__init__(matrices, {"lr": rate, "ns_steps": steps, "momentum": momentum, "weight_decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every matrix that has a gradient; ``closure``, where given, makes them and is answered."""
        with torch.enable_grad():
            told = closure() if closure else None
        for group in self.param_groups:
            learned = [p for p in group["params"] if p.grad is not None]
            for shape, alike in groupby(sorted(learned, key=_shape), key=_shape):
                matrices = list(alike)
                ahead = torch.stack([self._ahead(p, p.grad, group["momentum"]) for p in matrices])
                size = 0.2 * math.sqrt(max(shape)) * group["lr"]
                for p, update in zip(matrices, orthogonal(ahead, group["ns_steps"]), strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-size)
        return told

    def _ahead(self, matrix: Tensor, gradient: Tensor, momentum: float) -> Tensor:
        """The gradient moved towards its running mean, as Nesterov's momentum looks ahead."""
        state = self.state[matrix]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(matrix)
        mean: Tensor = state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(mean, momentum)


def orthogonal(matrices: Tensor, steps: int) -> Tensor:
    """Nearly the closest matrix with singular values of 1 to each of a stack, (n, rows, columns) -> the same."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=_TINY)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=_B, alpha=_C), x, beta=_A)
    return x.mT if tall else x


def _shape(matrix: Tensor) -> tuple[int, ...]:
    return tuple(matrix.shape)
