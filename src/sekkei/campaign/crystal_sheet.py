"""What an experimenter takes to the bench for a crystal: its powder pattern, its place on the hull, how to make it."""

from __future__ import annotations

from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.hull import Hull
from sekkei.materials.powder import RANGE, SOURCE, Peak, powder_pattern
from sekkei.materials.precursors import route
from sekkei.report.crystal_plots import Spot, hull_svg, powder_svg

Figures = tuple[tuple[str, str], ...]


def figures(item: Crystal, energy: float, hull: Hull | None) -> Figures:
    """Captions and drawings: the powder pattern, and for two or three elements the hull of the system.

    Args:
        item: the relaxed crystal.
        energy: its energy [eV/atom], in the frame of the hull.
        hull: the potential's own energies of known structures, None where there are none.
    """
    peaks = powder_pattern(item)
    found = []
    if not isinstance(peaks, Problem):
        sticks = [(one.angle, one.intensity, one.planes) for one in peaks]
        found.append((f"Powder pattern ({SOURCE})", powder_svg(sticks, *RANGE)))
    made = item.composition
    system = hull.system(made) if hull and len(made.symbols) in (2, 3) else None
    if system is not None and not isinstance(system, Problem):
        amounts = dict(made.amounts)
        shares = [amounts[symbol] / made.atoms for symbol in system.symbols]
        spots = [Spot(one.formula, one.shares, one.energy, one.stable) for one in system.phases]
        candidate = Spot(made.formula, shares, system.formation(made, energy), stable=False)
        drawn = hull_svg(system.symbols, spots, system.ties, candidate)
        found.append((f"{'-'.join(system.symbols)}: {len(spots)} known phases; the candidate is the red cross", drawn))
    return tuple(found)


def made_from(item: Crystal) -> str:
    """A balanced reaction with amounts and prices, or why there is none."""
    found = route(item.composition)
    return found.message if isinstance(found, Problem) else found.text


def pattern_table(item: Crystal) -> str:
    """The peaks of the powder pattern as CSV."""
    peaks = powder_pattern(item)
    rows = [] if isinstance(peaks, Problem) else [_row(one) for one in peaks]
    return "\n".join(["two_theta [deg],intensity,d [Angstrom],hkl", *rows]) + "\n"


def _row(one: Peak) -> str:
    return f"{one.angle:.3f},{one.intensity:.2f},{one.spacing:.4f},{one.planes.strip('()')}"
