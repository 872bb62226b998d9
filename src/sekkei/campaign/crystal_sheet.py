"""What an experimenter takes to the bench for a crystal: its powder pattern, its place on the hull, how to make it."""

from __future__ import annotations

from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import Composition
from sekkei.materials.hull import Hull
from sekkei.materials.powder import RANGE, SOURCE, Peak, powder_pattern
from sekkei.materials.precursors import route
from sekkei.report.crystal_plots import Spot, hull_svg, powder_svg

Figures = tuple[tuple[str, str], ...]


def figures(item: Crystal, energy: float, hull: Hull | None) -> Figures:
    """Captions and drawings: the powder pattern, and the hull of the chemical system.

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
    if hull and len(made.symbols) > 1:
        found += _hull_chart(made, energy, hull)
    return tuple(found)


def _hull_chart(made: Composition, energy: float, hull: Hull) -> list[tuple[str, str]]:
    """Caption and drawing; none where the references say nothing of the system."""
    system, place = hull.system(made), hull.place(made, energy)
    if isinstance(system, Problem) or isinstance(place, Problem):
        return []
    amounts = dict(made.amounts)
    shares = [amounts[symbol] / made.atoms for symbol in system.symbols]
    spots = [Spot(one.formula, one.shares, one.energy, one.above) for one in system.phases]
    candidate = Spot(made.formula, shares, system.formation(made, energy), place.e_above_hull)
    drawn = hull_svg(system.symbols, spots, system.ties, candidate)
    return [(f"{'-'.join(system.symbols)}: {len(spots)} known phases; the candidate is the red cross", drawn)]


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
