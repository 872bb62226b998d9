"""All figures of one set of generated materials, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sekkei.core.types import Floats
from sekkei.materials.crystal import Crystal
from sekkei.materials.energies import FORMATION_COLUMNS
from sekkei.materials.formula import Composition
from sekkei.materials.novelty import KINDS, KnownMaterials
from sekkei.materials.structures import groups
from sekkei.metrics.bootstrap import GROUPS, LEAST, TOO_FEW, jackknife
from sekkei.metrics.conditions import Wanted, satisfaction
from sekkei.metrics.distances import wasserstein
from sekkei.metrics.figures import Figure, mean_of, share, without_interval
from sekkei.metrics.materials.coverage import Cutoffs, coverage, diversity
from sekkei.metrics.materials.known import Known, classify
from sekkei.metrics.materials.look import GEOMETRIES, PROPERTIES, RULES, Look, Prints
from sekkei.metrics.materials.profiles import Convention
from sekkei.metrics.materials.relaxation import Relaxed
from sekkei.metrics.materials.samples import ENERGY, Item, Level, composition_of
from sekkei.metrics.parallel import in_chunks

_CHUNK = 100
_SPACEGROUP = "spacegroup"


@dataclass(frozen=True)
class Against:
    """What a set is measured against and how.

    Attributes:
        reference: distributions and coverage are taken to these.
        training: novelty is counted against these.
        convention: rules and tolerances.
        cutoffs: of the coverage.
        prints: fingerprints of the part of the reference that the coverage is of.
        set_size: attempts that coverage and diversity take.
        wanted: targets, or None.
    """

    reference: Known
    training: Known
    convention: Convention
    cutoffs: Cutoffs
    prints: Prints
    set_size: int
    wanted: Wanted | None


@dataclass(frozen=True)
class Set:
    """One set of attempts: n items, None where one cannot be read, what they are, their numbers and fingerprints."""

    level: Level
    items: Sequence[Item | None]
    look: Look
    values: dict[str, Floats]
    prints: Prints
    relaxed: Relaxed | None = None

    @property
    def crystals(self) -> bool:
        """Whether these are crystals."""
        return self.level == "crystal"


def measure(made: Set, against: Against, pool: Executor | None = None) -> list[Figure]:
    """All figures of a set, in the order of the table."""
    there = [row for row, item in enumerate(made.items) if item is not None]
    figures = [share("unreadable", len(made.items) - len(there), len(made.items))]
    figures += validity(made, against.convention)
    first = _first_of_each(made, there, against, pool)
    fresh, novelty = _novelty(made, there, first, against, pool)
    figures += novelty
    both = made.crystals and against.reference.level == "crystal"
    figures += coverage(made.prints, against.prints, against.cutoffs, both) + _diversity(made, against)
    figures += _distributions(made, against) + properties(made)
    figures += _energies(made, _settled(made, fresh, against, pool), against.convention)
    if made.relaxed is not None:
        figures += made.relaxed.figures()
    if against.wanted is not None:
        figures += satisfaction(against.wanted, targeted(made, against.wanted))
    return figures


def validity(made: Set, convention: Convention) -> list[Figure]:
    """Shares that pass each profile, and both rules of the chosen one; what cannot be read fails."""
    readable = np.array([item is not None for item in made.items])
    out = []
    for place, name in enumerate(RULES):
        column = made.look.composition[:, place]
        judged = ~(readable & np.isnan(column))
        out.append(share(f"comp_valid/{name}", int((column == 1).sum()), int(judged.sum())))
    if made.crystals:
        for place, name in enumerate(GEOMETRIES):
            out.append(share(f"struct_valid/{name}", int((made.look.structure[:, place] == 1).sum()), len(made.items)))
    return [*out, share("valid", int(valid_rows(made, convention).sum()), len(made.items))]


def valid_rows(made: Set, convention: Convention) -> NDArray[np.bool_]:
    """(n,) which attempts are valid by the chosen profile."""
    sound = np.asarray(made.look.composition[:, RULES.index(convention.composition)] == 1)
    if made.crystals:
        sound &= made.look.structure[:, GEOMETRIES.index(convention.structure)] == 1
    return sound


def properties(made: Set) -> list[Figure]:
    """Means of the properties, and of the numbers of the file that targets or energies name; P1 for crystals."""
    out = []
    if made.crystals:
        known = made.look.groups > 0
        out.append(share("P1", int((made.look.groups == 1).sum()), int(known.sum())))
    for place, name in enumerate(PROPERTIES):
        column = made.look.properties[:, place]
        if np.isfinite(column).any():
            out.append(mean_of(f"mean/{name}", column[np.isfinite(column)]))
    if ENERGY in made.values:
        column = made.values[ENERGY]
        out.append(mean_of(f"mean/{ENERGY}", column[np.isfinite(column)]))
    return out


def targeted(made: Set, wanted: Wanted) -> Floats:
    """(n, k) the targeted properties: computed ones, the space group, or a column of the file."""
    columns = []
    for measure_ in wanted.measures:
        if measure_.name == _SPACEGROUP and made.crystals:
            columns.append(np.where(made.look.groups > 0, made.look.groups, np.nan))
        elif measure_.name in PROPERTIES:
            columns.append(made.look.properties[:, PROPERTIES.index(measure_.name)])
        else:
            columns.append(made.values.get(measure_.name, np.full(len(made.items), np.nan)))
    return np.stack(columns, axis=1)


def _first_of_each(made: Set, there: Sequence[int], against: Against, pool: Executor | None) -> list[int]:
    """The rows that are the first of their kind: of their crystal, or of their formula for compositions."""
    if not made.crystals:
        return _first_formulas(made, there)
    items = [item for row in there if isinstance(item := made.items[row], Crystal)]
    leaders = groups(items, against.convention.tolerances, pool)
    return [there[place] for place, leader in enumerate(leaders) if place == leader]


def _first_formulas(made: Set, there: Sequence[int]) -> list[int]:
    firsts: dict[str, int] = {}
    for row in there:
        firsts.setdefault(made.look.formulas[row], row)
    return list(firsts.values())


def _novelty(
    made: Set, there: Sequence[int], first: Sequence[int], against: Against, pool: Executor | None
) -> tuple[NDArray[np.bool_], list[Figure]]:
    """(n,) which attempts are the first of their kind and new, and the figures of uniqueness and novelty."""
    training, n = against.training, len(made.items)
    formulas = _first_formulas(made, there)
    new = [row for row in formulas if made.look.formulas[row] not in training.formulas]
    out = [share("unique_formula", len(formulas), len(there), repeats=True)]
    compared = made.crystals and training.level == "crystal"
    if made.crystals:
        out.append(share("unique", len(first), len(there), repeats=True))
    out.append(share("novel_formula", len(new), len(formulas)))
    fresh = np.zeros(n, dtype=np.bool_)
    fresh[first] = ~_in(made, first, training, against, pool)
    if compared:
        pairs = [(composition_of(item), int(made.look.groups[row])) for row in first if (item := made.items[row])]
        strange = sum((item.anonymous, group) not in training.prototypes for item, group in pairs)
        out += [share("novel_prototype", strange, len(first)), share("novel", int(fresh.sum()), len(first))]
    out.append(share("unique_novel", int(fresh.sum()), n))
    if against.reference is not training:
        inside = int(_in(made, first, against.reference, against, pool).sum())
        out.append(share("in_reference", inside, len(first)))
    else:
        out.append(share("in_reference", len(first) - int(fresh.sum()), len(first)))
    return fresh, out + _classes(made, first, training, pool)


def _in(made: Set, rows: Sequence[int], known: Known, against: Against, pool: Executor | None) -> NDArray[np.bool_]:
    """Which attempts lie among known materials: by crystal, or by formula where one side has only compositions."""
    if made.crystals and known.level == "crystal":
        items = [item for row in rows if isinstance(item := made.items[row], Crystal)]
        return known.matches(items, against.convention.tolerances, pool)
    return np.array([made.look.formulas[row] in known.formulas for row in rows], dtype=np.bool_)


def _classes(made: Set, first: Sequence[int], training: Known, pool: Executor | None) -> list[Figure]:
    whole = made.crystals and training.level == "crystal"
    pairs = [
        (composition_of(item), int(made.look.groups[row]) if whole else 0) for row in first if (item := made.items[row])
    ]
    found = in_chunks(partial(_classified, training.classes), pairs, pool, _CHUNK)
    return [share(f"class/{kind}", sum(part.get(kind, 0) for part in found), len(pairs)) for kind in KINDS]


def _classified(known: KnownMaterials, pairs: Sequence[tuple[Composition, int]]) -> dict[str, int]:
    return classify(known, [item for item, _ in pairs], [group for _, group in pairs])


def _diversity(made: Set, against: Against) -> list[Figure]:
    sound = valid_rows(made, against.convention)[: against.set_size]
    sides = {"comp_div": made.prints.composition[sound]}
    if made.crystals:
        sides = {"struct_div": made.prints.structure[sound], **sides}
    why = "pairs of one draw; see the Wasserstein distances for their spread"
    return [without_interval(name, *diversity(rows), why) for name, rows in sides.items()]


def _distributions(made: Set, against: Against) -> list[Figure]:
    sound = valid_rows(made, against.convention)
    out = []
    for name, of in (("wdist_density", "density"), ("wdist_num_elems", "elements")):
        place = PROPERTIES.index(of)
        mine = np.where(sound, made.look.properties[:, place], np.nan)
        known = against.reference.look.properties[:, place]
        known = known[np.isfinite(known)]
        if len(known) and (of == "elements" or made.crystals):
            out.append(_distance(name, mine, known))
    both = [name for name in FORMATION_COLUMNS if name in made.values and name in against.reference.values]
    if both:
        known = against.reference.values[both[0]]
        out.append(_distance("wdist_energy", np.where(sound, made.values[both[0]], np.nan), known[np.isfinite(known)]))
    return out


def _distance(name: str, mine: Floats, known: Floats) -> Figure:
    parts = [part[np.isfinite(part)] for part in np.array_split(mine, GROUPS)]
    whole = np.concatenate(parts)
    if not (len(whole) and len(known)):
        return without_interval(name, float("nan"), 0, "no valid attempt, or no reference, has a value")
    rest = [np.concatenate([*parts[:row], *parts[row + 1 :]]) for row in range(GROUPS)]
    left_out = [wasserstein(part, known) if len(part) else float("nan") for part in rest]
    value = wasserstein(whole, known)
    if len(whole) < LEAST:
        return without_interval(name, value, len(whole), TOO_FEW)
    return Figure(name, value, len(whole), jackknife(value, left_out, low=0.0))


def _settled(made: Set, fresh: NDArray[np.bool_], against: Against, pool: Executor | None) -> NDArray[np.bool_]:
    """(n,) which attempts are the first of their kind and new once relaxed, as the energies are of relaxed crystals.

    Where no relaxed crystals are given it is what the attempts are as generated.
    """
    if made.relaxed is None or ENERGY not in made.values:
        return fresh
    settled = replace(made, items=made.relaxed.items)
    there = [row for row, item in enumerate(settled.items) if item is not None and made.items[row] is not None]
    first = _first_of_each(settled, there, against, pool)
    out = np.zeros(len(made.items), dtype=np.bool_)
    out[first] = ~_in(settled, first, against.training, against, pool)
    return out


def _energies(made: Set, fresh: NDArray[np.bool_], convention: Convention) -> list[Figure]:
    if ENERGY not in made.values:
        return []
    energies = np.nan_to_num(made.values[ENERGY], nan=np.inf)
    out, n = [], len(made.items)
    for stable, sun, threshold in (("stable", "SUN", convention.stable), ("metastable", "MSUN", convention.metastable)):
        if threshold is not None:
            low = energies < threshold if convention.strict else energies <= threshold
            low &= np.array([item is not None for item in made.items])
            out += [share(stable, int(low.sum()), n), share(sun, int((low & fresh).sum()), n)]
    return out
