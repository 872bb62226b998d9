"""Parts that several rooms' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.extxyz import write_extxyz
from sekkei.train.crystals import train_crystals
from sekkei.train.loop import Plan
from sekkei.train.recipes import Size, train_molecules

torch.set_num_threads(1)  # the networks here are so small that threads only wait for each other

EXAMPLES = "test_examples.py"
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Examples take longest and come first, so that of several processes none waits for them at the end."""
    items.sort(key=lambda item: item.path.name != EXAMPLES)


LINES = (Path(__file__).parent / "small.wyckoff").read_text(encoding="utf-8").splitlines()
"""A few well-known crystals as lines of the Wyckoff codec."""


@pytest.fixture(scope="session")
def crystal_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Well-known crystals with labels, those of two missing."""
    path = tmp_path_factory.mktemp("crystals") / "small.extxyz"
    items = [read_symmetric(line).crystal() for line in LINES]
    labels = [{"band_gap": 0.5 * row, "formation_energy": -0.1 * row, "e_above_hull": 0.0} for row in range(len(LINES))]
    write_extxyz(path, items, [*labels[:-2], {}, {}])
    return path


@pytest.fixture(scope="session")
def tiny_crystals(crystal_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of crystals made by the real recipe in seconds: right in every part, but far from trained."""
    plan = Plan(total=240, batch=8, warmup=2, log_every=10)
    size = Size(width=32, layers=1, heads=2, positions=128)
    folder = tmp_path_factory.mktemp("crystal-models") / "tiny"
    return train_crystals(str(crystal_file), folder, plan, size=size, say=lambda _: None)
