"""Stiffness from energies at several volumes."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from pymatgen.analysis.eos import EOS, EOSError

from sekkei.core.types import Floats, Problem

SOURCE = "Birch-Murnaghan equation of state (Birch, Phys. Rev. 71, 809, 1947), pymatgen's fit"
_STIFFEST = 1000.0  # GPa; diamond has 443


_STEP = 1e-5  # relative, of the numerical derivatives


@dataclass(frozen=True)
class Stiffness:
    """A bulk modulus and how well the energies tell it.

    Attributes:
        modulus: at the minimum [GPa].
        error: standard error of the fit [GPa].
    """

    modulus: float
    error: float


def bulk_modulus(volumes: Floats, energies: Floats) -> Stiffness | Problem:
    """Bulk modulus at the minimum.

    The error follows from the covariance of the fit, s^2 (J^T J)^-1 with s^2 the squared residuals over n - 4 degrees
    of freedom. It says how far the energies are from such an equation, not how far the potential is from nature.

    Args:
        volumes: (n,) of the cell [Angstrom^3], at least 5.
        energies: (n,) of the cell [eV].

    Returns:
        The modulus, or a Problem ``eos`` where there is no minimum among the volumes or the fit fails.
    """
    place = int(energies.argmin())
    if place in (0, len(energies) - 1):
        return Problem("eos", "the energy has no minimum among the volumes that were tried")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on the way from a first guess to the minimum
            fit = EOS("birch_murnaghan").fit(volumes.tolist(), energies.tolist())
        found, parameters = float(fit.b0_GPa), np.array(fit.eos_params, dtype=np.float64)
        error = _error(volumes, energies, parameters) * found / parameters[1]
    except (EOSError, ValueError, RuntimeError, np.linalg.LinAlgError) as wrong:
        return Problem("eos", f"the equation of state cannot be fitted: {(str(wrong).splitlines() or [''])[0][:100]}")
    if not (math.isfinite(found) and 0 < found < _STIFFEST):
        return Problem("eos", f"the fit gave {found:.3g} GPa")
    return Stiffness(found, float(error))


def _error(volumes: Floats, energies: Floats, parameters: Floats) -> float:
    """Standard error of the second parameter, the modulus [eV/Angstrom^3]."""
    columns = []
    for place, value in enumerate(parameters):
        step = np.zeros(len(parameters))
        step[place] = _STEP * max(abs(value), 1.0)
        ends = (_birch_murnaghan(volumes, parameters + sign * step) for sign in (1, -1))
        columns.append(np.subtract(*ends) / (2 * step[place]))
    slopes = np.stack(columns, axis=1)
    residuals = energies - _birch_murnaghan(volumes, parameters)
    variance = float(residuals @ residuals) / (len(volumes) - len(parameters))
    return float(np.sqrt(variance * np.linalg.inv(slopes.T @ slopes)[1, 1]))


def _birch_murnaghan(volumes: Floats, parameters: Floats) -> Floats:
    """Energies at volumes; parameters are energy, modulus, its derivative by pressure and volume at the minimum."""
    energy, modulus, derivative, volume = parameters
    strain = (volume / volumes) ** (2 / 3) - 1
    return np.asarray(energy + 9 * modulus * volume / 16 * strain**2 * (2 + (derivative - 4) * strain))
