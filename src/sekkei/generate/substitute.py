"""Ion substitution of known compounds: the generator that a trained one has to beat.

A known compound near the wished properties is taken, and each of its ions gives way to another, or stays, with the
chance of Hautier et al. 2011 (:mod:`sekkei.materials.substitution`). What is not neutral is drawn again, so that the
result is a sample of that model under the condition of neutrality.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sekkei.core.seeds import generator_at
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats, Problem
from sekkei.data.parents import LABELS, Parents
from sekkei.generate.aim import aim
from sekkei.generate.shared import check_coverage
from sekkei.materials.constraints import Constraints
from sekkei.materials.formula import Composition, composition, parse_formula
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.substitution import SOURCE, Substitutions, substitutions
from sekkei.materials.validity import PROFILES, Verdict, judge

PROPERTIES = LABELS[:2]
"""What parents are chosen by: their band gap and formation energy."""

COMPARED = 200
"""Known compounds looked at for each attempt; the nearest to the wished properties becomes the parent."""

_PARENTS, _TRIES = 40, 24
_PURPOSE = 2
_MOST_ATOMS = 60


@dataclass(frozen=True)
class Relatives:
    """A sample of the parents with all their labels.

    Attributes:
        texts: m formulas.
        properties: (m, 2) in the order of :data:`PROPERTIES`.
    """

    texts: Sequence[str]
    properties: Floats


@dataclass(frozen=True)
class _Ions:
    """A parent as ions: amounts (k,), rows of the table of substitutions (k,) and charges (k,)."""

    symbols: tuple[str, ...]
    amounts: NDArray[np.int64]
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class Substitution:
    """Proposes compounds that differ from a known one by their ions.

    Attributes:
        parents: the known compounds.
        constraints: what every proposal keeps to.
        measures: of the properties it can aim at, for messages.
    """

    parents: Parents
    constraints: Constraints = field(default_factory=Constraints)
    name: str = "ion substitution"
    properties: tuple[str, ...] = PROPERTIES

    @cached_property
    def hash(self) -> str:
        """Hex digits that change whenever the proposals could."""
        words = f"{self.parents.digest} {SOURCE} {COMPARED} {_PARENTS} {_TRIES}"
        return hashlib.sha256(words.encode()).hexdigest()[:12]

    @property
    def training(self) -> Mapping[str, object]:
        """What it stands on."""
        return {"data": f"{len(self.parents.texts):,} known formulas", "sources": self.parents.sources}

    @property
    def known(self) -> KnownMaterials:
        """The known formulas."""
        return self.parents.known

    @cached_property
    def reference(self) -> Relatives:
        """The parents that have all labels, at most 20,000 of them, evenly taken."""
        rows = self._labelled[:: max(1, len(self._labelled) // 20_000)]
        return Relatives([self.parents.texts[row] for row in rows], self.parents.values[rows][:, : len(PROPERTIES)])

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """For each property the 0.05 % and 99.95 % quantiles of the parents [its unit]."""
        columns = zip(self.properties, self.reference.properties.T, strict=True)
        quantiles = {name: np.quantile(column, (0.0005, 0.9995)) for name, column in columns if len(column)}
        return {name: (float(low), float(high)) for name, (low, high) in quantiles.items()}

    def check_coverage(self, targets: Sequence[Target], extrapolate: bool = False) -> list[str]:
        """Refuse targets that lie wholly outside the known compounds, or give a warning for each.

        Raises:
            UserError: a target lies outside and ``extrapolate`` is not set.
        """
        aimed = [target for target in targets if target.name in self.ranges]
        return check_coverage("the set of known compounds", self.ranges, aimed, extrapolate)

    def conditions(self, targets: Sequence[Target], n: int, seed: int, first: int = 0) -> Floats:
        """Property values that parents are chosen by, (n, 2); free where there are no labels to choose by."""
        aimed = [target for target in targets if target.name in self.properties]
        if not aimed or not len(self._labelled):
            return np.full((n, len(self.properties)), np.nan)
        return aim(aimed, self.properties, self.reference.properties, n, seed, first)

    def draw(self, conditions: Floats, seed: int, first: int = 0) -> list[Draw]:
        """One attempt per row of ``conditions`` (n, 2); the text is empty where 40 parents in a row gave nothing."""
        return [
            Draw(first + row, self._attempt(condition, generator_at(seed, first + row, _PURPOSE)))
            for row, condition in enumerate(conditions)
        ]

    @cached_property
    def _labelled(self) -> NDArray[np.int64]:
        return np.flatnonzero(np.isfinite(self.parents.values[:, : len(PROPERTIES)]).all(axis=1))

    @cached_property
    def _table(self) -> Substitutions:
        return substitutions()

    @cached_property
    def _steps(self) -> Floats:
        """Cumulated chances under the constraints, (ions, ions)."""
        return np.asarray(np.cumsum(self._table.only(set(self.constraints.allowed)), axis=1))

    @cached_property
    def _charges(self) -> NDArray[np.int64]:
        return np.array([charge for _, charge in self._table.ions])

    def _attempt(self, condition: Floats, random: np.random.Generator) -> str:
        for row in self._candidates(condition, random):
            parent = _ions(self.parents.texts[row])
            if parent is None or not self._shape_fits(parent):
                continue
            made = self._exchange(parent, random)
            if made:
                return made
        return ""

    def _candidates(self, condition: Floats, random: np.random.Generator) -> NDArray[np.int64]:
        """Rows of parents in the order they are tried."""
        given = np.isfinite(condition)
        pool = self._labelled if given.any() else np.arange(len(self.parents.texts))
        seen = pool[random.integers(len(pool), size=COMPARED)]
        if not given.any():
            return np.asarray(seen[:_PARENTS])
        values = self.parents.values[seen][:, : len(PROPERTIES)][:, given]
        far = (np.abs(values - condition[given]) / self._spread[given]).sum(axis=1)
        return np.asarray(seen[np.argsort(far, kind="stable")][:_PARENTS])

    @cached_property
    def _spread(self) -> Floats:
        return np.asarray(np.maximum(self.reference.properties.std(axis=0), 1e-9))

    def _shape_fits(self, parent: _Ions) -> bool:
        wanted, kinds = self.constraints, len(parent.amounts)
        if wanted.amounts and tuple(sorted(parent.amounts.tolist())) != wanted.amounts:
            return False
        fits = wanted.min_elements <= kinds <= wanted.max_elements and len(wanted.required) <= kinds
        return fits and int(parent.amounts.sum()) <= min(wanted.max_atoms, _MOST_ATOMS)

    def _exchange(self, parent: _Ions, random: np.random.Generator) -> str:
        """The first neutral, permitted and changed compound among a few draws, else nothing."""
        steps = self._steps[parent.rows]
        if (steps[:, -1] == 0).any():
            return ""
        uniform = random.random((_TRIES, len(parent.rows)))
        fresh = np.stack(
            [np.searchsorted(steps[k], uniform[:, k] * steps[k, -1], "right") for k in range(len(steps))], 1
        )
        self._require(parent, fresh, random)
        balanced = self._charges[fresh] @ parent.amounts == 0
        for ions in fresh[balanced]:
            symbols = [self._table.ions[ion][0] for ion in ions]
            if len(set(symbols)) < len(symbols) or tuple(symbols) == parent.symbols:
                continue
            made = composition(dict(zip(symbols, parent.amounts.tolist(), strict=True)))
            if isinstance(made, Composition) and not self.constraints.broken(made):
                return made.formula
        return ""

    def _require(self, parent: _Ions, fresh: NDArray[np.int64], random: np.random.Generator) -> None:
        """Put each required element that a draw lacks where its ions are likeliest to stand, by chance."""
        taken = np.zeros(len(parent.rows), dtype=bool)
        for symbol in self.constraints.required:
            columns = np.array(
                [row for row, (name, _) in enumerate(self._table.ions) if name == symbol], dtype=np.int64
            )
            chances = self._table.chances[parent.rows][:, columns]
            chances[taken] = 0.0
            if not chances.size or chances.sum() == 0:
                return
            place, column = divmod(int(random.choice(chances.size, p=(chances / chances.sum()).ravel())), len(columns))
            fresh[:, place] = columns[column]
            taken[place] = True


@lru_cache(maxsize=50_000)
def _ions(text: str) -> _Ions | None:
    """A known compound as ions, None where it has no likely ones, or one that the model does not know."""
    item = parse_formula(text)
    if isinstance(item, Problem):
        return None
    verdict = judge(item, PROFILES["smact"])
    places = substitutions().places
    if not isinstance(verdict, Verdict) or not verdict.states:
        return None
    rows = [places.get((state.symbol, state.charge)) for state in verdict.states]
    if any(row is None for row in rows):
        return None
    amounts = dict(item.amounts)
    return _Ions(
        tuple(state.symbol for state in verdict.states),
        np.array([amounts[state.symbol] for state in verdict.states], dtype=np.int64),
        np.array(rows, dtype=np.int64),
    )
