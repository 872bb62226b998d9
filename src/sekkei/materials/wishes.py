"""Hard constraints on a crystal: those on its composition, a whole composition, and space groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.balance import NONE
from sekkei.materials.codecs import composition as formulas
from sekkei.materials.codecs.wyckoff import LARGEST
from sekkei.materials.constraints import Constraints
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.symmetry.sites import SymmetricCrystal

_FREE = Constraints()


@dataclass(frozen=True)
class CrystalWishes:
    """What every crystal must keep to. Each is a mask on what may be written next, except for charge balance.

    Attributes:
        constraints: elements, chemical system, most elements and profile of charge balance. Formula types and the rest
            are no masks here.
        formula: the composition it must have; any where empty.
        groups: space groups that are allowed; all where empty.
        most_atoms: largest primitive cell.
    """

    constraints: Constraints = _FREE
    formula: str = ""
    groups: tuple[int, ...] = ()
    most_atoms: int = LARGEST

    @cached_property
    def composition(self) -> Composition | None:
        """The composition that is asked for.

        Raises:
            UserError: it cannot be read.
        """
        if not self.formula:
            return None
        item = parse_formula(self.formula)
        if isinstance(item, Problem):
            raise UserError(item.message, f"composition '{self.formula[:40]}'")
        return item

    @property
    def required(self) -> tuple[str, ...]:
        """Elements that must occur."""
        return self.composition.symbols if self.composition else self.constraints.required

    @property
    def only(self) -> bool:
        """Whether exactly the required elements must occur, in any proportions."""
        return not self.formula and bool(self.required) and set(self.required) == set(self.constraints.allowed)

    @property
    def masks(self) -> CrystalWishes:
        """Only what masks can keep: without formula types, fewest elements, sizes of formulas and charges."""
        kept = replace(self.constraints, pattern="", min_elements=1, max_atoms=formulas.LARGEST, profile=NONE)
        return replace(self, constraints=kept)

    def check(self) -> None:
        """Read every part, and refuse what contradicts itself or is no mask for crystals.

        Raises:
            UserError: as it says.
        """
        wanted = self.constraints
        wanted.check()
        if wanted.pattern or (wanted.min_elements, wanted.max_atoms) != (1, formulas.LARGEST):
            what = "formula types, fewest elements and sizes of formulas are no masks for crystals"
            raise UserError(what, "constraints", "name a composition, a system or elements")
        if not 1 <= self.most_atoms <= LARGEST:
            raise UserError(f"{self.most_atoms} is outside 1 to {LARGEST}", "max_atoms")
        if strange := [number for number in self.groups if not 1 <= number <= 230]:
            raise UserError(f"there is no space group {strange[0]}", "spacegroup", "1 to 230")
        item = self.composition
        loose = replace(wanted, profile=NONE)
        if item and (fault := loose.broken(item)):
            what = f"{fault}, which the other constraints exclude or no crystal is written with"
            raise UserError(what, f"composition '{self.formula[:40]}'")
        if item and item.atoms > self.most_atoms:
            what = f"has {item.atoms} atoms, more than {self.most_atoms}"
            raise UserError(what, f"composition '{self.formula[:40]}'")

    def broken(self, item: SymmetricCrystal) -> str:
        """The first wish that a crystal breaks, charge balance aside, in words, or nothing."""
        made = item.composition
        if self.composition and made != self.composition:
            return f"is {made.formula}"
        if self.groups and item.group not in self.groups:
            return f"has space group {item.group}"
        if item.atoms > self.most_atoms:
            return f"has {item.atoms} atoms in the primitive cell"
        return replace(self.constraints, profile=NONE).broken(made)

    def words(self) -> list[str]:
        """The wishes as phrases for a report."""
        phrases = [f"the composition {self.composition.formula}"] if self.composition else []
        if self.groups:
            phrases.append(f"space group {' or '.join(map(str, self.groups))}")
        if self.most_atoms < LARGEST:
            phrases.append(f"at most {self.most_atoms} atoms in the primitive cell")
        return [*phrases, *self.constraints.words()]
