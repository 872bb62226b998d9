"""Train a predictor on a table of one's own: 50 to 100,000 rows with a structure and a number each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Floats, Measure, Problem
from sekkei.data.encoders import usual_encoder
from sekkei.models.adapters import Method, check_adaptable
from sekkei.predict.blend import Blending, teacher_words
from sekkei.predict.card import predictor_card
from sekkei.predict.describe import Describer, describer
from sekkei.predict.embed import encoder_of
from sekkei.predict.fit import Labels, Task, Teacher, calibrated, errors_of, fit, merged, parts
from sekkei.predict.forest import Settings
from sekkei.predict.lab_table import LabTable, majority
from sekkei.predict.networks import Tuning, default_pace
from sekkei.predict.predictor import Answer, Brain, Guess, Predictor, answered
from sekkei.predict.reach import Reach
from sekkei.predict.trees import Recipe

FEW = 500
"""Objects below which nothing is kept aside: intervals and errors come from cross-validation instead."""

FOLDS = 5
"""Parts of the cross-validation, and boosters of trees."""

BLENDED = 3
"""Networks that are blended with trees: what each of them has not seen tells how much they count."""

MERGED = ("of several values of one structure the mean counts", "of several classes of one structure most count")
"""What becomes of values that differ, of numbers and of classes."""

_LEAST = 50
_LEAST_OF_CLASS = 9  # with fewer nothing is ruled out: see sekkei.predict.calibrate.quantile
_TREES = Settings(trees=250, leaves=31, rate=0.06, least=4, columns=0.3)


def lab_labels(domain: str, table: LabTable, name: str, task: Task = "number") -> Labels:
    """One value per structure of a table; several of one structure count with their mean, classes by majority.

    Raises:
        UserError: fewer than fifty different structures with a value, all values alike, or values that are no classes.
    """
    words = describer(domain)
    items, values = [item for item in table.items if not isinstance(item, Problem)], table.used
    check_values(values, task, name)
    labels = merged(items, [words.key(item) for item in items], values, majority if task == "class" else np.mean)
    if len(labels.items) < _LEAST or np.ptp(labels.values) == 0:
        what = f"{len(labels.items)} different structures with {len(np.unique(labels.values))} different values"
        raise UserError(f"{what} are too little to learn from", name, f"give at least {_LEAST}, not all alike")
    return labels


def lab_recipe(task: Task = "number") -> Recipe:
    """How trees learn from a user's own table."""
    trees = replace(_TREES, objective="binary") if task == "class" else _TREES
    return Recipe(task, trees, replace(_TREES, objective="binary"), folds=FOLDS)


def lab_tuning(domain: str, model: str | None, method: Method, task: Task, rank: int, epochs: int | None) -> Tuning:
    """How an encoder learns from a user's own table.

    Args:
        domain: ``materials`` or ``molecules``.
        model: a shipped encoder, a folder, or a name on the hub; the usual one where None.
        method: ``full``, ``adapter`` or ``lora``.
        task: what kind of answer is wanted.
        rank: of LoRA, or width of the adapters.
        epochs: passes over the table; the usual number where None.

    Raises:
        UserError: there is no such encoder, it is of the other domain, or it has nothing to adapt.
    """
    encoder = encoder_of(domain, model or usual_encoder(domain, method))
    check_adaptable(encoder.network, method)  # before anything is learned
    pace = default_pace(method, encoder)
    if epochs:
        pace = replace(pace, epochs=epochs, least=1)
    return Tuning(encoder, method, task, rank, pace=pace)


def lab_blending(domain: str, model: str | None, method: Method, task: Task, rank: int, epochs: int | None) -> Blending:
    """How trees and an encoder together learn from a user's own table; see :func:`lab_tuning`."""
    tuning = lab_tuning(domain, model, method, task, rank, epochs)
    return Blending(lab_recipe(task), replace(tuning, folds=BLENDED))


def fit_lab(
    domain: str, table: LabTable, measure: Measure, source: str, seed: int = 0, teacher: Teacher | None = None
) -> Predictor:
    """Train on a user's own table.

    Args:
        domain: ``materials`` or ``molecules``.
        table: what :func:`read_lab` read.
        measure: what the numbers mean.
        source: name of the data for the card.
        seed: of everything random.
        teacher: how to learn; trees where None. Beside an encoder trees on the same objects are judged.

    Raises:
        UserError: fewer than fifty different structures with a value, all values alike, or values that are no classes.
    """
    trees = teacher if isinstance(teacher, Recipe) else lab_recipe(teacher.task if teacher else "number")
    labels = lab_labels(domain, table, measure.name, trees.task)
    if trees.task == "gated":
        measure = replace(measure, low=max(measure.low, 0.0))
    usable = len(table.items) - len(table.problems)
    record = {
        "title": f"trained on {source}",
        "sources": [source],
        "how": f"{usable} usable rows of {len(table.items)}; {MERGED[trees.task == 'class']}.",
        "limits": "It knows structures like those of the table.",
        "task": trees.task,
        "recipe": f"LightGBM, {trees.folds} boosters of {trees.trees.trees} trees",
    }
    found = _fit(domain, measure, labels, trees, seed, record)
    if teacher is None or isinstance(teacher, Recipe):
        return found
    beside = {"baseline": found.training["held_out"]}
    tuned = _fit(domain, measure, labels, teacher, seed, {**record, **beside, "recipe": teacher_words(teacher)})
    return replace(tuned, baseline=found)


def check_values(values: Floats, task: Task, name: str) -> None:
    """Refuse values that the task cannot mean.

    Raises:
        UserError: a class that is neither 0 nor 1, or a gated property below zero or never zero.
    """
    if task == "class" and not np.isin(values, (0.0, 1.0)).all():
        raise UserError("holds other numbers than 0 and 1", name, "a class is 0 or 1; use --task number otherwise")
    if task == "gated" and len(values) and (values.min() < 0 or not (values == 0).any()):
        raise UserError("is below zero somewhere, or never zero", name, "use --task number")


def _fit(
    domain: str, measure: Measure, labels: Labels, teacher: Teacher, seed: int, record: dict[str, Any]
) -> Predictor:
    words = describer(domain)
    if len(labels.items) >= FEW and (teacher.task != "class" or _classes_everywhere(labels)):
        return fit(words, measure, labels, teacher, seed, record=record)
    if isinstance(teacher, Tuning):
        teacher = replace(teacher, folds=max(teacher.folds, FOLDS))
        record = {**record, "recipe": teacher_words(teacher)}
    if isinstance(teacher, Blending):
        teacher = replace(teacher, tuning=replace(teacher.tuning, folds=FOLDS))
        record = {**record, "recipe": teacher_words(teacher)}
    return _cross_validated(words, measure, labels, teacher, seed, record)


def _classes_everywhere(labels: Labels) -> bool:
    """Whether the parts that calibrate and test hold enough of both classes to say something of each."""
    upper = labels.values > 0.5
    counts = [min(upper[part].sum(), (~upper[part]).sum()) for part in parts(labels.keys)[1:]]
    return bool(min(counts) >= _LEAST_OF_CLASS)


def _cross_validated(
    words: Describer, measure: Measure, labels: Labels, teacher: Teacher, seed: int, record: dict[str, Any]
) -> Predictor:
    """Too few to keep any aside: each object is judged by the part that had not seen it.

    Intervals of one width come from those errors, as in the jackknife+ (Barber et al., Ann. Stat. 49, 486, 2021). How
    many values they hold is told of intervals that each fifth got from the errors of the others.
    """
    rows = words.features(labels.items)
    learned = teacher.learn(labels.items, rows, labels.values, seed)
    unseen = Guess(np.clip(learned.left_out, measure.low, measure.high), None)
    margin = calibrated(unseen, labels.values, teacher.task, measure.low, measure.high)
    present = np.asarray(words.present(labels.items), dtype=bool)
    order = np.random.default_rng(seed).permutation(len(rows))
    fifth = len(rows) // 5
    short = rows[:, : words.compared]
    reach = Reach.fit(short[order[fifth:]], short[order[:fifth]], present, words.bounded, seed)
    said = _answers_of_parts(unseen, labels.values, order % FOLDS, teacher.task, measure)
    every = errors_of(said, labels.values, np.ones(len(rows), dtype=bool), teacher.task)
    errors = {name: value for name, value in every.items() if "inside" not in name}  # the domain was drawn around them
    sizes = {"train": len(rows), "calibrate": 0, "test": 0}
    facts = {**record, "objects": sizes, "held_out": errors, "cross_validated": True, "seed": seed}
    brain = Brain(learned.mind.even(), margin, measure.low, measure.high)
    return Predictor(words, measure, brain, reach, facts, "unsaved", "")


def _answers_of_parts(unseen: Guess, truth: Floats, part: NDArray[np.int64], task: Task, measure: Measure) -> Answer:
    """What was said of each object, with the interval that the errors of the other parts give it."""
    interval = np.zeros((len(truth), 2))
    for one in range(FOLDS):
        mine, others = part == one, part != one
        seen = Guess(unseen.values[others], None)
        margin = calibrated(seen, truth[others], task, measure.low, measure.high)
        interval[mine] = answered(Guess(unseen.values[mine], None), margin, measure.low, measure.high).interval
    return Answer(unseen.values, interval, None)


def with_card(predictor: Predictor) -> Predictor:
    """The same predictor with its card written, and that of its baseline."""
    baseline = with_card(predictor.baseline) if predictor.baseline else None
    return replace(predictor, card=predictor_card(predictor), baseline=baseline)
