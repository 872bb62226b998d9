"""Lines that a generator wrote, each with what became of it: a sound crystal, or the reason why it is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from sekkei.core.types import Draw, Problem
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import Crystal
from sekkei.materials.extxyz import Fact
from sekkei.materials.geometry import DELIVERED, check_geometry
from sekkei.materials.structures import Symmetry, crystal_key, symmetry
from sekkei.materials.symmetry.sites import SymmetricCrystal
from sekkei.materials.wishes import CrystalWishes


@dataclass(frozen=True)
class CrystalRow:
    """One attempt.

    Attributes:
        index: its number in the stream of (model, seed).
        text: the line.
        apart: the line read; None where it is none.
        item: the crystal; None where there is none.
        key: its identity, empty where there is none.
        problem: why it is not sound: one of reading, ``broken`` wish, ``close_atoms``, ``volume``, ``cell``,
            ``density``, ``charges``, ``element`` or ``higher_symmetry``.
    """

    index: int
    text: str
    apart: SymmetricCrystal | None = None
    item: Crystal | None = None
    key: str = ""
    problem: Problem | None = None

    @cached_property
    def group(self) -> int:
        """Number of the space group that its atoms have, which may be more than the line asks for; 0 for none."""
        if self.apart is None:
            return 0
        found = symmetry(self.item) if self.item else None
        return found.number if isinstance(found, Symmetry) else self.apart.group

    @property
    def name(self) -> str:
        """Formula, space group and number, such as ``TiO2-136-7``."""
        return f"{self.apart.composition.formula if self.apart else 'none'}-{self.group}-{self.index}"

    def facts(self) -> dict[str, Fact]:
        """What a table or the comment of a frame says of it."""
        apart, item = self.apart, self.item
        return {
            "name": self.name,
            "formula": apart.composition.formula if apart else "",
            "spacegroup": self.group or "",
            "atoms": len(item) if item else "",
            "density": round(item.density, 3) if item else "",
            "line": self.text,
            "attempt": self.index,
            "problem": f"{self.problem.kind}: {self.problem.message}" if self.problem else "",
        }


def examine(draw: Draw, wishes: CrystalWishes) -> CrystalRow:
    """Read an attempt and look at what no mask has kept: distances and charges, by the profile of the wishes."""
    apart = read_symmetric(draw.text)
    if isinstance(apart, Problem):
        return CrystalRow(draw.index, draw.text, problem=apart)
    item = apart.crystal()
    if isinstance(item, Problem):
        return CrystalRow(draw.index, draw.text, apart, problem=item)
    row = CrystalRow(draw.index, draw.text, apart, item, crystal_key(item), next(_problems(apart, item, wishes), None))
    if wishes.groups and not row.problem and row.group not in wishes.groups:
        return replace(row, problem=Problem("higher_symmetry", f"its atoms lie as in space group {row.group}"))
    return row


def _problems(apart: SymmetricCrystal, item: Crystal, wishes: CrystalWishes) -> Iterator[Problem]:
    if fault := wishes.broken(apart):
        yield Problem("broken", f"it {fault}")
    if found := check_geometry(item, DELIVERED):
        yield found
    if item.collapsed:
        yield Problem("close_atoms", "an atom is less than 0.7 Angstrom from its own image")
    if why := wishes.constraints.unbalanced(item.composition):
        yield Problem("charges", why)
