"""Write crystals as extended XYZ, each frame with what is known about it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from ase import Atoms
from ase.io import extxyz

from sekkei.core.files import write_text
from sekkei.materials.crystal import Crystal

Fact = str | float | int | bool


def write_extxyz(path: Path, items: Sequence[Crystal], facts: Sequence[Mapping[str, Fact]]) -> None:
    """Write n crystals as n frames; :func:`sekkei.materials.structure_files.read_crystals` reads them back.

    Args:
        path: the file, replaced in one step.
        items: n crystals.
        facts: n sets of values for the comment line; their names become keys, such as ``energy_per_atom``.

    Raises:
        UserError: the file cannot be written.
    """
    stream = io.StringIO()
    for item, known in zip(items, facts, strict=True):
        atoms = Atoms(item.numbers, scaled_positions=item.positions, cell=item.lattice, pbc=True)
        atoms.info.update(known)
        extxyz.write_extxyz(stream, [atoms])
    write_text(path, stream.getvalue())
