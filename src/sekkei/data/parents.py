"""Known compounds that new ones are derived from: the formulas of the tables in the data folders, with labels."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.core.files import replacing
from sekkei.core.types import Floats
from sekkei.data.folder import find, own
from sekkei.data.reference import Reference
from sekkei.data.summary import FETCHED
from sekkei.materials.datasets import MaterialTable, material_table, read_compositions
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.substitution import prototype_compositions

TABLES = ("mp20_properties", "mpts52", "mp_e_form", "mp_gap", "mp_bandgap", "icsd_formulas")
"""Tables that are read where they are, the one whose labels go first in front; what was fetched goes before them."""

LABELS = ("band_gap", "formation_energy", "e_above_hull", "made")
"""Labels kept of them [eV, eV/atom, eV/atom]; ``made`` is 1 where the formula is known from experiment."""

EXPERIMENT = "icsd_formulas"
"""The table of formulas known from experiment."""

SAMPLE = zoo.FOLDER / zoo.DEFAULT["materials"] / "reference.npz"
"""Where the shipped model keeps a sample of what it learned from: parents for those who have no tables."""

PROTOTYPES = "AFLOW prototypes (Mehl et al., Comput. Mater. Sci. 136, S1, 2017)"

_LAYOUT = 2
_MOST = 10_000_000


@dataclass(frozen=True)
class Parents:
    """Known compounds, each formula once.

    Attributes:
        texts: n reduced formulas, sorted.
        values: (n, 4) in the order of :data:`LABELS`, NaN where no table has one. Of several entries of a formula the
            one nearest the hull counts.
        known: the same as a set that also knows formula types.
        sources: whose data these are.
        digest: 12 hex digits that change with them.
    """

    texts: list[str]
    values: Floats
    known: KnownMaterials
    sources: tuple[str, ...]
    digest: str


def parents() -> Parents:
    """Read the tables there are; what was made of them is kept in the user's data folder.

    Raises:
        UserError: a table or what was kept is damaged, or the folder cannot be written.
    """
    tables = [table for table in (FETCHED, *map(material_table, TABLES)) if find(table.file)]
    digest = _digest(tables)
    sources = [f"{table.title} ({table.source}; {table.licence})" for table in tables]
    sources += [f"sample of the training data of {SAMPLE.parent.name}"] * SAMPLE.is_file() + [PROTOTYPES]
    kept, known = own() / f"parents-{digest}.npz", own() / f"parents-{digest}.bin"
    if not (kept.is_file() and known.is_file()):
        _make(tables, kept, known)
    try:
        with np.load(kept, allow_pickle=False) as archive:
            texts = archive["texts"].tobytes().decode("ascii").split("\n")
            values = archive["values"].astype(np.float64)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"cannot be read: {error}", str(kept), "delete it; it is made again") from error
    if values.shape != (len(texts), len(LABELS)) or len(texts) > _MOST:
        raise UserError("does not hold one row per formula", str(kept), "delete it; it is made again")
    return Parents(texts, values, KnownMaterials.load(known), tuple(sources), digest)


def _make(tables: list[MaterialTable], kept: Path, known: Path) -> None:
    items: dict[str, Composition] = {item.formula: item for item in prototype_compositions()}
    labels: dict[str, Floats] = {}
    for table in tables:
        path = find(table.file)
        if path is not None:
            _add(table, path, items, labels)
    if SAMPLE.is_file():
        _add_sample(Reference.load(SAMPLE), items, labels)
    texts = sorted(items)
    none = np.full(len(LABELS), np.nan)
    values = np.array([labels.get(text, none) for text in texts], dtype=np.float64)
    KnownMaterials.build((items[text], None) for text in texts).save(known)
    with replacing(kept) as temporary, temporary.open("wb") as file:
        ascii_texts = np.frombuffer("\n".join(texts).encode("ascii"), dtype=np.uint8)
        np.savez_compressed(file, texts=ascii_texts, values=values.astype(np.float32))


def _add(table: MaterialTable, path: Path, items: dict[str, Composition], labels: dict[str, Floats]) -> None:
    """Add the formulas of a table, and its labels to those that have none yet, entries nearest the hull first."""
    found = read_compositions(table, path)
    nowhere = np.full(len(found.items), np.nan)
    if table.name == EXPERIMENT:
        found.values["made"] = np.ones(len(found.items))
    rows = np.stack([found.values.get(name, nowhere) for name in LABELS], axis=1)
    height = np.where(np.isnan(rows[:, 2]), np.inf, rows[:, 2])
    fresh: dict[str, Floats] = {}
    for row in np.argsort(height, kind="stable"):
        item = found.items[row]
        if isinstance(item, Composition):
            items.setdefault(item.formula, item)
            mine = fresh.setdefault(item.formula, rows[row])
            fresh[item.formula] = np.where(np.isnan(mine), rows[row], mine)
    for formula, mine in fresh.items():
        before = labels.get(formula, mine)
        labels[formula] = np.where(np.isnan(before), mine, before)


def _add_sample(sample: Reference, items: dict[str, Composition], labels: dict[str, Floats]) -> None:
    """Add the formulas that a shipped model carries along, with the labels that no table has."""
    for text, row in zip(sample.texts, sample.properties, strict=True):
        item = parse_formula(text)
        if isinstance(item, Composition):
            items.setdefault(item.formula, item)
            mine = np.array([*row[:2], np.nan, np.nan])
            before = labels.get(item.formula, mine)
            labels[item.formula] = np.where(np.isnan(before), mine, before)


def _digest(tables: list[MaterialTable]) -> str:
    digest = hashlib.sha256(f"layout {_LAYOUT} {LABELS}".encode())
    if SAMPLE.is_file():
        digest.update(SAMPLE.read_bytes())
    for table in tables:
        path = find(table.file)
        if path is not None:
            digest.update(f"{table.name} {path.stat().st_size}".encode())
            digest.update(hashlib.file_digest(path.open("rb"), "sha256").digest())
    return digest.hexdigest()[:12]
