"""The materials domain at its two levels: how a composition or a crystal is read, written, named and drawn."""

from __future__ import annotations

from dataclasses import dataclass

from sekkei.core.types import Problem
from sekkei.materials.codecs.wyckoff import is_symmetric_text, read_symmetric, symmetric_text
from sekkei.materials.crystal import Crystal, cif, parse_cif
from sekkei.materials.draw import cell_svg, composition_svg
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.structures import crystal_key


@dataclass(frozen=True)
class Compositions:
    """Compositions as formulas; use the instance :data:`COMPOSITIONS`."""

    name: str = "materials"
    level: str = "composition"

    def parse(self, text: str) -> Composition | Problem:
        """Read a formula; see :func:`sekkei.materials.formula.parse_formula`."""
        return parse_formula(text)

    def text(self, item: Composition) -> str:
        """The reduced formula in whole numbers, elements in order of electronegativity."""
        return item.formula

    def key(self, item: Composition) -> str:
        """The reduced formula again: it is the same for all spellings and multiples of a composition."""
        return item.formula

    def picture(self, item: Composition) -> str:
        """An SVG drawing; see :func:`sekkei.materials.draw.composition_svg`."""
        return composition_svg(item)


@dataclass(frozen=True)
class Crystals:
    """Ordered crystal structures as CIF; use the instance :data:`CRYSTALS`."""

    name: str = "materials"
    level: str = "crystal"

    def parse(self, text: str) -> Crystal | Problem:
        """Read a CIF, or the line of :mod:`sekkei.materials.codecs.wyckoff` that generators write."""
        if not is_symmetric_text(text):
            return parse_cif(text)
        found = read_symmetric(text)
        return found if isinstance(found, Problem) else found.crystal()

    def text(self, item: Crystal) -> str:
        """A CIF that lists every atom of the cell."""
        return cif(item)

    def key(self, item: Crystal) -> str:
        """Formula and a hash of interatomic distances; see :func:`sekkei.materials.structures.crystal_key`."""
        return crystal_key(item)

    def picture(self, item: Crystal) -> str:
        """An SVG drawing; see :func:`sekkei.materials.draw.cell_svg`."""
        return cell_svg(item)


@dataclass(frozen=True)
class Lines:
    """Crystals whose text is a line of their symmetry; use the instance :data:`LINES`."""

    name: str = "materials"
    level: str = "crystal"

    def parse(self, text: str) -> Crystal | Problem:
        """As :meth:`Crystals.parse`."""
        return CRYSTALS.parse(text)

    def text(self, item: Crystal) -> str:
        """The line of the symmetry that is found; a CIF where none is."""
        found = symmetric_text(item)
        return cif(item) if isinstance(found, Problem) else found

    def key(self, item: Crystal) -> str:
        """As :meth:`Crystals.key`."""
        return crystal_key(item)

    def picture(self, item: Crystal) -> str:
        """As :meth:`Crystals.picture`."""
        return cell_svg(item)


COMPOSITIONS = Compositions()
"""The domain of compositions."""

CRYSTALS = Crystals()
"""The domain of crystals."""

LINES = Lines()
"""The domain of crystals as generators write them."""
