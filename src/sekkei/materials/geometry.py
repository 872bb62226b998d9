"""Is a crystal physical? The structural validity of published benchmarks, each with the reason where it fails.

Both profiles look at distances between different atoms of the cell and their images, as published: an atom that sits
too close to its own image, in a cell with a short edge, is not noticed by the distances but by volume and density.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pymatgen.core.periodic_table import Element

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Floats, Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import SYMBOLS
from sekkei.materials.structures import symmetry

_RADII = np.array([float(Element(symbol).atomic_radius or 1.0) for symbol in SYMBOLS])


def radii(numbers: NDArray[np.int64]) -> Floats:
    """Atomic radii [Angstrom] (Slater, J. Chem. Phys. 41, 3199, 1964) of atomic numbers; 1.0 where there is none."""
    return np.asarray(_RADII[numbers - 1])


@dataclass(frozen=True)
class GeometryProfile:
    """A definition of structural validity.

    Attributes:
        name: word used on the command line.
        distance: atoms may not be closer than this [Angstrom].
        radii: nor closer than this share of 0.7 Angstrom and both atomic radii; 0 switches this off.
        volume: smallest volume of the cell [Angstrom^3].
        density: smallest and largest mass density [g/cm^3].
        atom_density: smallest and largest number of atoms per volume [1/Angstrom^3].
        edges: shortest and longest cell edge [Angstrom].
        symmetry: a space group must be found.
        source: whose definition it is.
    """

    name: str
    distance: float = 0.0
    radii: float = 0.0
    volume: float = 0.0
    density: tuple[float, float] = (0.0, float("inf"))
    atom_density: tuple[float, float] = (0.0, float("inf"))
    edges: tuple[float, float] = (0.0, float("inf"))
    symmetry: bool = False
    source: str = ""


GEOMETRY_PROFILES: dict[str, GeometryProfile] = {
    p.name: p
    for p in (
        GeometryProfile("cdvae", distance=0.5, volume=0.1, source="CDVAE (Xie et al., ICLR 2022), structure_validity"),
        GeometryProfile("lemat", radii=0.5, volume=1.0, density=(0.01, 25.0), atom_density=(1e-5, 0.5),
                        edges=(1.0, 100.0), symmetry=True,
                        source="LeMat-GenBench (arXiv:2512.04562), distance and plausibility without the charge test"),
    )
}  # fmt: skip
"""Every profile by name."""

DELIVERED = replace(GEOMETRY_PROFILES["lemat"], name="delivered", distance=0.5, symmetry=False)
"""What a crystal has to keep to be handed on: CDVAE's half an Angstrom would let two strontium atoms lie 0.7 apart."""


def geometry_profile(name: str) -> GeometryProfile:
    """A profile by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in GEOMETRY_PROFILES:
        raise UserError(f"unknown profile '{name}'", "profile", did_you_mean(name, GEOMETRY_PROFILES))
    return GEOMETRY_PROFILES[name]


def check_geometry(item: Crystal, rules: GeometryProfile = GEOMETRY_PROFILES["cdvae"]) -> Problem | None:
    """The first rule that a crystal breaks, else None.

    Returns:
        A Problem ``volume``, ``cell``, ``density``, ``close_atoms`` or ``symmetry``.
    """
    if item.volume < rules.volume:
        return Problem("volume", f"the cell has {item.volume:.3g} cubic Angstrom, less than {rules.volume:g}")
    lengths = np.linalg.norm(item.lattice, axis=1)
    if not rules.edges[0] <= lengths.min() <= lengths.max() <= rules.edges[1]:
        return Problem("cell", f"a cell edge is outside {rules.edges[0]:g} to {rules.edges[1]:g} Angstrom")
    if not rules.density[0] <= item.density <= rules.density[1]:
        return Problem("density", f"the density is {item.density:.3g} g/cm^3, outside {_range(rules.density)}")
    if not rules.atom_density[0] <= len(item) / item.volume <= rules.atom_density[1]:
        each = len(item) / item.volume
        return Problem("density", f"{each:.3g} atoms per cubic Angstrom are outside {_range(rules.atom_density)}")
    if (problem := _close_atoms(item, rules)) is not None:
        return problem
    found = symmetry(item) if rules.symmetry else None
    return found if isinstance(found, Problem) else None


def _range(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:g} to {bounds[1]:g}"


def _close_atoms(item: Crystal, rules: GeometryProfile) -> Problem | None:
    if len(item) < 2:
        return None
    sizes = radii(item.numbers)
    least = np.maximum(rules.distance, rules.radii * (0.7 + sizes[:, None] + sizes[None, :]))
    room = item.distances - least
    np.fill_diagonal(room, np.inf)
    a, b = np.unravel_index(int(room.argmin()), room.shape)
    if room[a, b] >= 0:
        return None
    names = f"{SYMBOLS[item.numbers[a] - 1]} and {SYMBOLS[item.numbers[b] - 1]}"
    return Problem("close_atoms", f"{names} are {item.distances[a, b]:.2f} Angstrom apart, less than {least[a, b]:.2f}")
