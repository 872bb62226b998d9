"""Known compounds that meet the targets: what an experimenter should check before making anything new."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sekkei import zoo
from sekkei.campaign.choose import appraise
from sekkei.campaign.funnel import Funnel
from sekkei.campaign.judge import Candidate
from sekkei.campaign.plan import Plan
from sekkei.campaign.source import Source
from sekkei.core.protocols import Evaluator
from sekkei.core.targets import Target
from sekkei.data.parents import LABELS, Parents, parents
from sekkei.data.structures import known_structures
from sekkei.materials.domain import COMPOSITIONS
from sekkei.materials.evaluators import EVALUATORS
from sekkei.materials.formula import Composition
from sekkei.materials.novelty import KnownMaterials
from sekkei.report.content import Row

MOST = 12
"""How many known compounds are named."""

LOOKED_AT = 600
"""How many with fitting labels are looked at for the targets that no table has."""

METASTABLE = 0.1
"""Energy above hull [eV/atom] beyond which a known compound is left out."""

MADE = "made"
LABEL = "label of a table in the data folder"
"""Note of a value that is no prediction."""

Evaluators = Mapping[str, Evaluator[Any]]


def known_materials(model: Source | None = None) -> KnownMaterials:
    """What counts as known: the tables of the data folders, what the shipped model learned from, what ``model`` did."""
    found = parents().known | _shipped("materials")
    return found if model is None else found | cast("KnownMaterials", model.known)


def known_crystals(models: Sequence[Source] = ()) -> KnownMaterials:
    """What counts as known among crystals, formulas also with their space groups and occupied sites.

    The formulas of the tables of the data folders, the structures that ship as hashes, what the shipped models of
    crystals and of compositions learned from, and what ``models`` did.
    """
    found = known_structures().materials | _shipped("materials") | _shipped("crystals")
    for model in models:
        found |= cast("KnownMaterials", model.known)
    return found


def _shipped(kind: str) -> KnownMaterials:
    path = zoo.FOLDER / zoo.DEFAULT[kind] / "known.bin"
    return KnownMaterials.load(path) if path.is_file() else KnownMaterials.build(())


def already_known(plan: Plan, model: Source, funnel: Funnel[Any], evaluators: Evaluators) -> list[Row]:
    """Known compounds that keep the constraints and meet the targets: those known from experiment first, then by score.

    Where tables of the data folder have labels, these decide and are shown; targets that no table has are predicted.
    Without tables the known compounds that the generators happened to propose are named.
    """
    found = parents()
    labelled = any(target.name in LABELS for target in plan.targets) and bool(np.isfinite(found.values).any())
    candidates = _fitting(plan, found) if labelled else funnel.apart
    others = [target for target in plan.computed if target.name not in LABELS] if labelled else []
    for target in others:
        _evaluate(evaluators[target.name], candidates)
    met = [c for c in candidates if all(_meets(target, c) for target in others)]
    scores = appraise(plan, met, met, model)
    order = sorted(range(len(met)), key=lambda row: (-met[row].values.get(MADE, 0.0), -scores[row], met[row].text))
    met = [met[row] for row in order[:MOST]]
    for name in EVALUATORS:
        if name in {measure.name for measure in plan.measures}:
            _evaluate(EVALUATORS[name], met)
    return [_row(candidate, plan) for candidate in met]


def _fitting(plan: Plan, found: Parents) -> list[Candidate[Composition]]:
    """Compounds near the hull whose labels meet every target that has one; those known from experiment first."""
    rows = np.ones(len(found.texts), dtype=bool)
    for target in plan.targets:
        if target.name in LABELS:
            rows &= target.satisfied(found.values[:, LABELS.index(target.name)])
    kept: list[Candidate[Composition]] = []
    for row in _by_standing(found, np.flatnonzero(rows)):
        item = COMPOSITIONS.parse(found.texts[row])
        if isinstance(item, Composition) and not plan.constraints.broken(item):
            named = zip(LABELS, found.values[row], strict=True)
            values = {name: float(value) for name, value in named if not math.isnan(value)}
            notes = dict.fromkeys(values, LABEL)
            kept.append(Candidate(-1, COMPOSITIONS.key(item), COMPOSITIONS.text(item), item, values, notes))
        if len(kept) == LOOKED_AT:
            break
    return kept


def _by_standing(found: Parents, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Known from experiment before computed only, then by energy above hull; far above the hull is left out."""
    heights = found.values[rows, LABELS.index("e_above_hull")]
    rows, heights = rows[~(heights > METASTABLE)], heights[~(heights > METASTABLE)]
    made = np.nan_to_num(found.values[rows, LABELS.index(MADE)])
    return np.asarray(rows[np.lexsort((np.where(np.isnan(heights), np.inf, heights), -made))])


def _evaluate(evaluator: Evaluator[Any], candidates: Sequence[Candidate[Composition]]) -> None:
    if not candidates:
        return
    for column in evaluator([candidate.item for candidate in candidates]):
        for row, candidate in enumerate(candidates):
            candidate.values[column.measure.name] = float(column.values[row])
            if column.interval is not None:
                low, high = column.interval[row]
                candidate.intervals[column.measure.name] = (float(low), float(high))
            if column.notes and column.notes[row]:
                candidate.notes[column.measure.name] = column.notes[row]


def _meets(target: Target, candidate: Candidate[Composition]) -> bool:
    return bool(target.satisfied(np.array([candidate.values[target.name]]))[0])


def _row(candidate: Candidate[Composition], plan: Plan) -> Row:
    return Row(
        rank=0,
        key=candidate.key,
        text=candidate.text,
        picture=COMPOSITIONS.picture(candidate.item),
        values={name: value for name, value in candidate.values.items() if not math.isnan(value)},
        satisfied=all(_meets(target, candidate) for target in plan.targets if target.name in candidate.values),
        score=math.nan,
        notes=candidate.notes,
        intervals=candidate.intervals,
    )
