"""The powder pattern that an experimentalist will look for, simulated from a crystal."""

from __future__ import annotations

from dataclasses import dataclass

from pymatgen.analysis.diffraction.xrd import XRDCalculator

from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.structures import SYMPREC

RANGE = (5.0, 90.0)
"""Diffraction angles 2 theta that are simulated [deg]."""

SOURCE = "pymatgen's XRDCalculator, Cu K-alpha (1.54184 Angstrom), kinematic, without texture and thermal motion"
_WEAKEST = 0.1  # of 100


@dataclass(frozen=True)
class Peak:
    """One peak.

    Attributes:
        angle: 2 theta [deg].
        intensity: the strongest has 100.
        spacing: distance of the lattice planes [Angstrom].
        planes: Miller indices of one of them in the conventional cell, such as ``(1 1 1)``; four where it is hexagonal.
    """

    angle: float
    intensity: float
    spacing: float
    planes: str


def powder_pattern(item: Crystal) -> list[Peak] | Problem:
    """Peaks above 0.1 % of the strongest, by angle; a Problem ``collapsed`` or ``pattern`` where there are none."""
    if item.collapsed:
        return Problem("collapsed", "atoms lie on top of each other")
    try:
        found = XRDCalculator("CuKa", symprec=SYMPREC).get_pattern(item.structure, two_theta_range=RANGE)
    except (ValueError, ArithmeticError) as error:
        return Problem("pattern", f"no pattern can be simulated: {(str(error).splitlines() or [''])[0][:120]}")
    rows = zip(found.x, found.y, found.d_hkls, found.hkls, strict=True)
    return [
        Peak(float(angle), float(intensity), float(spacing), f"({' '.join(str(part) for part in planes[0]['hkl'])})")
        for angle, intensity, spacing, planes in rows
        if intensity >= _WEAKEST
    ]
