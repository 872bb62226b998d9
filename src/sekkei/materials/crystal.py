"""A crystal structure as three arrays, and its way from and to pymatgen, CIF and POSCAR.

Networks and symmetry finders take the arrays as they are; pymatgen is asked where its knowledge is needed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure
from pymatgen.io.cif import CifFile, CifParser, CifWriter
from pymatgen.io.vasp.inputs import Poscar

from sekkei.core.types import Floats, Problem
from sekkei.materials.formula import MASS, SYMBOLS, Composition, composition

MAX_SITES = 500
"""Largest cell that is read [atoms]."""

MAX_TEXT = 1_000_000
"""Longest CIF or POSCAR that is read [characters]."""

MAX_EDGE = 1000.0
"""Longest cell edge that is read [Angstrom]."""

_FLAT = 1e-3
_CLOSEST = 0.5  # Angstrom
_CLOSEST_IMAGE = 0.7  # Angstrom
_MOST_IMAGES = 5000
_MOST_OPERATIONS = 192  # of a space group in its conventional cell
_GRAM_PER_CM3 = 1.66053906660  # 1 Da per cubic Angstrom (CODATA 2018)

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Crystal:
    """An ordered crystal; make one with :func:`crystal`, which checks it.

    Attributes:
        lattice: (3, 3) cell vectors as rows [Angstrom], read-only as all three are.
        numbers: (n,) atomic numbers.
        positions: (n, 3) fractional coordinates, any real numbers.
    """

    lattice: Floats = field(repr=False)
    numbers: Integers
    positions: Floats = field(repr=False)

    def __len__(self) -> int:
        """Atoms in the cell."""
        return len(self.numbers)

    @cached_property
    def composition(self) -> Composition:
        """Its elements and their proportions."""
        found, counts = np.unique(self.numbers, return_counts=True)
        made = composition({SYMBOLS[number - 1]: int(count) for number, count in zip(found, counts, strict=True)})
        if isinstance(made, Problem):
            raise TypeError(made.message)
        return made

    @property
    def volume(self) -> float:
        """Volume of the cell [Angstrom^3]."""
        return float(abs(np.linalg.det(self.lattice)))

    @property
    def density(self) -> float:
        """Mass density [g/cm^3]."""
        return float(sum(MASS[SYMBOLS[number - 1]] for number in self.numbers) / self.volume * _GRAM_PER_CM3)

    @cached_property
    def structure(self) -> Structure:
        """The same as a pymatgen ``Structure``, made once; treat it as read-only."""
        symbols = [SYMBOLS[number - 1] for number in self.numbers]
        return Structure(Lattice(self.lattice), symbols, self.positions)

    @cached_property
    def distances(self) -> Floats:
        """(n, n) shortest distances between atoms and images of others [Angstrom]; 0 on the diagonal."""
        shortest = Lattice(self.lattice).get_all_distances(self.positions, self.positions)
        return np.asarray(shortest, dtype=np.float64)

    @cached_property
    def collapsed(self) -> bool:
        """Whether atoms are less than 0.5 Angstrom apart, or an atom less than 0.7 Angstrom from its own image.

        No real crystal comes near (the bond of H2 is 0.74); a search for its reduced cell need not end.
        """
        image = min(Lattice(self.lattice).get_lll_reduced_lattice().abc)
        others = self.distances[~np.eye(len(self), dtype=np.bool_)]
        return bool(image < _CLOSEST_IMAGE or others.min(initial=np.inf) < _CLOSEST)


def crystal(lattice: ArrayLike, numbers: ArrayLike, positions: ArrayLike) -> Crystal | Problem:
    """Check and copy the arrays of a crystal.

    Args:
        lattice: (3, 3) cell vectors as rows [Angstrom].
        numbers: (n,) atomic numbers.
        positions: (n, 3) fractional coordinates.

    Returns:
        The crystal, or a Problem ``empty``, ``too_large``, ``shape``, ``element``, ``not_finite`` or ``flat_cell``.
    """
    try:
        cell, at = np.array(lattice, dtype=np.float64), np.array(positions, dtype=np.float64)
        kinds = np.array(numbers, dtype=np.int64)
    except (TypeError, ValueError, OverflowError):
        return Problem("shape", "lattice, atomic numbers and positions must be numbers")
    if (problem := _misshapen(cell, kinds, at) or _impossible(cell, kinds, at)) is not None:
        return problem
    for array in (cell, kinds, at):
        array.flags.writeable = False
    return Crystal(cell, kinds, at)


def _misshapen(cell: Floats, kinds: Integers, at: Floats) -> Problem | None:
    if kinds.size == 0:
        return Problem("empty", "the cell holds no atoms")
    if kinds.ndim != 1 or cell.shape != (3, 3) or at.shape != (len(kinds), 3):
        return Problem("shape", f"a lattice of {cell.shape} and positions of {at.shape} for {kinds.size} atoms")
    if len(kinds) > MAX_SITES:
        return Problem("too_large", f"{len(kinds)} atoms in the cell are more than {MAX_SITES}")
    return None


def _impossible(cell: Floats, kinds: Integers, at: Floats) -> Problem | None:
    if not 1 <= kinds.min() <= kinds.max() <= len(SYMBOLS):
        return Problem("element", f"an atomic number is outside 1 to {len(SYMBOLS)}")
    if not (np.isfinite(cell).all() and np.isfinite(at).all()):
        return Problem("not_finite", "the lattice or a position is infinite or not a number")
    if np.linalg.norm(cell, axis=1).max() > MAX_EDGE:
        return Problem("too_large", f"a cell edge is longer than {MAX_EDGE:g} Angstrom")
    if abs(np.linalg.det(cell)) < _FLAT:
        return Problem("flat_cell", f"the cell has a volume below {_FLAT:g} cubic Angstrom")
    return None


def from_parameters(
    lengths: Sequence[float], angles: Sequence[float], numbers: ArrayLike, positions: ArrayLike
) -> Crystal | Problem:
    """A crystal from cell lengths [Angstrom] and angles [deg], a along x and b in the xy plane; see :func:`crystal`."""
    alpha, beta, gamma = (math.radians(angle) for angle in angles)
    a, b, c = lengths
    if not all(map(math.isfinite, (*lengths, *angles))) or abs(math.sin(gamma)) < 1e-6 or min(lengths) <= 0:
        return Problem("flat_cell", f"no cell has lengths {tuple(lengths)} and angles {tuple(angles)}")
    x = math.cos(beta)
    y = (math.cos(alpha) - math.cos(beta) * math.cos(gamma)) / math.sin(gamma)
    if (height := 1.0 - x * x - y * y) <= 0:
        return Problem("flat_cell", f"no cell has the angles {tuple(angles)}")
    rows = [
        [a, 0.0, 0.0],
        [b * math.cos(gamma), b * math.sin(gamma), 0.0],
        [c * x, c * y, c * math.sqrt(height)],
    ]
    return crystal(rows, numbers, positions)


def from_structure(structure: Structure) -> Crystal | Problem:
    """A crystal from a pymatgen ``Structure``; oxidation states are dropped, partial occupancy is a Problem."""
    if not structure.is_ordered:
        return Problem("disorder", "a site is partly occupied or shared between elements")
    if any(not hasattr(site.specie, "Z") or site.specie.Z < 1 for site in structure):
        return Problem("element", "a site holds no element")
    return crystal(structure.lattice.matrix, [site.specie.Z for site in structure], structure.frac_coords)


def parse_structure(raw: Mapping[str, Any]) -> Crystal | Problem:
    """Read what ``pymatgen.core.Structure.as_dict`` wrote; Problems ``too_large``, ``syntax`` or of :func:`crystal`."""
    if not (isinstance(raw.get("sites"), list) and isinstance(raw.get("lattice"), dict)):
        return Problem("syntax", "a structure needs a lattice and sites")
    if len(raw["sites"]) > _MOST_IMAGES:
        return Problem("too_large", f"it lists more than {_MOST_IMAGES} atoms")
    try:
        return from_structure(Structure.from_dict(dict(raw)))
    except Exception as error:  # noqa: BLE001 - pymatgen raises whatever a broken object leads it to
        return Problem("syntax", f"it is no structure of pymatgen: {_first_line(error)}")


def parse_cif(text: str) -> Crystal | Problem:
    """Read the first structure of a CIF, all atoms of its cell.

    Returns:
        The crystal, or a Problem ``empty``, ``too_large``, ``syntax``, ``disorder`` or one of :func:`crystal`.
    """
    if (problem := _not_to_be_read(text)) is not None:
        return problem
    if "_atom_site_" not in text:
        return Problem("syntax", "a CIF needs a list of atoms (_atom_site_...)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if _images(text) > _MOST_IMAGES:
                return Problem("too_large", f"symmetry makes more than {_MOST_IMAGES} positions of the atoms listed")
            found = CifParser.from_str(text).parse_structures(primitive=False, check_occu=False, on_error="ignore")
        except Exception as error:  # noqa: BLE001 - the parser raises whatever a broken file leads it to
            return Problem("syntax", f"it is no readable CIF: {_first_line(error)}")
    return from_structure(found[0]) if found else Problem("syntax", "the CIF holds no complete structure")


def parse_poscar(text: str) -> Crystal | Problem:
    """Read a POSCAR or CONTCAR of VASP 5 or later, which names its elements; Problems as in :func:`parse_cif`."""
    if (problem := _not_to_be_read(text)) is not None:
        return problem
    counts = [word for line in text.splitlines()[5:7] for word in line.split() if word.isdecimal()]
    if any(len(word) > 6 or int(word) > MAX_SITES for word in counts):  # the parser would make room for them all
        return Problem("too_large", f"the POSCAR announces more than {MAX_SITES} atoms of an element")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # a file without element names would be filled with guesses
        try:
            return from_structure(Poscar.from_str(text).structure)
        except Exception as error:  # noqa: BLE001 - the parser raises whatever a broken file leads it to
            return Problem("syntax", f"it is no readable POSCAR: {_first_line(error)}")


def cif(item: Crystal, symprec: float | None = None) -> str:
    """The crystal as CIF.

    Args:
        item: the crystal.
        symprec: tolerance [Angstrom] with which symmetry is looked for and used; None writes every atom (P1), as is
            done of atoms on top of each other, which have none.
    """
    if symprec is not None and item.collapsed:
        symprec = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pymatgen's use of spglib
        return str(CifWriter(item.structure, symprec=symprec, significant_figures=8))


def poscar(item: Crystal, title: str) -> str:
    """The crystal as POSCAR of VASP 5, atoms of an element together.

    Args:
        item: the crystal.
        title: its first line.
    """
    order = np.argsort(item.numbers, kind="stable")
    structure = Structure.from_sites([item.structure[int(row)] for row in order])
    return str(Poscar(structure, comment=title).get_str(significant_figures=10))


def _images(text: str) -> int:
    """Atoms listed in a CIF times symmetry operations, an upper bound; pymatgen's time grows with its square."""
    blocks = list(CifFile.from_str(text).data.values())
    rows = [len(block.data.get("_atom_site_fract_x", "")) for block in blocks]
    if sum(rows) * _MOST_OPERATIONS <= _MOST_IMAGES:
        return sum(rows) * _MOST_OPERATIONS
    parser = CifParser.from_str(text)
    return sum(count * len(parser.get_symops(block)) for count, block in zip(rows, blocks, strict=True) if count)


def _not_to_be_read(text: str) -> Problem | None:
    if not text.strip():
        return Problem("empty", "there is no structure")
    if len(text) > MAX_TEXT:
        return Problem("too_large", f"the text has {len(text)} characters, more than {MAX_TEXT}")
    return None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
