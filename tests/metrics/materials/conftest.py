"""A handful of crystals, generated and known, as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.files import write_cifs

FACES = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]
CORNER = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]


def cubic(edge: float, numbers: list[int], positions: list[list[float]]) -> Crystal:
    item = crystal(np.eye(3) * edge, numbers, positions)
    assert isinstance(item, Crystal)
    return item


def rocksalt(cation: int, anion: int, edge: float) -> Crystal:
    return cubic(edge, [cation] * 4 + [anion] * 4, FACES + [[(x + 0.5) % 1, y, z] for x, y, z in FACES])


def perovskite(a: int, b: int, x: int, edge: float) -> Crystal:
    return cubic(edge, [a, b, x, x, x], CORNER)


def caesium_chloride(cation: int, anion: int, edge: float) -> Crystal:
    return cubic(edge, [cation, anion], [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])


KNOWN = [rocksalt(11, 17, 5.64), rocksalt(3, 9, 4.03), rocksalt(12, 8, 4.21), perovskite(38, 22, 8, 3.905),
         perovskite(56, 22, 8, 4.0), caesium_chloride(55, 17, 4.12)]  # fmt: skip
"""NaCl, LiF, MgO, SrTiO3, BaTiO3, CsCl."""

GENERATED = [
    rocksalt(11, 17, 5.70),  # known: NaCl a little larger
    rocksalt(11, 17, 5.64),  # a repetition of it
    caesium_chloride(11, 17, 3.5),  # polymorph of NaCl
    rocksalt(19, 17, 6.29),  # ion substitution: KCl for NaCl
    perovskite(20, 50, 16, 4.9),  # CaSnS3
    caesium_chloride(13, 28, 2.88),  # NiAl
    rocksalt(11, 17, 1.2),  # squeezed until atoms touch
]


def frame(item: Crystal, extra: str = "") -> str:
    from sekkei.materials.formula import SYMBOLS

    lattice = " ".join(f"{part:.6f}" for part in item.lattice.ravel())
    lines = [str(len(item)), f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 {extra}']
    for number, position in zip(item.numbers, item.positions @ item.lattice, strict=True):
        lines.append(f"{SYMBOLS[number - 1]} " + " ".join(f"{part:.6f}" for part in position))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``gen.extxyz`` with energies, ``relaxed.extxyz``, a folder ``known`` of CIF, ``gen.csv`` and ``known.csv``."""
    place = tmp_path_factory.mktemp("materials")
    energies = [0.0, 0.0, 0.05, 0.0, 0.2, 0.08, 9.0]
    frames = [frame(item, f"e_above_hull={energy}") for item, energy in zip(GENERATED, energies, strict=True)]
    (place / "gen.extxyz").write_text("".join(frames), encoding="utf-8")
    (place / "relaxed.extxyz").write_text("".join(map(frame, GENERATED)), encoding="utf-8")
    write_cifs(place / "known", KNOWN, [item.composition.formula for item in KNOWN])
    (place / "gen.csv").write_text(
        "formula,e_above_hull,gap\nNaCl,0,8\nCl2Na2,0,8.5\nKCl,0.01,7\nNaCl3,0.5,1\nXx2,0,\n,,\nFe2O3,,2\n",
        encoding="utf-8",
    )
    (place / "known.csv").write_text("formula\nNaCl\nLiF\nMgO\nSrTiO3\nAl2O3\n", encoding="utf-8")
    return place
