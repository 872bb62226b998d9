"""Stiffness from energies at several volumes."""

from __future__ import annotations

import math
import warnings

from pymatgen.analysis.eos import EOS, EOSError

from sekkei.core.types import Floats, Problem

SOURCE = "Birch-Murnaghan equation of state (Birch, Phys. Rev. 71, 809, 1947), pymatgen's fit"
_STIFFEST = 1000.0  # GPa; diamond has 443


def bulk_modulus(volumes: Floats, energies: Floats) -> float | Problem:
    """Bulk modulus [GPa] at the minimum.

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
            found = float(EOS("birch_murnaghan").fit(volumes.tolist(), energies.tolist()).b0_GPa)
    except (EOSError, ValueError, RuntimeError) as error:
        return Problem("eos", f"the equation of state cannot be fitted: {(str(error).splitlines() or [''])[0][:100]}")
    return found if math.isfinite(found) and 0 < found < _STIFFEST else Problem("eos", f"the fit gave {found:.3g} GPa")
