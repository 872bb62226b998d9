"""Several properties of one table, learned together by one encoder; where a label is missing the others still teach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from sekkei.core.types import Floats, Measure, Problem
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels, Learned, Teacher, parts
from sekkei.predict.forest import Features
from sekkei.predict.lab import fit_lab, lab_labels
from sekkei.predict.lab_table import LabTable
from sekkei.predict.networks import Tuning
from sekkei.predict.predictor import Predictor

_BLANK = ("'' in column", "'nan' in column", "'None' in column")


@dataclass(frozen=True)
class Joint:
    """The labels of several properties side by side, and what has been learned of them so far.

    Attributes:
        items: n different objects.
        rows: where each stands, by its identity.
        values: (n, properties), NaN where unknown.
        key: identity of an object.
        learned: what was learned with a seed of all objects, or of those alone that neither calibrate nor test.
    """

    items: list[Any]
    rows: dict[str, int]
    values: Floats
    key: Callable[[Any], str]
    learned: dict[tuple[bool, int], tuple[dict[str, int], list[Learned]]] = field(default_factory=dict)

    @staticmethod
    def of(labels: Sequence[Labels], key: Callable[[Any], str]) -> Joint:
        """Labels of one property after the other."""
        items = {name: item for one in labels for name, item in zip(one.keys, one.items, strict=True)}
        rows = {name: row for row, name in enumerate(items)}
        values = np.full((len(items), len(labels)), np.nan)
        for place, one in enumerate(labels):
            values[[rows[name] for name in one.keys], place] = one.values
        return Joint(list(items.values()), rows, values, key)


@dataclass(frozen=True, kw_only=True)
class OneOf(Tuning):
    """One of several properties: the first that is asked for trains them all.

    Attributes:
        joint: the labels of all.
        place: which of them it is.
    """

    joint: Joint = field(repr=False)
    place: int

    def learn(self, items: Sequence[Any], rows: Features, values: Floats, seed: int) -> Learned:  # noqa: ARG002
        """As :meth:`Tuning.learn`; what calibrates or tests one property teaches none of the others."""
        keys = [self.joint.key(item) for item in items]
        names = list(self.joint.rows)
        kept = parts(names)[0]
        whole = not kept[[self.joint.rows[key] for key in keys]].all()
        if (whole, seed) not in self.joint.learned:
            chosen = np.flatnonzero(kept | whole).tolist()
            found = self.learn_together([self.joint.items[row] for row in chosen], self.joint.values[chosen], seed)
            self.joint.learned[whole, seed] = ({names[row]: place for place, row in enumerate(chosen)}, found)
        order, found = self.joint.learned[whole, seed]
        mine = found[self.place]
        return Learned(mine.mind, mine.left_out[[order[key] for key in keys]])


def fit_several(
    domain: str, tables: Sequence[LabTable], measures: Sequence[Measure], source: str, seed: int, teacher: Teacher
) -> list[Predictor]:
    """Train on several columns of a user's own table: an encoder learns them together, trees each by itself.

    Args:
        domain: ``materials`` or ``molecules``.
        tables: what :func:`~sekkei.predict.lab.read_lab` read of each column.
        measures: what the numbers of each mean.
        source: name of the data for the card.
        seed: of everything random.
        teacher: how to learn.

    Raises:
        UserError: as :func:`~sekkei.predict.lab.fit_lab`.
    """
    if len(tables) == 1 or not isinstance(teacher, Tuning):
        pairs = zip(tables, measures, strict=True)
        return [fit_lab(domain, table, measure, source, seed, teacher) for table, measure in pairs]
    labels = [lab_labels(domain, table, one.name, teacher.task) for table, one in zip(tables, measures, strict=True)]
    joint, how = Joint.of(labels, describer(domain).key), {f.name: getattr(teacher, f.name) for f in fields(Tuning)}
    found = []
    for place, (table, measure) in enumerate(zip(tables, measures, strict=True)):
        one = fit_lab(domain, table, measure, source, seed, OneOf(**how, joint=joint, place=place))
        others = ", ".join(other.name for other in measures if other is not measure)
        recipe = f"{one.training['recipe']}, together with {others}"
        found.append(replace(one, training={**one.training, "recipe": recipe}))
    return found


def unused(tables: Sequence[LabTable]) -> list[tuple[int, str, Problem]]:
    """Rows to tell the user of: those that serve no target, and cells that are no numbers.

    Of several targets a blank cell is a label that is missing, which is no fault of a row that another target can use.
    """
    if len(tables) == 1:
        return tables[0].problems
    told: dict[tuple[int, str], tuple[int, str, Problem]] = {}
    served = {row for one in tables for row, item in enumerate(one.items, start=1) if not isinstance(item, Problem)}
    for row, text, why in sorted((p for one in tables for p in one.problems), key=lambda problem: problem[0]):
        if row not in served or not why.message.startswith(_BLANK):
            told.setdefault((row, why.message if row in served else ""), (row, text, why))
    return list(told.values())
