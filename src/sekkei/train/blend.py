"""Weights between those a run started from and those it ended with."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from sekkei.models.checkpoint import load_checkpoint


@torch.no_grad()
def blend(network: nn.Module, start: Path | None, kept: float) -> None:
    """Move every weight part of the way back to where the run started, in place.

    Networks a short training apart lie in one valley, and those between them are often better than either (Wortsman et
    al., "Robust fine-tuning of zero-shot models", CVPR 2022, eq. 1). After a refinement it decides how much of what
    was learned for the targets is traded for the likeness to the data.

    Args:
        network: the end of the run.
        start: model folder the run started from; without one nothing is changed.
        kept: 0 leaves the network as it is, 1 is the start again.
    """
    if start is None or not kept:
        return
    before = dict(load_checkpoint(start).network.named_parameters())
    for name, weight in network.named_parameters():  # each once, also where two layers share it
        weight.lerp_(before[name], kept)
