"""A generator that replays a fixed list of texts: campaigns are tested without waiting for a network."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sekkei.core.types import Draw, Floats
from sekkei.data.reference import Reference
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.novelty import KnownMolecules
from sekkei.molecules.properties import PROPERTIES, table

ACIDS = ("C", "CC", "c1ccccc1", "c1ccc(F)cc1", "c1ccc(C)cc1", "c1ccncc1", "C1CC1C", "c1ccoc1", "COc1ccccc1", "C1CCOCC1")
AMINES = ("C", "CCO", "CC(C)C", "Cc1ccccc1", "C1CCOCC1", "CCc1ccncc1", "C1CCCC1", "CCOC", "CC1CCCO1", "Cc1ccco1")
SPOILED = ("", "C1CC", "C(C", "CN(C)(C)(C)C", "CCOOCC", "O=[N+]([O-])c1ccccc1C(=O)NC", "C12C3C4C1C5C2C3C45")
"""Invalid texts, a peroxide, a nitro compound and cubane."""

NAMES = tuple(PROPERTIES)


def amides() -> list[str]:
    """A hundred plain amides, in a fixed mixed order."""
    made = [f"O=C({acid.replace('1', '2')})N{amine}" for acid, amine in itertools.product(ACIDS, AMINES)]
    return [made[(37 * i) % len(made)] for i in range(len(made))]


@dataclass(frozen=True)
class Replay:
    """Attempt i is text i of the list, which starts again at its end.

    Attributes:
        texts: what is drawn.
        learned: the training molecules.
        asked: (first, number) of every call of ``draw``.
    """

    texts: tuple[str, ...]
    learned: tuple[str, ...] = ("CCO", "c1ccccc1C(=O)NC", "CCCCCC")
    name: str = "replay"
    hash: str = "0123456789ab"
    properties: tuple[str, ...] = NAMES
    training: dict[str, str] = field(default_factory=lambda: {"data": "three molecules"})
    asked: list[tuple[int, int]] = field(default_factory=list)

    @cached_property
    def reference(self) -> Reference:
        mols = [MOLECULES.parse(text) for text in self.learned]
        return Reference([MOLECULES.text(mol) for mol in mols], table(mols))

    @cached_property
    def known(self) -> KnownMolecules:
        return KnownMolecules.build(self.reference.smiles)

    def check_coverage(self, targets, extrapolate=False) -> list[str]:
        return ["far out"] if extrapolate else []

    def conditions(self, targets, n, seed, first=0) -> Floats:
        return np.full((n, len(self.properties)), np.nan)

    def draw(self, conditions, seed, first, settings) -> list[Draw]:
        self.asked.append((first, len(conditions)))
        return [Draw(i, self.texts[i % len(self.texts)]) for i in range(first, first + len(conditions))]


def model(**entries) -> Replay:
    """Amides with every kind of loss mixed in."""
    good = amides()
    mixed = [text for i, amide in enumerate(good) for text in (amide, SPOILED[i % len(SPOILED)])]
    return Replay((*mixed, *good[:10]), **entries)
