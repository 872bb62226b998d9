"""Crystals and tables that the tests of this room share."""

from __future__ import annotations

from pathlib import Path

import pytest

from sekkei.data.folder import find
from sekkei.materials.crystal import Crystal, crystal

CUBE = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def scaled(edge: float) -> list[list[float]]:
    return [[edge * part for part in row] for row in CUBE]


def made(edge: float, numbers: list[int], positions: list[list[float]]) -> Crystal:
    item = crystal(scaled(edge), numbers, positions)
    assert isinstance(item, Crystal)
    return item


FACES = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]


@pytest.fixture(scope="session")
def rocksalt() -> Crystal:
    """NaCl, conventional cell of 8 atoms."""
    shifted = [[(x + 0.5) % 1, y, z] for x, y, z in FACES]
    return made(5.64, [11] * 4 + [17] * 4, FACES + shifted)


@pytest.fixture(scope="session")
def perovskite() -> Crystal:
    """Cubic SrTiO3."""
    oxygens = [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]
    return made(3.905, [38, 22, 8, 8, 8], [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], *oxygens])


@pytest.fixture(scope="session")
def diamond() -> Crystal:
    """Carbon, conventional cell of 8 atoms."""
    return made(3.567, [6] * 8, FACES + [[x + 0.25, y + 0.25, z + 0.25] for x, y, z in FACES])


@pytest.fixture(scope="session")
def data_file():
    """A file of the data folder, or a skip where there is none."""

    def look(relative: str) -> Path:
        path = find(relative)
        if path is None:
            pytest.skip(f"{relative} is in no data folder")
        return path

    return look
