"""Are the classes of novelty right? 200 crystals whose class is known by the way they are made.

python -m benchmarks.crystals.novelty

The known set is the training split of MP-20, held by the functions that a campaign uses. 50 crystals of each kind:
known structures from another origin, in a supercell or another setting, atoms moved and the cell strained; known
structures with one element replaced; another structure type of a known formula; crystals of the validation split
whose type, space group and occupied positions occur nowhere among the known.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.record import circumstances, line_of, save, saved, table, write_page

from sekkei.core.types import Problem
from sekkei.data.folder import find
from sekkei.materials.crystal import MAX_SITES, Crystal, crystal
from sekkei.materials.known import KnownStructures, known_of
from sekkei.materials.novelty import Novelty
from sekkei.materials.prototypes import prototype_of, substituted
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.structures import symmetry, symmetry_dataset

HERE = Path(__file__).parent / "novelty"
FILE = "crystals/mp20_structures.parquet"
ASKED = 0.98
MOVED = 0.02  # Angstrom, each atom in a direction of its own
STRAINED = 0.01  # largest principal strain
SHEARS = ((1, 0, 0), (1, 1, 0), (0, 1, 1)), ((1, 1, 0), (0, 1, 0), (1, 0, 1)), ((0, 1, 0), (0, 0, 1), (1, 0, 0))
SUPERCELLS = ((2, 0, 0), (0, 1, 0), (0, 0, 1)), ((1, 1, 0), (-1, 1, 0), (0, 0, 1)), ((1, 0, 0), (0, 3, 0), (0, 0, 1))
REPLACED = "ion_substitution"
WORDS = {
    "known": "known, disturbed",
    REPLACED: "one element replaced",
    "polymorph": "another structure of a known formula",
    "new": "new type",
}
Case = tuple[str, str, Crystal]
"""Where it comes from (name and formula) and what it became."""


class Cases:
    """Makes the cases, at random but always the same ones."""

    def __init__(self, known: Sequence[Crystal], names: Sequence[str], others: Sequence[tuple[str, Crystal]]) -> None:
        self.known, self.names, self.others = known, names, others
        self.random = np.random.default_rng(0)
        self.formulas: dict[str, list[Crystal]] = defaultdict(list)
        self.types: dict[str, list[Crystal]] = defaultdict(list)
        for item in known:
            self.formulas[item.composition.formula].append(item)
            self.types[item.composition.anonymous].append(item)
        self.elements = sorted({symbol for item in known for symbol in item.composition.symbols})

    def some(self) -> Iterator[tuple[str, Crystal]]:
        for row in self.random.permutation(len(self.known)):
            yield self.names[row], self.known[row]

    def disturbed(self) -> Iterator[Case]:
        """The same structure, in one of six other cells, from another origin, atoms moved, lattice strained."""
        cells = (*SHEARS, *SUPERCELLS)
        for count, (name, item) in enumerate(self.some()):
            made = again(item, np.array(cells[count % len(cells)]), self.random)
            if made is not None:
                yield name, item.composition.formula, made

    def replaced(self) -> Iterator[Case]:
        """One element exchanged for any other, so that the formula is not known."""
        for name, item in self.some():
            old, new = self.random.choice(item.composition.symbols), self.random.choice(self.elements)
            made = None if new in item.composition.symbols else with_elements(item, {str(old): str(new)})
            if made is not None and made.composition.formula not in self.formulas:
                yield name, item.composition.formula, made

    def polymorphs(self) -> Iterator[Case]:
        """A known formula in the structure type of another compound that it is not known in."""
        for name, item in self.some():
            donors = self.types[item.composition.anonymous]
            donor = donors[int(self.random.integers(len(donors)))]
            theirs = sorted(donor.composition.amounts, key=lambda pair: (pair[1], self.random.random()))
            mine = sorted(item.composition.amounts, key=lambda pair: pair[1])
            made = with_elements(donor, {old: new for (old, _), (new, _) in zip(theirs, mine, strict=True)})
            same = self.formulas[item.composition.formula]
            if made is not None and all(kind(one) != kind(made) for one in same) and None not in map(kind, same):
                yield name, item.composition.formula, made

    def fresh(self) -> Iterator[Case]:
        """Crystals that are held out, of an unknown formula and a type that no known crystal has."""
        for row in self.random.permutation(len(self.others)):
            name, item = self.others[row]
            formula, mine = item.composition.formula, kind(item)
            if mine is None or formula in self.formulas:
                continue
            if all(kind(one) != mine for one in self.types.get(item.composition.anonymous, [])):
                yield name, formula, item


@cache
def kind(item: Crystal) -> tuple[Any, ...] | None:
    """Formula type, space group and site symmetries, as spglib gives them: they depend on no origin or setting."""
    found = symmetry_dataset(item)
    if isinstance(found, Problem):
        return None
    orbits: dict[int, set[tuple[str, int]]] = defaultdict(set)
    counts = Counter(found.crystallographic_orbits.tolist())
    for number, orbit, site in zip(
        item.numbers, found.crystallographic_orbits, found.site_symmetry_symbols, strict=True
    ):
        orbits[int(number)].add((f"{site} {counts[int(orbit)] / len(item):.6f}", int(orbit)))
    sites = sorted(tuple(sorted(text for text, _ in several)) for several in orbits.values())
    return item.composition.anonymous, int(found.number), tuple(sites)


def again(item: Crystal, cell: Any, random: np.random.Generator) -> Crystal | None:
    """The crystal in the cell whose vectors are ``cell @ lattice``, its origin shifted, disturbed."""
    copies = round(abs(np.linalg.det(cell)))
    if copies * len(item) > MAX_SITES:
        return None
    shifts = np.stack(np.meshgrid(*[np.arange(-4, 5)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = shifts @ np.linalg.inv(cell)
    inside = inside[((inside > -1e-9) & (inside < 1 - 1e-9)).all(axis=1)]
    at = ((item.positions @ np.linalg.inv(cell))[:, None] + inside[None]).reshape(-1, 3) + random.random(3)
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    strain = np.eye(3) + turn @ np.diag(STRAINED * random.permutation([1.0, *random.uniform(-1, 1, 2)])) @ turn.T
    lattice = cell @ item.lattice @ strain
    moves = random.normal(size=at.shape)
    moves *= MOVED / np.linalg.norm(moves, axis=1, keepdims=True)
    made = crystal(lattice, np.repeat(item.numbers, copies), at + moves @ np.linalg.inv(lattice))
    return None if isinstance(made, Problem) else made


def with_elements(item: Crystal, exchange: dict[str, str]) -> Crystal | None:
    """Other elements on the sites, the cell scaled to them; None where its symmetry is not the same afterwards."""
    parent = prototype_of(item, "")
    made = parent if isinstance(parent, Problem) else substituted(parent, exchange)
    back = made if isinstance(made, Problem) else made.crystal()
    if isinstance(parent, Problem) or isinstance(back, Problem) or back.collapsed:
        return None
    group = symmetry(back)
    return back if not isinstance(group, Problem) and group.number == parent.apart.group else None


def right(wanted: str, found: Novelty, item: Crystal, cases: Cases) -> bool:
    """Whether the class is right; of a substitution also that the known formula differs by one element."""
    if found.kind != wanted or wanted != REPLACED:
        return found.kind == wanted
    parents = cases.formulas.get(found.of, [])
    mine = dict(item.composition.amounts)
    return any(len(mine.items() - dict(one.composition.amounts).items()) == 1 for one in parents)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=50, help="cases of each kind")
    asked = parser.parse_args()
    path = find(FILE)
    if path is None:
        raise SystemExit(f"{FILE} is in no folder of SEKKEI_DATA")
    warnings.simplefilter("ignore")
    training, held_out = split(path)
    began = time.perf_counter()
    known = known_of(item for _, item in training)
    built = time.perf_counter() - began
    cases = Cases([item for _, item in training], [name for name, _ in training], held_out)
    makers: dict[str, Callable[[], Iterator[Case]]] = {
        "known": cases.disturbed, REPLACED: cases.replaced, "polymorph": cases.polymorphs, "new": cases.fresh,
    }  # fmt: skip
    made = {wanted: [case for case, _ in zip(make(), range(asked.n), strict=False)] for wanted, make in makers.items()}
    names = ("pymatgen-core", "spglib", "numpy")
    where = circumstances() | {"packages": {name: version(name) for name in names}, "threads": 1}
    result = {"circumstances": where, "n": asked.n, "known": len(training), "seconds to build": built, "ways": {}}
    ways = {"structures at hand": known.classify, "hashes only": KnownStructures(known.materials).classify,
            "formula, type and space group (before)": by_group(known)}  # fmt: skip
    for way, classify in ways.items():
        result["ways"][way] = judged(made, classify, cases)
        print(way, {wanted: one["right"] for wanted, one in result["ways"][way]["kinds"].items()}, flush=True)
    save(HERE, "mp20", result)
    write_page(HERE, "Classes of novelty", [page_part(one) for one in saved(HERE)])


def split(path: Path) -> tuple[list[tuple[str, Crystal]], list[tuple[str, Crystal]]]:
    """Names and crystals of the training split, and of the validation split."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - beside the reader that gives the crystals

    splits = pq.read_table(path, columns=["split"]).column(0).to_pylist()
    rows = [(part, line.name, line.item) for part, line in zip(splits, read_crystals(path), strict=True) if line.item]
    pairs = [(part == "train", (name, item)) for part, name, item in rows if item is not None]
    return [pair for train, pair in pairs if train], [pair for train, pair in pairs if not train]


def by_group(known: KnownStructures) -> Callable[[Sequence[Crystal]], list[Novelty]]:
    """Classes that know no positions."""

    def classify(items: Sequence[Crystal]) -> list[Novelty]:
        groups = [symmetry(item) for item in items]
        numbers = [None if isinstance(group, Problem) else group.number for group in groups]
        pairs = zip(items, numbers, strict=True)
        return [known.materials.classify(item.composition, number) for item, number in pairs]

    return classify


def judged(
    made: dict[str, list[Case]], classify: Callable[[Sequence[Crystal]], list[Novelty]], cases: Cases
) -> dict[str, Any]:
    began = time.perf_counter()
    kinds = {}
    for wanted, several in made.items():
        items = [item for _, _, item in several]
        found = classify(items)
        good = [right(wanted, one, item, cases) for one, item in zip(found, items, strict=True)]
        kinds[wanted] = {
            "right": sum(good),
            "given": dict(Counter(one.kind for one in found)),
            "parent": sum(one.of == formula for one, (_, formula, _) in zip(found, several, strict=True)),
            "cases": [
                {"from": name, "formula": formula, "became": item.composition.formula, "atoms": len(item),
                 "class": one.kind, "of": one.of, "right": fine}
                for (name, formula, item), one, fine in zip(several, found, good, strict=True)
            ],
        }  # fmt: skip
    count = sum(map(len, made.values()))
    return {"kinds": kinds, "milliseconds": 1000 * (time.perf_counter() - began) / count}


def page_part(result: dict[str, Any]) -> str:
    rows = []
    for way, one in result["ways"].items():
        counts = [kind["right"] for kind in one["kinds"].values()]
        total = sum(len(kind["cases"]) for kind in one["kinds"].values())
        rows.append([way, *map(str, counts), f"{sum(counts)} of {total} ({sum(counts) / total:.1%})",
                     f"{one['milliseconds']:.0f} ms"])  # fmt: skip
    first = next(iter(result["ways"].values()))
    given = list(dict.fromkeys(name for one in first["kinds"].values() for name in one["given"]))
    confusion = [
        [WORDS[wanted], *(str(one["given"].get(name, 0)) for name in given)] for wanted, one in first["kinds"].items()
    ]
    about = (
        f"Asked for: {ASKED:.0%} right. Known: the training split of MP-20, held as a campaign holds known crystals "
        f"(built in {result['seconds to build']:.0f} s). Disturbed: another origin, three other settings and three "
        f"supercells in turns, every atom moved by {MOVED:g} Angstrom, a strain of up to {STRAINED:.0%}. One element "
        "replaced: by any other, the formula then unknown; right is also that the compound named differs by one "
        "element. Another structure: the type of another compound of the same formula type, which no known crystal of "
        "the formula has, by spglib's site symmetries. New type: crystals of the validation split whose formula is "
        "unknown and whose type, space group and site symmetries occur nowhere among the known. `Hashes only` is what "
        "a campaign knows without tables in a data folder: what has lost its symmetry then counts as a polymorph."
    )
    named = (
        f"The compound that a replaced one was made from was itself named in {first['kinds'][REPLACED]['parent']} "
        "cases; in the others another known compound is one element away as well."
    )
    return "\n\n".join([
        f"## {result['n']} cases of each kind, {result['known']:,} known crystals",
        about,
        table(["", *(WORDS[wanted] for wanted in first["kinds"]), "right", "a crystal"], rows),
        named,
        "What was said, with the structures at hand:",
        table(["made as", *given], confusion),
        line_of(result),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
