"""Known structures with other elements on their sites: prototypes, and a cell that fits.

The AFLOW library (Mehl et al., Comput. Mater. Sci. 136, S1, 2017) lies in pymatgen; structures of a
user's own files do as well.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from ase.data import covalent_radii

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.formula import NUMBERS, SYMBOLS
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.structures import MATCHERS
from sekkei.materials.symmetry.groups import LENGTHS, space_group
from sekkei.materials.symmetry.occupation import occupation
from sekkei.materials.symmetry.sites import LENGTH_STEP, LONGEST, SymmetricCrystal, take_apart

_MOST_OWN = 10_000  # structures of a user; each takes some 10 ms
_SEEN = 6.0  # Angstrom; contacts longer than this set no volume


@dataclass(frozen=True)
class Prototype:
    """A structure whose elements can be exchanged.

    Attributes:
        name: its label, such as ``A2B_tP6_136_f_a``, or the name of a user's structure.
        apart: what its symmetry leaves free.
        contacts: shortest distance [Angstrom] of each pair of its elements that are neighbours.
    """

    name: str
    apart: SymmetricCrystal
    contacts: tuple[tuple[str, str, float], ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Its elements, in the order of its sites."""
        return tuple(dict.fromkeys(site.symbol for site in self.apart.sites))


def prototype_of(item: Crystal, name: str) -> Prototype | Problem:
    """Make a prototype of a crystal; Problems ``isolated`` and those of taking it apart."""
    apart = take_apart(item)
    if isinstance(apart, Problem):
        return apart
    centres, others, _, distances = item.structure.get_neighbor_list(_SEEN)
    nearest: dict[tuple[str, str], float] = {}
    for a, b, distance in zip(item.numbers[centres], item.numbers[others], distances, strict=True):
        first, second = sorted((SYMBOLS[a - 1], SYMBOLS[b - 1]))
        nearest[first, second] = min(float(distance), nearest.get((first, second), np.inf))
    if not nearest:
        return Problem("isolated", f"no two atoms are nearer than {_SEEN:g} Angstrom")
    return Prototype(name, apart, tuple((a, b, distance) for (a, b), distance in sorted(nearest.items())))


@cache
def aflow_prototypes() -> tuple[Prototype, ...]:
    """The 288 prototypes of AFLOW's library that pymatgen carries, with the elements they were found with."""
    packed = files("pymatgen.analysis") / "prototypes" / "aflow_prototypes.json.gz"
    entries = json.loads(gzip.decompress(packed.read_bytes()))
    made = [prototype_of(_as_crystal(entry["snl"]), entry["tags"]["aflow"]) for entry in entries]
    return tuple(one for one in made if isinstance(one, Prototype))


def prototypes_with(path: Path | None) -> tuple[tuple[Prototype, ...], list[str]]:
    """AFLOW's prototypes, and behind them those of a user's structures whose type is not among them.

    Of two structures of one type, whatever their elements, the first counts: the same space group and occupied
    positions, and alike by pymatgen's ``StructureMatcher.fit_anonymous`` with its defaults.

    Args:
        path: what :func:`sekkei.materials.structure_files.read_crystals` reads; None for AFLOW's alone.

    Returns:
        The prototypes, and what the user should know of the file: how many types it adds, what cannot be used and why.

    Raises:
        UserError: the file is missing or unreadable, holds no usable structure, or more than 10,000.
    """
    found = list(aflow_prototypes())
    if path is None:
        return tuple(found), []
    lines = list(islice(read_crystals(path), _MOST_OWN + 1))
    if len(lines) > _MOST_OWN:
        raise UserError(f"holds more than {_MOST_OWN:,} structures", str(path), "name fewer as prototypes")
    seen: dict[tuple[int, str], list[_Typed]] = {}
    for one in found:
        seen.setdefault(_sort(one), []).append(_Typed(one))
    added, failed = 0, []
    for line in lines:
        made = prototype_of(line.item, line.name) if line.item else line.problem
        if isinstance(made, Prototype):
            typed, alike = _Typed(made), seen.setdefault(_sort(made), [])
            if not any(typed.same_type(other) for other in alike):
                alike.append(typed)
                found.append(made)
                added += 1
        elif made is not None:
            failed.append(f"{line.name}: {made.message}")
    if len(failed) == len(lines):
        raise UserError(f"holds no structure to start from: {failed[0]}", str(path), "give ordered crystals")
    return tuple(found), _told(path, added, len(lines) - added - len(failed), failed)


def substituted(prototype: Prototype, exchange: Mapping[str, str]) -> SymmetricCrystal | Problem:
    """The prototype with other elements, its cell scaled so that they touch as the old ones did.

    The shortest contact, in sums of covalent radii (Cordero et al., Dalton Trans. 2832, 2008), stays what it was.

    Args:
        prototype: the structure.
        exchange: new symbol by old one; elements that are not named stay.

    Returns:
        The new crystal, or a Problem ``element`` (two elements became one, or one has no radius) or ``too_large``.
    """
    new = {symbol: exchange.get(symbol, symbol) for symbol in prototype.symbols}
    if len(set(new.values())) < len(new):
        return Problem("element", "two elements were exchanged for the same one")
    if unknown := [symbol for symbol in new.values() if _radius(symbol) is None]:
        return Problem("element", f"there is no covalent radius of {', '.join(unknown)}")
    scale = _tightest(prototype, {symbol: symbol for symbol in new}) / _tightest(prototype, new)
    names = space_group(prototype.apart.group).free_cell
    cell = tuple(
        round(steps * scale) if name in LENGTHS else steps
        for name, steps in zip(names, prototype.apart.cell, strict=True)
    )
    lengths = [steps * LENGTH_STEP for name, steps in zip(names, cell, strict=True) if name in LENGTHS]
    if not 1.0 <= min(lengths) <= max(lengths) < LONGEST:
        return Problem("too_large", f"a cell edge would be outside 1 to {LONGEST:g} Angstrom")
    sites = (replace(site, symbol=new[site.symbol]) for site in prototype.apart.sites)
    return SymmetricCrystal(prototype.apart.group, cell, tuple(sorted(sites, key=lambda site: site.order)))


@dataclass(frozen=True)
class _Typed:
    """A prototype with what tells its type, worked out where it is asked for."""

    prototype: Prototype

    @cached_property
    def item(self) -> Crystal | Problem:
        return self.prototype.apart.crystal()

    @cached_property
    def type(self) -> str:
        found = self.item if isinstance(self.item, Problem) else occupation(self.item)
        return "" if isinstance(found, Problem) else found.type

    def same_type(self, other: _Typed) -> bool:
        if isinstance(self.item, Problem) or isinstance(other.item, Problem) or self.type != other.type:
            return False
        matcher = MATCHERS["default"].matcher()
        return bool(matcher.fit_anonymous(self.item.structure, other.item.structure))


def _sort(prototype: Prototype) -> tuple[int, str]:
    return prototype.apart.group, prototype.apart.composition.anonymous


def _told(path: Path, added: int, repeated: int, failed: list[str]) -> list[str]:
    words = [f"{path.name} adds {added} prototypes to AFLOW's; {repeated} are of a type that is there already"]
    if failed:
        words.append(f"{len(failed)} structures of {path.name} are no prototypes, the first {failed[0]}")
    return words


def _tightest(prototype: Prototype, new: Mapping[str, str]) -> float:
    """The shortest contact of the structure in sums of the radii of the new elements."""
    return min(
        distance / ((_radius(new[a]) or np.inf) + (_radius(new[b]) or np.inf)) for a, b, distance in prototype.contacts
    )


def _radius(symbol: str) -> float | None:
    """Covalent radius [Angstrom]; ASE's table marks what it lacks by 0.2."""
    number = NUMBERS[symbol]
    radius = float(covalent_radii[number]) if number < len(covalent_radii) else 0.2
    return radius if radius > 0.25 else None


def _as_crystal(record: Mapping[str, Any]) -> Crystal:
    """A structure as pymatgen writes it to JSON."""
    sites = record["sites"]
    numbers = [NUMBERS[site["species"][0]["element"]] for site in sites]
    made = crystal(record["lattice"]["matrix"], numbers, [site["abc"] for site in sites])
    if isinstance(made, Problem):
        raise TypeError(made.message)
    return made
