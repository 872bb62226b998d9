"""The page on measures has a paragraph for each figure that an evaluation can hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sekkei.metrics.definitions import DEFINITIONS as OF_MOLECULES
from sekkei.metrics.materials.definitions import DEFINITIONS as OF_MATERIALS

PAGE = (Path(__file__).parents[1] / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted({*OF_MOLECULES, *OF_MATERIALS} - {"D"}))
def test_every_figure_is_explained(name: str) -> None:
    bold = " ".join(re.findall(r"\*\*(.+?)\*\*", PAGE, flags=re.DOTALL))
    families = [word.removesuffix("...") for word in re.findall(r"[\w@]+_\.\.\.", bold)]
    words = re.findall(r"[\w@]+", bold)
    assert name in words or any(name.startswith(family) for family in families)
