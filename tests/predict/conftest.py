"""What tests of encoders share: a small one, and a property that it can learn."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from sekkei.data.encoders import element_traits
from sekkei.models.matbert import MatBERT, MatBERTConfig

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small encoder with random weights that knows the periodic table."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("base") / "small"
    config = MatBERTConfig(width=32, layers=2, heads=2, traits=element_traits().shape[1], dropout=0.0)
    MatBERT(config, torch.from_numpy(element_traits())).save(folder, {}, "")
    return folder
