"""The convex hull of energies: how far a material is from the mixture of known ones it would decompose into.

Energies of candidates and references have to be in one frame: the same functional, corrections and elements'
references. Where a reference is missing the hull is too high there, and a candidate looks better than it is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import combinations

from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
from pymatgen.core.composition import Composition as PymatgenComposition
from pymatgen.core.periodic_table import Element

from sekkei.core.types import Measure, Problem
from sekkei.materials.formula import Composition, composition, parse_formula

E_ABOVE_HULL = Measure(
    "e_above_hull",
    "eV/atom",
    "energy above hull",
    tolerance=0.025,
    source="pymatgen's PhaseDiagram (Ong et al., Chem. Mater. 20, 1798, 2008)",
)
"""Energy less that of the hull of the references at the same composition; negative where a material lowers the hull."""

MOST_ELEMENTS = 9
"""Most elements of a system whose hull is built; nine take about ten seconds."""

_KEPT = 64  # diagrams
_TINY = 1e-6  # share of the atoms
_SAME = 1e-8  # eV/atom


@dataclass(frozen=True)
class Entry:
    """The energy of one material.

    Attributes:
        item: its composition.
        energy: its energy [eV/atom], in the frame of all others.
    """

    item: Composition
    energy: float


@dataclass(frozen=True)
class Placement:
    """Where a material lies.

    Attributes:
        e_above_hull: its energy less that of the hull [eV/atom]; negative where it lowers the hull.
        products: (reduced formula, formula units made from one of its own), the largest share of atoms first.
        competitors: references made of its elements only.
    """

    e_above_hull: float
    products: tuple[tuple[str, float], ...]
    competitors: int

    @property
    def text(self) -> str:
        """The products as a chemist writes them, such as ``0.5 Li2O + 0.5 Fe2O3``."""
        return " + ".join(f"{_amount(units)}{formula}" for formula, units in self.products)


@dataclass(frozen=True)
class Phase:
    """A reference as a point of its chemical system.

    Attributes:
        formula: its reduced formula.
        shares: atomic fractions in the order of the system's elements.
        energy: formation energy from the elements among the references [eV/atom].
        above: energy above the hull [eV/atom], 0 on it.
    """

    formula: str
    shares: tuple[float, ...]
    energy: float
    above: float


@dataclass(frozen=True)
class System:
    """The references of one chemical system.

    Attributes:
        symbols: its elements.
        phases: the references made of them.
        ties: pairs of places in ``phases`` that the hull joins.
        elements: energy of each element [eV/atom], from which formation energies are counted.
    """

    symbols: tuple[str, ...]
    phases: tuple[Phase, ...]
    ties: tuple[tuple[int, int], ...]
    elements: tuple[float, ...]

    def formation(self, item: Composition, energy: float) -> float:
        """Formation energy [eV/atom] of a material of this system from its energy in the frame of the references."""
        amounts = dict(item.amounts)
        whole = sum(amounts.get(symbol, 0) * one for symbol, one in zip(self.symbols, self.elements, strict=True))
        return energy - whole / item.atoms


def _amount(units: float) -> str:
    shown = f"{units:.4g}"
    return "" if shown == "1" else f"{shown} "


class Hull:
    """The lowest known energy of each formula, and the hulls of the chemical systems asked for."""

    def __init__(self, entries: Iterable[Entry], *, elements_at_zero: bool = False) -> None:
        """Take the references.

        Args:
            entries: the references; of one formula only the lowest counts.
            elements_at_zero: whether energies are formation energies, so that every element is a reference at 0.
        """
        self._at_zero = elements_at_zero
        self._lowest: dict[str, Entry] = {}
        for entry in entries:
            known = self._lowest.get(entry.item.formula)
            if known is None or entry.energy < known.energy:
                self._lowest[entry.item.formula] = entry
        self._systems: dict[str, list[Entry]] = defaultdict(list)
        for entry in self._lowest.values():
            self._systems[entry.item.system].append(entry)
        self._diagrams: dict[tuple[str, str], PhaseDiagram] = {}

    def __getstate__(self) -> dict[str, object]:
        """What goes to another process: the references; diagrams are built where they are asked for."""
        return {**self.__dict__, "_diagrams": {}}

    def __len__(self) -> int:
        """Formulas among the references."""
        return len(self._lowest)

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change with any reference."""
        lines = sorted(f"{formula} {entry.energy:.6f}" for formula, entry in self._lowest.items())
        return sha256("\n".join([str(self._at_zero), *lines]).encode()).hexdigest()[:12]

    def lowest(self, item: Composition) -> float | None:
        """The lowest energy [eV/atom] of that formula among the references, None where it is not among them."""
        entry = self._lowest.get(item.formula)
        return entry.energy if entry else None

    def place(self, item: Composition, energy: float, *, against_others: bool = False) -> Placement | Problem:
        """Place one material on the hull of the references.

        Args:
            item: its composition.
            energy: its energy [eV/atom], in the frame of the references.
            against_others: leave references of the same formula out, so that a known ground state gets the negative
                decomposition energy of Bartel et al., npj Comput. Mater. 6, 97 (2020).

        Returns:
            Its place, or a Problem ``not_finite``, ``too_large``, ``no_reference`` or ``hull``.
        """
        if not math.isfinite(energy):
            return Problem("not_finite", "the material has no energy")
        if len(item.symbols) > MOST_ELEMENTS:
            return Problem("too_large", f"hulls of more than {MOST_ELEMENTS} elements are not built")
        missing = [symbol for symbol in item.symbols if not self._at_zero and symbol not in self._lowest]
        if missing:
            return Problem("no_reference", f"the references lack the element {', '.join(missing)}")
        if len(item.symbols) == 1 and against_others:
            return Problem("no_reference", "an element has nothing to decompose into")
        diagram = self._diagram(item.system, item.formula if against_others else "")
        return _placed(diagram, item, energy, len(self._within(item.system)))

    def system(self, item: Composition) -> System | Problem:
        """The references made of a material's elements, and which the hull joins; Problems as of :meth:`place`."""
        placed = self.place(item, 0.0)
        return placed if isinstance(placed, Problem) else _system(self._diagram(item.system, ""), item.symbols)

    def _diagram(self, system: str, without: str) -> PhaseDiagram:
        key = (system, without)
        diagram = self._diagrams.get(key)
        if diagram is None:
            if len(self._diagrams) >= _KEPT:
                oldest = next(iter(tuple(self._diagrams)))
                self._diagrams.pop(oldest, None)  # another thread of a worker may have been quicker
            entries = [entry for entry in self._within(system) if entry.item.formula != without]
            made = [PDEntry(PymatgenComposition(dict(e.item.amounts)), e.energy * e.item.atoms) for e in entries]
            if self._at_zero:
                made += [PDEntry(PymatgenComposition(symbol), 0.0) for symbol in system.split("-")]
            diagram = self._diagrams[key] = PhaseDiagram(made)
        return diagram

    def _within(self, system: str) -> list[Entry]:
        """The references made of these elements only."""
        symbols = system.split("-")
        parts = ("-".join(part) for size in range(1, len(symbols) + 1) for part in combinations(symbols, size))
        return [entry for part in parts for entry in self._systems.get(part, ())]


def hull_of(formulas: Sequence[str], energies: Sequence[float], *, elements_at_zero: bool = False) -> Hull:
    """A hull of formulas and their energies [eV/atom]; what is no formula or has no energy is left out.

    Args:
        formulas: n formulas of references.
        energies: n energies.
        elements_at_zero: whether these are formation energies.
    """
    pairs = ((parse_formula(text), float(energy)) for text, energy in zip(formulas, energies, strict=True))
    sound = (Entry(item, energy) for item, energy in pairs if isinstance(item, Composition) and math.isfinite(energy))
    return Hull(sound, elements_at_zero=elements_at_zero)


def place_all(
    hull: Hull, formulas: Sequence[str], energies: Sequence[float], *, against_others: bool = False
) -> list[Placement | Problem]:
    """Place materials given as formulas with energies [eV/atom]; row i of the answer belongs to row i."""
    answers: list[Placement | Problem] = []
    for text, energy in zip(formulas, energies, strict=True):
        item = parse_formula(text)
        answers.append(
            item if isinstance(item, Problem) else hull.place(item, float(energy), against_others=against_others)
        )
    return answers


def _placed(diagram: PhaseDiagram, item: Composition, energy: float, competitors: int) -> Placement | Problem:
    entry = PDEntry(PymatgenComposition(dict(item.amounts)), energy * item.atoms)
    try:
        found, above = diagram.get_decomp_and_e_above_hull(entry, allow_negative=True, check_stable=False)
    except ValueError:
        found, above = None, None
    if found is None or above is None:
        return Problem("hull", f"rounding has left {item.formula} outside every facet of the hull")
    shares = sorted(found.items(), key=lambda part: (-round(float(part[1]), 6), part[0].composition.reduced_formula))
    products = tuple(_units(entry.composition, share, item.atoms) for entry, share in shares if share > _TINY)
    return Placement(0.0 if abs(above) < _SAME else float(above), products, competitors)


def _system(diagram: PhaseDiagram, symbols: tuple[str, ...]) -> System:
    entries = [*diagram.stable_entries, *diagram.unstable_entries]
    places = {id(entry): place for place, entry in enumerate(entries)}
    phases = tuple(
        Phase(
            _units(entry.composition, 0.0, 1)[0],
            tuple(float(entry.composition.get_atomic_fraction(symbol)) for symbol in symbols),
            float(diagram.get_form_energy_per_atom(entry)),
            0.0 if entry in diagram.stable_entries else float(diagram.get_e_above_hull(entry) or 0.0),
        )
        for entry in entries
    )
    corners = [[places[id(diagram.qhull_entries[corner])] for corner in facet] for facet in diagram.facets]
    ties = {(min(pair), max(pair)) for facet in corners for pair in combinations(facet, 2)}
    elements = tuple(float(diagram.el_refs[Element(symbol)].energy_per_atom) for symbol in symbols)
    return System(symbols, phases, tuple(sorted(ties)), elements)


def _units(product: PymatgenComposition, share: float, atoms: int) -> tuple[str, float]:
    """Share of the atoms of a product -> its reduced formula and formula units per formula unit of the parent."""
    made = composition({str(element): round(amount) for element, amount in product.items()})
    if isinstance(made, Problem):
        raise TypeError(made.message)
    return made.formula, float(share) * atoms / made.atoms
