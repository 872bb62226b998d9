"""Fingerprints of crystals and compositions, between which the coverage of CDVAE (Xie et al., ICLR 2022) is measured.

The numbers are those of matminer's ``CrystalNNFingerprint`` ("ops") and ``ElementProperty`` ("magpie"), which CDVAE
names; they are made here from pymatgen's CrystalNN and order parameters and from Magpie's table of the elements, since
matminer needs an older pandas. ``benchmarks/evaluate`` holds them against matminer's own.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import spglib
from pymatgen.core.local_env import CN_OPT_PARAMS, CrystalNN, LocalStructOrderParams

from sekkei.core.types import Floats, Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import NUMBERS, Composition

STRUCTURE_WIDTH = 61
"""Numbers in the fingerprint of a crystal."""

COMPOSITION_WIDTH = 132
"""Numbers in the fingerprint of a composition."""

_COORDINATIONS = range(1, 25)
_ORDERS = ("q2", "q4", "q6")  # Steinhardt's, where no motif is named: 9 to 12 neighbours
_SAME_SITE = 1e-5  # Angstrom; sites that symmetry makes equal to this tolerance share a fingerprint
_DENSEST = 1.0  # atoms per cubic Angstrom, five times diamond; CrystalNN looks at all within 7 Angstrom
_TIE = 1e-8  # of shares of elements


def crystal_fingerprint(item: Crystal) -> Floats | Problem:
    """How the atoms of a crystal are coordinated: the mean over its atoms of 61 numbers.

    For each coordination number of 1 to 24 its likelihood (CrystalNN: Pan et al., Inorg. Chem. 60, 1590, 2021), and
    this times the likeness to each motif of that coordination, such as an octahedron (Zimmermann & Jain, RSC Adv. 10,
    6063, 2020).

    Returns:
        (61,), or a Problem ``fingerprint`` for a crystal that is collapsed or has more than an atom per cubic Angstrom,
        and where no neighbours are found.
    """
    if item.collapsed or len(item) / item.volume > _DENSEST:
        return Problem("fingerprint", "atoms lie too close together to look for neighbours")
    sites, counts = np.unique(_orbits(item), return_counts=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of radii that CrystalNN has to guess
        try:
            found = np.array([list(_of_site(item, int(site))) for site in sites])
        except (ValueError, RuntimeError, IndexError, ZeroDivisionError) as error:
            return Problem("fingerprint", f"no neighbours are found: {error!s:.100}")
    return np.asarray(counts @ found / counts.sum())


def composition_fingerprint(item: Composition) -> Floats:
    """Six statistics of 22 properties of its elements, scaled as CDVAE scales them.

    Minimum, maximum, range, mean, mean absolute deviation and the value of the most frequent element (Ward et al., npj
    Comput. Mater. 2, 16028, 2016), less the means and over the deviations in CDVAE's constants. A statistic that an
    element without a value leaves undefined is 0, as there.

    Returns:
        (132,).
    """
    shares = np.array([amount for _, amount in item.amounts]) / item.atoms
    values = _elements()[[NUMBERS[symbol] - 1 for symbol in item.symbols]]
    low, high, mean = values.min(axis=0), values.max(axis=0), shares @ values
    frequent = values[shares > shares.max() - _TIE].min(axis=0)
    stacked = np.stack([low, high, high - low, mean, shares @ np.abs(values - mean), frequent], axis=1)
    means, deviations = _scaler()
    return np.nan_to_num((stacked.ravel() - means) / deviations, nan=0.0)


def _orbits(item: Crystal) -> np.ndarray:
    """For each atom the first that symmetry makes equal to it."""
    cell = (item.lattice.tolist(), item.positions.tolist(), item.numbers.tolist())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib is about to raise instead of giving None
        try:
            found = spglib.get_symmetry_dataset(cell, symprec=_SAME_SITE)
        except spglib.error.SpglibError:
            found = None
    return np.arange(len(item)) if found is None else np.asarray(found.equivalent_atoms)


def _of_site(item: Crystal, site: int) -> Iterator[float]:
    data = _crystal_nn().get_nn_data(item.structure, site)
    for number in _COORDINATIONS:
        weight = data.cn_weights.get(number, 0.0)
        yield weight
        sites: Any = [item.structure[site], *(one["site"] for one in data.cn_nninfo.get(number, []))]
        for motif in _motifs(number):
            if not weight:
                yield 0.0
                continue
            likeness = motif.get_order_parameters(sites, 0, indices_neighs=list(range(1, len(sites))))[0]
            yield weight * (likeness or 0.0)


@cache
def _crystal_nn() -> CrystalNN:
    return CrystalNN()  # type: ignore[no-untyped-call]


@cache
def _motifs(number: int) -> tuple[LocalStructOrderParams, ...]:
    """The order parameters of a coordination number, in matminer's order."""
    named: list[tuple[Any, Any]] = [("sgl_bd", None)] if number == 1 else []
    for kind, *parameters in CN_OPT_PARAMS.get(number, {}).values():
        named.append((kind, parameters[0] if parameters else None))
    if 9 <= number <= 12:
        named += [(order, None) for order in _ORDERS]
    return tuple(LocalStructOrderParams([kind], parameters=[parameters]) for kind, parameters in named)


@cache
def _elements() -> Floats:
    """(118, 22) Magpie's properties by atomic number - 1, NaN where it has none."""
    rows = list(csv.reader(_table("magpie.csv")))[1:]
    return np.array([[float(cell) if cell else np.nan for cell in row[1:]] for row in rows])


@cache
def _scaler() -> tuple[Floats, Floats]:
    """(132,) means and deviations of CDVAE's constants.py."""
    rows = np.array([row[1:] for row in list(csv.reader(_table("cdvae_scaler.csv")))[1:]], dtype=np.float64)
    return rows[:, 0], rows[:, 1]


def _table(name: str) -> list[str]:
    return files("sekkei.materials").joinpath("tables", name).read_text(encoding="utf-8").splitlines()
