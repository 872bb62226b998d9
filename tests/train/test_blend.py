"""Weights between two models lie where they should."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sekkei import zoo
from sekkei.models.checkpoint import load_checkpoint
from sekkei.train.blend import blend


@pytest.mark.parametrize(("kept", "expected"), [(0.0, 1.0), (0.25, 0.75), (1.0, 0.0)])
def test_part_of_the_start_is_kept(kept: float, expected: float) -> None:
    start: Path = zoo.FOLDER / "moses"
    before, after = load_checkpoint(start).network, load_checkpoint(start).network
    with torch.no_grad():
        for weight in after.parameters():
            weight.add_(1.0)
    blend(after, start, kept)
    for one, other in zip(before.parameters(), after.parameters(), strict=True):
        assert torch.allclose(other - one, torch.tensor(expected), atol=1e-5)


def test_a_run_from_nothing_has_nothing_to_keep() -> None:
    network = torch.nn.Linear(2, 2)
    bias = network.bias.clone()
    blend(network, None, 0.5)
    assert torch.equal(network.bias, bias)
