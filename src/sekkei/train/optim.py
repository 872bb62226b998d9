"""The optimisers of a recipe and their shared schedule."""

from __future__ import annotations

import torch
from torch import nn

from sekkei.train.muon import Muon

NEWTON_SCHULZ_STEPS = 3
"""Three instead of five iterations: at widths near 256 the saved time bought more than the sharper directions."""


def optimisers(network: nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the transformer blocks, AdamW for everything else.

    Muon's updates are scaled to AdamW's size, so one learning rate serves both.

    Args:
        network: a network whose blocks are named ``.h.N.``, as in GPT-2, or ``.layer.N.``, as in BERT.
        rate: peak learning rate of both.
    """
    inside = {name for name, p in network.named_parameters() if p.ndim == 2 and (".h." in name or ".layer." in name)}
    matrices = [p for name, p in network.named_parameters() if name in inside]
    others = [p for name, p in network.named_parameters() if name not in inside]
    return [
        Muon(matrices, rate, steps=NEWTON_SCHULZ_STEPS),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def schedule(step: int, seen: int, total: int, warmup: int, decay: float) -> float:
    """Factor on the peak rate: linear warm-up, a plateau, then linear decay to zero.

    The warm-up-stable-decay schedule of Hu et al. 2024 (MiniCPM, arXiv:2404.06395), whose decay is exponential.

    Args:
        step: optimiser steps done.
        seen: training examples seen.
        total: training examples in the whole run.
        warmup: steps of warm-up.
        decay: share of the run spent decaying.
    """
    rising = min(1.0, (step + 1) / max(warmup, 1))
    falling = min(1.0, (1.0 - seen / total) / max(decay, 1e-9))
    return rising * max(falling, 0.0)
