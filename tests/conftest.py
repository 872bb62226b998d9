"""Parts that several rooms' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sekkei.train.loop import Plan
from sekkei.train.recipes import Size, train_molecules

torch.set_num_threads(1)  # the networks here are so small that threads only wait for each other

SMILES = (Path(__file__).parent / "small.smi").read_text(encoding="utf-8").split()
"""A few small molecules, among them charges, stereo, isotopes and less common elements."""


@pytest.fixture(scope="session")
def smiles() -> list[str]:
    """Small molecules, each valid."""
    return SMILES


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder made by the real recipe in a second: right in every part, but far from trained."""
    folder = tmp_path_factory.mktemp("models")
    source = folder / "small.smi"
    source.write_text("\n".join(SMILES), encoding="utf-8")
    plan = Plan(total=240, batch=8, warmup=2, log_every=10)
    size = Size(vocabulary=96, width=32, layers=2, heads=2, positions=40)
    return train_molecules(str(source), folder / "tiny", plan, size=size, say=lambda _: None)
