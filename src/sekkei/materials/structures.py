"""Symmetry, identity and comparison of crystals."""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import spglib
from numpy.typing import NDArray
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core.structure import Structure

from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal

Reduced = Structure | str

SYMPREC = 0.1
"""Tolerance of the symmetry search [Angstrom]; the Materials Project and most generator papers use this one."""

_NEIGHBOURS = 6
_BIN = 0.01  # Angstrom
_OFFSET = 0.00123  # keeps round numbers such as half a cell edge off the borders of the bins
_FIRST_NEIGHBOURS = 40  # expected within the first radius tried
_MOST_PAIRS = 1_000_000  # about a quarter of the neighbours looked at


@dataclass(frozen=True)
class Symmetry:
    """The symmetry of a crystal.

    Attributes:
        number: space group, 1 to 230.
        symbol: its international symbol, such as ``Fm-3m``.
    """

    number: int
    symbol: str


@dataclass(frozen=True)
class MatchSettings:
    """Tolerances of pymatgen's StructureMatcher (Ong et al., Comput. Mater. Sci. 68, 314, 2013).

    Attributes:
        ltol: of lattice lengths, as a fraction.
        stol: of sites, as a fraction of (volume per atom)^(1/3).
        angle_tol: of lattice angles [deg].
        source: who uses these.
    """

    ltol: float = 0.2
    stol: float = 0.3
    angle_tol: float = 5.0
    source: str = "pymatgen's defaults; MatterGen, WyFormer"

    def matcher(self) -> StructureMatcher:
        """The StructureMatcher of these tolerances: primitive cells, volumes scaled."""
        return StructureMatcher(ltol=self.ltol, stol=self.stol, angle_tol=self.angle_tol)


MATCHERS: dict[str, MatchSettings] = {
    "default": MatchSettings(),
    "diffcsp": MatchSettings(0.3, 0.5, 10.0, "match rates of CDVAE and DiffCSP; matbench-genmetrics"),
    "lemat": MatchSettings(0.1, 0.3, 5.0, "LeMat-GenBench"),
}
"""Named tolerances."""


def symmetry(item: Crystal, symprec: float = SYMPREC) -> Symmetry | Problem:
    """Space group by spglib, or a Problem ``symmetry`` where none is found, as for atoms on top of each other.

    Args:
        item: the crystal.
        symprec: tolerance [Angstrom].
    """
    found = symmetry_dataset(item, symprec)
    if isinstance(found, Problem):
        return found
    return Symmetry(int(found.number), str(found.international))


def symmetry_dataset(item: Crystal, symprec: float = SYMPREC) -> spglib.SpglibDataset | Problem:
    """All that spglib finds of a crystal's symmetry, or a Problem ``symmetry``.

    Args:
        item: the crystal.
        symprec: tolerance [Angstrom].
    """
    if item.collapsed:
        return Problem("symmetry", "atoms lie too close together to look for symmetry")
    cell = (item.lattice.tolist(), item.positions.tolist(), item.numbers.tolist())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib is about to raise instead of giving None
        try:
            found = spglib.get_symmetry_dataset(cell, symprec=symprec)
        except spglib.error.SpglibError as error:
            return Problem("symmetry", f"no space group was found: {error}")
    return found if found is not None else Problem("symmetry", "no space group was found")


def crystal_key(item: Crystal) -> str:
    """Reduced formula and a hash of interatomic distances, the same for every cell and origin of a structure.

    For each ordered pair of elements (A, B) the distances from an atom A to its nearest atoms B, one to six, are
    averaged over the atoms A (after the average minimum distances of Widdowson et al., MATCH 87, 529, 2022), sorted
    into bins of 0.01 Angstrom and hashed. Mirror images share a key. Structures that differ by more
    than rounding have two keys: :func:`groups` finds those that are alike. Of a collapsed crystal, and
    where millions of neighbours would have to be looked at, the distances within the cell as given are hashed.
    """
    formula = item.composition.formula
    profile = _distance_profile(item) if not item.collapsed else np.sort(item.distances, axis=None)
    bins = np.floor((profile + _OFFSET) / _BIN).astype(np.int64)
    return f"{formula}:{hashlib.blake2b(bins.tobytes(), digest_size=8).hexdigest()}"


def _distance_profile(item: Crystal) -> NDArray[np.float64]:
    """Mean distances from each element to its nearest neighbours of each element, (pairs * 6,)."""
    kinds = np.unique(item.numbers)
    radius = (0.75 * _FIRST_NEIGHBOURS * item.volume / (np.pi * len(item))) ** (1 / 3)
    while len(item) ** 2 * radius**3 / item.volume < _MOST_PAIRS:
        centres, others, _, distances = item.structure.get_neighbor_list(radius, exclude_self=True)
        counts = np.zeros((len(item), len(kinds)), dtype=np.int64)
        columns = np.searchsorted(kinds, item.numbers)[others]
        np.add.at(counts, (centres, columns), 1)
        if counts.min() >= _NEIGHBOURS:
            break
        radius *= 1.5
    else:
        return np.sort(item.distances, axis=None)
    order = np.lexsort((distances, columns, centres))
    starts = np.cumsum(counts) - counts.ravel()
    nearest = distances[order][starts[:, None] + np.arange(_NEIGHBOURS)].reshape(len(item), len(kinds), _NEIGHBOURS)
    return np.concatenate([nearest[item.numbers == kind].mean(axis=0).ravel() for kind in kinds])


def groups(
    items: Sequence[Crystal], settings: MatchSettings = MATCHERS["default"], executor: Executor | None = None
) -> list[int]:
    """Which crystals are the same structure, as ``StructureMatcher.fit`` sees it.

    Each crystal is compared with the first member of every earlier group, in order; the number of groups is the number
    of unique structures. Only crystals of the same reduced formula and the same number of atoms in the reduced
    primitive cell are compared, since no others can match; each is reduced once. Collapsed crystals are the same
    only where their keys are.

    Args:
        items: n crystals.
        settings: tolerances.
        executor: where formulas are worked on side by side; None does it here.

    Returns:
        n places: that of the first member of each crystal's group, its own where it is the first.
    """
    by_formula: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        by_formula[item.composition.formula].append(place)
    several = [places for places in by_formula.values() if len(places) > 1]
    jobs = [([items[place] for place in places], settings) for places in several]
    done = executor.map(_leaders, *zip(*jobs, strict=True)) if executor and jobs else (_leaders(*job) for job in jobs)
    out = list(range(len(items)))
    for places, leaders in zip(several, done, strict=True):
        for place, leader in zip(places, leaders, strict=True):
            out[place] = places[leader]
    return out


def first_matches(
    items: Iterable[Crystal],
    references: Mapping[str, Sequence[Crystal]],
    settings: MatchSettings = MATCHERS["default"],
) -> list[int | None]:
    """The first reference crystal of the same formula that matches each crystal.

    Args:
        items: n crystals.
        references: known crystals by reduced formula.
        settings: tolerances.

    Returns:
        n places in ``references[formula]``, None where nothing matches.
    """
    matcher = settings.matcher()
    reduced: dict[str, list[Reduced]] = {}
    out: list[int | None] = []
    for item in items:
        formula = item.composition.formula
        if formula not in references:
            out.append(None)
            continue
        if formula not in reduced:
            reduced[formula] = [_reduced(one) for one in references[formula]]
        mine = _reduced(item)
        out.append(next((place for place, one in enumerate(reduced[formula]) if _fit(matcher, one, mine)), None))
    return out


def displacement(one: Crystal, other: Crystal, settings: MatchSettings = MATCHERS["default"]) -> float | None:
    """Root mean square displacement [Angstrom] between the atoms of two crystals, such as before and after relaxation.

    ``StructureMatcher.get_rms_dist`` of the cells as given, volumes not scaled; its result, in units of (volume per
    atom)^(1/3), is multiplied by that of both.

    Returns:
        The displacement, or None where they do not match within the tolerances, and for collapsed crystals.
    """
    if one.collapsed or other.collapsed or len(one) != len(other):
        return None
    matcher = StructureMatcher(
        ltol=settings.ltol, stol=settings.stol, angle_tol=settings.angle_tol, primitive_cell=False, scale=False
    )
    found = matcher.get_rms_dist(one.structure, other.structure)  # type: ignore[no-untyped-call]
    volume = (one.volume + other.volume) / 2
    return None if found is None else float(found[0] * (volume / len(one)) ** (1 / 3))


class Leaders:
    """Tells crystals that come one after the other whether they are the same structure as one before.

    Each is reduced once and compared with the first of every group of its formula, as in :func:`groups`.

    Attributes:
        count: how many there were.
    """

    def __init__(self, settings: MatchSettings = MATCHERS["default"]) -> None:
        """Begin with no crystal."""
        self._matcher = settings.matcher()
        self._firsts: dict[str, list[tuple[int, Reduced]]] = defaultdict(list)
        self.count = 0

    def add(self, item: Crystal) -> int:
        """The place of the first of its group, which is its own where it is the first."""
        firsts, mine = self._firsts[item.composition.formula], _reduced(item)
        place, self.count = self.count, self.count + 1
        leader = next((first for first, one in firsts if _fit(self._matcher, one, mine)), place)
        if leader == place:
            firsts.append((place, mine))
        return leader


def _leaders(items: Sequence[Crystal], settings: MatchSettings) -> list[int]:
    """:func:`groups` for crystals of one formula."""
    found = Leaders(settings)
    return [found.add(item) for item in items]


def _reduced(item: Crystal) -> Reduced:
    """The Niggli-reduced primitive cell, as the matcher would make it each time; of a collapsed crystal the key."""
    if item.collapsed:
        return crystal_key(item)
    return item.structure.get_reduced_structure(reduction_algo="niggli").get_primitive_structure()


def _fit(matcher: StructureMatcher, one: Reduced, other: Reduced) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return len(one) == len(other) and bool(matcher.fit(one, other, skip_structure_reduction=True))


def prototype(item: Crystal, symprec: float = SYMPREC) -> str:
    """Formula type and space group, such as ``ABC3_221``; ``ABC3_?`` where no space group is found."""
    found = symmetry(item, symprec)
    return f"{item.composition.anonymous}_{'?' if isinstance(found, Problem) else found.number}"
