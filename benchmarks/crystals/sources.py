"""Who proposes crystals in the benchmark, and what counts as known; all are drawn from and asked alike."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow.parquet as pq

from sekkei.campaign.judge import Candidate
from sekkei.core.types import Draw, Problem
from sekkei.data.folder import find, own
from sekkei.generate.crystals import BATCH, CrystalModel
from sekkei.generate.exchange import Substitution
from sekkei.generate.sample import Sampling
from sekkei.materials.codecs.wyckoff_grammar import WyckoffGrammar
from sekkei.materials.constraints import Constraints
from sekkei.materials.crystal import Crystal
from sekkei.materials.domain import LINES
from sekkei.materials.lines import examine
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.prototypes import Prototype, aflow_prototypes, prototype_of
from sekkei.materials.structure_files import read_crystals
from sekkei.materials.structures import first_matches, symmetry
from sekkei.materials.wishes import CrystalWishes
from sekkei.predict.potentials import potential

TABLES = ("crystals/mp20_structures.parquet", "crystals/mpts52_structures.parquet")
PARENTS = 3000
"""Training crystals that the stronger ion substitution starts from."""

FREE = CrystalWishes(Constraints(profile="none"))
BALANCED = CrystalWishes(Constraints(profile="cdvae"))
PLAIN = Sampling(batch=BATCH)

Drawn = Callable[[int, int, int], list[Draw]]
"""(seed, first, count) -> attempts ``first`` to ``first + count - 1`` of that seed."""


@dataclass(frozen=True)
class Proposer:
    """One source: its name, how it is drawn from, and whether it may repeat what is known."""

    name: str
    draw: Drawn
    repeats: bool = False


@dataclass(frozen=True)
class Training:
    """The training crystals: novelty is counted against them."""

    items: list[Crystal]

    @cached_property
    def by_formula(self) -> dict[str, list[Crystal]]:
        found: dict[str, list[Crystal]] = defaultdict(list)
        for item in self.items:
            found[item.composition.formula].append(item)
        return found

    @cached_property
    def known(self) -> KnownMaterials:
        """Formulas with space groups, as the screen of a campaign asks for them; kept in the user's data folder."""
        digest = hashlib.sha256()
        for item in self.items:
            digest.update(item.lattice.tobytes() + item.numbers.tobytes() + item.positions.tobytes())
        kept = own() / f"training-{digest.hexdigest()[:12]}.bin"
        if not kept.is_file():  # minutes
            pairs = ((item, symmetry(item)) for item in self.items)
            KnownMaterials.build(
                (item.composition, None if isinstance(found, Problem) else found.number) for item, found in pairs
            ).save(kept)
        return KnownMaterials.load(kept)

    def novel(self, items: Sequence[Crystal]) -> list[bool]:
        """Which match no training crystal, by pymatgen's StructureMatcher with its default tolerances."""
        return [place is None for place in first_matches(items, self.by_formula)]


def split(wanted: str, table: str | None = None) -> list[Crystal]:
    """The crystals of a split of the tables, or of one of them; a crystal that any table holds out is no training."""
    found: dict[str, Crystal] = {}
    held_out: set[str] = set()
    for file in TABLES if wanted == "train" or table is None else (table,):
        path = find(file)
        if path is None:
            raise SystemExit(f"{file} is in no folder of SEKKEI_DATA")
        splits = pq.read_table(path, columns=["split"]).column(0).to_pylist()
        for line, part in zip(read_crystals(path), splits, strict=True):
            if line.item is not None and part == wanted:
                found.setdefault(line.name, line.item)
            if part != "train":
                held_out.add(line.name)
    return [item for name, item in found.items() if wanted != "train" or name not in held_out]


def of_model(model: CrystalModel, settings: Sampling = PLAIN, wishes: CrystalWishes = FREE) -> Drawn:
    def draw(seed: int, first: int, count: int) -> list[Draw]:
        return model.draw(model.conditions([], count, seed, first), seed, first, settings, wishes)

    return draw


def of_rules(model: CrystalModel, rules: WyckoffGrammar, settings: Sampling = PLAIN) -> Drawn:
    def draw(seed: int, first: int, count: int) -> list[Draw]:
        return model.sampled(model.conditions([], count, seed, first), seed, first, settings, rules, model.longest + 1)

    return draw


def drawn_again(draw: Drawn, seed: int, count: int) -> tuple[list[Draw], int]:
    """As a user gets them: what has close atoms or unbalanced charges is drawn again; and how many attempts it took."""
    kept: list[Draw] = []
    first = 0
    while len(kept) < count and first < 50 * count:
        size = min(max(count - len(kept), 16), BATCH)
        fresh = draw(seed, first, size)
        kept += [one for one in fresh if examine(one, BALANCED).problem is None]
        first += size
    return kept[:count], first


def of_prototypes(prototypes: Sequence[Prototype], *, evenly: bool = False) -> Drawn:
    """As a campaign has them: of the elements that the potential can judge."""
    made = Substitution(prototypes, potential("chgnet").elements, evenly)
    return lambda seed, first, count: made.draw(np.empty((count, 0)), seed, first)


def of_training(training: Training) -> Drawn:
    def draw(seed: int, first: int, count: int) -> list[Draw]:
        rows = [np.random.default_rng([seed, first + row]).integers(len(training.items)) for row in range(count)]
        return [Draw(first + row, LINES.text(training.items[place])) for row, place in enumerate(rows)]

    return draw


def proposers(model: CrystalModel | None, training: Training) -> dict[str, Proposer]:
    """All sources by the word that names them; the model first where there is one."""
    rows = np.random.default_rng(0).permutation(len(training.items))[:PARENTS]
    made = [prototype_of(training.items[row], str(row)) for row in rows]
    parents = [one for one in made if isinstance(one, Prototype)]
    found = {
        "exchange": Proposer("ion substitution, AFLOW prototypes", of_prototypes(aflow_prototypes())),
        "parents": Proposer("ion substitution, training crystals", of_prototypes(parents)),
        "random": Proposer("random prototypes", of_prototypes(aflow_prototypes(), evenly=True)),
        "training": Proposer("training resampled", of_training(training), repeats=True),
    }
    return found if model is None else {"model": Proposer(model.name, of_model(model)), **found}


def candidates(draws: Sequence[Draw]) -> list[Candidate[Crystal]]:
    """The attempts that can be read; keys tell them apart."""
    read = [(draw, LINES.parse(draw.text)) for draw in draws]
    return [
        Candidate(draw.index, LINES.key(item), LINES.text(item), item)
        for draw, item in read
        if isinstance(item, Crystal)
    ]
