"""Is a crystal new? Its formula and occupied sites decide, and known crystals of its formula where there are some."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import Composition
from sekkei.materials.novelty import KnownMaterials, Novelty
from sekkei.materials.structures import SYMPREC, MatchSettings, first_matches
from sekkei.materials.symmetry.occupation import Occupation, occupation

NEAR = MatchSettings(0.05, 0.1, 2.0, "a structure after small displacements; a phase of lower symmetry is another")
"""Tolerances with which a crystal of other sites is still the known one: sites are found anew, symmetry may be lost."""

COARSE = 0.2
"""Tolerance [Angstrom] of a second look for the symmetry of a polymorph: a known structure may have lost it."""

AtHand = Callable[[frozenset[str]], Mapping[str, Sequence[Crystal]]]
"""The known crystals of some reduced formulas, by formula."""


def _none(_: frozenset[str]) -> Mapping[str, Sequence[Crystal]]:
    return {}


@dataclass(frozen=True)
class KnownStructures:
    """Known materials, and those crystals among them that are kept.

    Attributes:
        materials: hashes of formulas, types and occupied sites.
        at_hand: gives the crystals themselves; none unless stated.
    """

    materials: KnownMaterials
    at_hand: AtHand = _none

    def classify(self, items: Sequence[Crystal]) -> list[Novelty]:
        """How new each crystal is, see :meth:`sekkei.materials.novelty.KnownMaterials.classify`.

        A crystal whose formula is known with other sites is looked at again with the tolerance :data:`COARSE`, and
        compared with the known crystals of its formula, if they are at hand, by pymatgen's StructureMatcher with the
        tolerances of :data:`NEAR`.
        """
        found = [self._by_sites(item) for item in items]
        unsure = [row for row, novelty in enumerate(found) if novelty.kind == "polymorph"]
        references = self.at_hand(frozenset(items[row].composition.formula for row in unsure))
        matches = first_matches([items[row] for row in unsure], references, NEAR)
        for row, match in zip(unsure, matches, strict=True):
            if match is not None:
                found[row] = Novelty("known")
        return found

    def _by_sites(self, item: Crystal) -> Novelty:
        found = self._with(item, SYMPREC) or self.materials.classify(item.composition)
        if found.kind == "polymorph" and (again := self._with(item, COARSE)) is not None and again.kind == "known":
            return again
        return found

    def _with(self, item: Crystal, symprec: float) -> Novelty | None:
        sites = occupation(item, symprec)
        return None if isinstance(sites, Problem) else self.materials.classify(item.composition, sites.group, sites)


def known_of(items: Iterable[Crystal]) -> KnownStructures:
    """Crystals as a set of known ones that are all at hand."""
    kept: dict[str, list[Crystal]] = defaultdict(list)
    for item in items:
        kept[item.composition.formula].append(item)
    materials = hashes_of(item for several in kept.values() for item in several)
    return KnownStructures(materials, lambda formulas: {name: kept[name] for name in formulas & kept.keys()})


def hashes_of(items: Iterable[Crystal]) -> KnownMaterials:
    """Formulas, types and occupied sites of crystals; one without symmetry counts by its formula."""
    pairs: list[tuple[Composition, int | None]] = []
    sites: list[Occupation] = []
    for item in items:
        found = occupation(item)
        if isinstance(found, Problem):
            pairs.append((item.composition, None))
        else:
            pairs.append((item.composition, found.group))
            sites.append(found)
    return KnownMaterials.build(pairs, sites)
