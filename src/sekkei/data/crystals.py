"""The known crystals that a generator learns from, each as lines of the Wyckoff codec, with the labels there are."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.files import replacing
from sekkei.core.types import Measure, Problem
from sekkei.data.folder import VARIABLE, find, own
from sekkei.materials.codecs.wyckoff import written
from sekkei.materials.datasets import MaterialTable, material_table
from sekkei.materials.structure_files import CrystalLine, read_crystals
from sekkei.materials.symmetry.sites import descriptions

TABLES = ("mp20", "mpts52")
"""Tables that are read, the one whose labels count in front."""

TARGETS: dict[str, Measure] = {
    m.name: m
    for m in (
        Measure("band_gap", "eV", "band gap (PBE)", 0.3, low=0.0,
                source="Materials Project; PBE gaps are about 40 % smaller than measured ones"),
        Measure("formation_energy", "eV/atom", "formation energy", 0.2,
                source="Materials Project, frame of MP-20 (corrections of 2020)"),
        Measure("e_above_hull", "eV/atom", "energy above hull", 0.05, low=0.0, source="Materials Project, as in MP-20"),
    )
}  # fmt: skip
"""What a generator of crystals can be conditioned on, in the order of its columns."""

_HEADINGS = {"formation_energy": ("formation_energy", "formation_energy_per_atom")}
_LAYOUT = 1
_MOST = 1_000_000
_OWN_HELD_OUT = 0.05

Progress = Callable[[int, int], None]
"""Told how many crystals are taken apart, of how many."""


@dataclass(frozen=True)
class KnownCrystals:
    """Crystals, each once.

    Attributes:
        texts: for each of n crystals its lines, one for each origin its space group allows, the first in order in
            front.
        values: (n, 3) float32 in the order of :data:`TARGETS`, NaN where unknown.
        held_out: (n,) whether it is kept from training and used for choices.
        sources: whose data these are, one line a table.
    """

    texts: list[tuple[str, ...]]
    values: NDArray[np.float32]
    held_out: NDArray[np.bool_]
    sources: list[str]


def known_crystals(progress: Progress = lambda _done, _of: None) -> KnownCrystals:
    """The structures of MP-20 and MPTS-52 of the data folder; what was made of them is kept in the user's own folder.

    A structure that is in a validation split of either is held out, also where the other has it in its training split.

    Args:
        progress: told now and then while the tables are read for the first time, which takes minutes.

    Raises:
        UserError: a table is not in the data folder, or what was kept is damaged.
    """
    tables = [(table, _path(table)) for table in map(material_table, TABLES)]
    sources = [f"{table.title} ({table.source}; {table.licence})" for table, _ in tables]
    kept = own() / f"crystals-{_digest([path for _, path in tables])}.npz"
    if not kept.is_file():
        lines, held_out = _joined([path for _, path in tables])
        _keep(kept, _taken_apart(lines, held_out, progress, sources))
    try:
        with np.load(kept, allow_pickle=False) as archive:
            texts = [tuple(line.split("\t")) for line in archive["texts"].tobytes().decode("utf-8").split("\n")]
            values, out = archive["values"].astype(np.float32), archive["held_out"].astype(np.bool_)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"cannot be read: {error}", str(kept), "delete it; it is made again") from error
    if values.shape != (len(texts), len(TARGETS)) or out.shape != (len(texts),) or len(texts) > _MOST:
        raise UserError("does not hold one row per crystal", str(kept), "delete it; it is made again")
    return KnownCrystals(texts, values, out, sources)


def crystals_of(path: Path, progress: Progress = lambda _done, _of: None) -> KnownCrystals:
    """The crystals of a file or folder of your own; numbers named as in :data:`TARGETS` are labels in their units.

    One in twenty is held out at random.

    Raises:
        UserError: it cannot be read, or holds no crystal.
    """
    lines = list(read_crystals(path))
    held_out = np.zeros(len(lines), dtype=np.bool_)
    held_out[np.random.default_rng(0).permutation(len(lines))[: round(_OWN_HELD_OUT * len(lines))]] = True
    made = _taken_apart(lines, held_out, progress, [f"the user's file {path.name}"])
    if not made.texts or made.held_out.all():
        raise UserError("holds no crystal to learn from", str(path), "give CIF, POSCAR, extended XYZ or Parquet")
    return made


def _joined(paths: Iterable[Path]) -> tuple[list[CrystalLine], NDArray[np.bool_]]:
    """Every structure once by its name, the first table's labels counting, and whether any table holds it out."""
    found: dict[str, CrystalLine] = {}
    held_out: set[str] = set()
    for path in paths:
        splits = pq.read_table(path, columns=["split"]).column(0).to_pylist()
        for line, split in zip(read_crystals(path), splits, strict=True):
            found.setdefault(line.name, line)
            if split != "train":
                held_out.add(line.name)
    return list(found.values()), np.array([name in held_out for name in found])


def _taken_apart(
    lines: list[CrystalLine], held_out: NDArray[np.bool_], progress: Progress, sources: list[str]
) -> KnownCrystals:
    texts: list[tuple[str, ...]] = []
    rows: list[int] = []
    for row, made in enumerate(_descriptions(lines)):
        if made:
            texts.append(made)
            rows.append(row)
        if row % 1000 == 999:
            progress(row + 1, len(lines))
    values = np.array([[_label(lines[row], name) for name in TARGETS] for row in rows], dtype=np.float32)
    return KnownCrystals(texts, values.reshape(len(rows), len(TARGETS)), held_out[rows], sources)


def _descriptions(lines: Iterable[CrystalLine]) -> Iterator[tuple[str, ...]]:
    for line in lines:
        found = () if line.item is None else descriptions(line.item)
        yield () if isinstance(found, Problem) else tuple(map(written, found))


def _label(line: CrystalLine, name: str) -> float:
    return next((line.values[word] for word in _HEADINGS.get(name, (name,)) if word in line.values), np.nan)


def _keep(path: Path, made: KnownCrystals) -> None:
    text = "\n".join("\t".join(lines) for lines in made.texts)
    with replacing(path) as temporary, temporary.open("wb") as file:
        array = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
        np.savez_compressed(file, texts=array, values=made.values, held_out=made.held_out)


def _path(table: MaterialTable) -> Path:
    path = find(table.file)
    if path is None:
        what = f"{table.file} is in no data folder"
        raise UserError(what, f"table {table.name}", f"put the file under a folder of {VARIABLE}")
    return path


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256(f"layout {_LAYOUT} {tuple(TARGETS)}".encode())
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
