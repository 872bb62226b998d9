"""One trusted measure of generated molecules: read, look, compare, state every definition and interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sekkei.core.errors import UserError
from sekkei.metrics import guacamol
from sekkei.metrics.chemnet import describe
from sekkei.metrics.conditions import Wanted, columns_of, nearest_rows, read_targets
from sekkei.metrics.definitions import DEFINITIONS, unit_of
from sekkei.metrics.distances import histogram
from sekkei.metrics.diversity import nearest_histogram
from sekkei.metrics.figures import defined, plain
from sekkei.metrics.measured import NAMES, Against, Measured, measure
from sekkei.metrics.parallel import processes
from sekkei.metrics.reference import moses_filters
from sekkei.metrics.samples import Samples, examine, other_formats, read_samples
from sekkei.metrics.sources import MOSES, Training, compared_with, training_of
from sekkei.molecules.files import NAME_COLUMNS, SMILES_COLUMNS
from sekkei.molecules.properties import PROPERTIES
from sekkei.molecules.samples import Look
from sekkei.molecules.scramble import scrambled
from sekkei.version import __version__

SET_SIZE = 30_000
"""How many attempts the measures of whole sets take, as MOSES asks."""

MEASURES = {name: entry.measure for name, entry in PROPERTIES.items()}
"""What targets may ask for."""

_FEW = 1_000
_OVERLAP = 0.01
_HISTOGRAMS = ("logp", "mw", "qed", "sa")
_SEED = 0


@dataclass(frozen=True)
class Asked:
    """What to evaluate and against what.

    Attributes:
        file: generated molecules.
        reference: ``moses``, a file or a model.
        train: training molecules, a file or a model; for ``moses`` by default the shipped model's list of them.
        targets: CSV of what was asked for, or None.
        column: column of the SMILES, where it cannot be guessed.
        baselines: measure floor and baselines beside it.
        set_size: attempts that the measures of whole sets take.
    """

    file: Path
    reference: str = MOSES
    train: str | None = None
    targets: Path | None = None
    column: str | None = None
    baselines: bool = False
    set_size: int = SET_SIZE


def evaluate(asked: Asked, workers: int = 2) -> dict[str, Any]:
    """Everything ``metrics.json`` holds, as plain data; NaN where a figure is not defined.

    Raises:
        UserError: a file is missing or unreadable, targets and samples do not match, or a reference is too small.
    """
    if asked.set_size < 2:
        raise UserError(f"{asked.set_size} is below 2", "--set-size", "30000 is usual")
    samples = read_samples(asked.file, asked.column)
    wanted = None
    if asked.targets:
        wanted = read_targets(asked.targets, MEASURES, (*SMILES_COLUMNS, *NAME_COLUMNS)).spread(len(samples.texts))
    with processes(workers) as pool:
        against = _against(asked, len(samples.texts), wanted, pool)
        seen = examine(samples, pool)
        measured = measure(seen, samples.texts, against, pool)
        beside = _baselines(asked, against, len(samples.texts), pool) if asked.baselines else {}
    return {
        "domain": "molecules",
        "sekkei": __version__,
        "file": samples.name,
        "attempts": len(samples.texts),
        "unreadable": _unreadable(seen),
        "settings": _settings(asked, against, len(samples.texts)),
        "warnings": _warnings(samples, seen, measured, against),
        "figures": [plain(figure, unit_of(figure.name)) for figure in measured.figures],
        "definitions": defined(measured.figures, DEFINITIONS),
        "baselines": {
            label: {figure.name: figure.value for figure in one.figures} for label, one in beside.items()
        },
        "histograms": _histograms(seen, measured, against),
    }  # fmt: skip


def _against(asked: Asked, n: int, wanted: Wanted | None, pool: Executor | None) -> Against:
    compared = compared_with(asked.reference, pool)
    name = asked.train or (MOSES if asked.reference == MOSES else None)
    training = training_of(name, pool) if name else None
    try:
        filters = moses_filters()
    except UserError:
        filters = None  # said among the warnings
    profile = chemnet = None
    if training is not None:
        sample = training.draw(_as_many(n), _SEED)
        profile = guacamol.profile(sample, pool)
        chemnet = describe(sample) if len(sample) > 1 else None
    return Against(compared, training, profile, chemnet, filters, wanted, asked.set_size)


def _as_many(n: int) -> int:
    """Training molecules of GuacaMol's scores: as many as there are samples, at most the package's number."""
    return min(max(n, _FEW), guacamol.SAMPLES)


def _baselines(asked: Asked, against: Against, n: int, pool: Executor | None) -> dict[str, Measured]:
    """The same figures of sets that need no model: what repeating the training data reaches, and what chance."""
    training = against.training
    if training is None:
        raise UserError("needs training molecules", "--with-baselines", "name a file or a model with --train")
    size = min(n, asked.set_size)
    wanted = against.wanted
    against = replace(against, wanted=_head(wanted, size) if wanted else None, intervals=False)
    sets = {
        "floor": training.draw(size, _SEED),
        "resampling": training.draw(size, _SEED + 1, replace=True),
        "random": scrambled(training.draw(size, _SEED + 2, replace=True), _SEED),
    }
    if against.wanted is not None:
        sets["retrieval"] = _retrieved(training, against.wanted, pool)
    out = {}
    for label, texts in sets.items():
        # A sample smaller than the set has no row for every target.
        one = replace(against, wanted=_head(against.wanted, len(texts)) if against.wanted else None)
        out[label] = measure(examine(Samples(label, texts, Counter()), pool), texts, one, pool)
    return out


def _head(wanted: Wanted, n: int) -> Wanted:
    return Wanted(wanted.measures, wanted.low[:n], wanted.high[:n], wanted.centre[:n])


def _retrieved(training: Training, wanted: Wanted, pool: Executor | None) -> list[str]:
    known = training.draw(guacamol.SAMPLES, _SEED)
    values = examine(Samples("training", known, Counter()), pool).properties
    return [known[row] for row in nearest_rows(wanted, columns_of(wanted, values, NAMES))]


def _unreadable(seen: Look) -> dict[str, Any]:
    count = sum(not text for text in seen.smiles)
    return {
        "count": count,
        "share": count / len(seen.smiles),
        "reasons": dict(seen.problems.most_common()),
        "examples": seen.examples,
    }


def _settings(asked: Asked, against: Against, n: int) -> dict[str, str]:
    training = against.training
    out = {"reference": against.compared.words, "training": training.words if training else "none given"}
    out["set size"] = f"measures of whole sets take the first {asked.set_size:,} attempts"
    if training:
        size = min(_as_many(n), len(training.sample))
        out["GuacaMol reference"] = f"{size:,} training molecules, drawn with seed {_SEED}"
    if asked.targets:
        out["targets"] = asked.targets.name
    if asked.baselines:
        out["floor"] = f"as many training molecules, each once, of {len(training.sample) if training else 0:,} at hand"
        out["resampling"] = "as many training molecules drawn with replacement"
        out["random"] = "the atoms of as many training molecules joined at random, rings and multiple bonds as many"
        if asked.targets:
            out["retrieval"] = f"for each sample the nearest of {guacamol.SAMPLES:,} training molecules at most"
    return out


def _warnings(samples: Samples, seen: Look, measured: Measured, against: Against) -> list[str]:
    values = {figure.name: figure.value for figure in measured.figures}
    valid = sum(map(bool, seen.smiles))
    out = []
    if not valid:
        out.append("Not one sample is a molecule: nothing but the reading can be measured.")
    elif valid < _FEW:
        out.append(f"Only {valid:,} valid molecules: FCD, Frag, Scaf and the KL score mean little below {_FEW:,}.")
    out += other_formats(samples.texts)
    if values.get("in_reference", 0.0) > _OVERLAP:
        out.append(
            f"{values['in_reference']:.1%} of the different generated molecules lie in the reference itself: its "
            "distances and similarities flatter them."
        )
    if against.training is None:
        out.append("No training molecules were named (--train): novelty and the scores of GuacaMol are left out.")
    else:
        out += [text for text in [against.training.known.warning()] if text]
        if not against.training.whole and any(mark in text for text in against.training.sample for mark in "@/"):
            out.append("The model lists its training molecules with stereochemistry: guacamol_novelty is too high.")
    if against.filters is None:
        out.append("The filters of MOSES are not at hand (sekkei data fetch moses): Filters is left out.")
    if len(samples.texts) > against.set_size:
        out.append(f"Measures of whole sets are of the first {against.set_size:,} of {len(samples.texts):,} attempts.")
    return out


def _histograms(seen: Look, measured: Measured, against: Against) -> dict[str, Mapping[str, Sequence[float]]]:
    out: dict[str, Mapping[str, Sequence[float]]] = {}
    if len(measured.nearest):
        out["nearest"] = nearest_histogram(measured.nearest)
    # The four properties of MOSES, which are those a reference set keeps: logP, SA, QED, weight.
    reference = next(iter(against.compared.sets.values())).properties
    for name in _HISTOGRAMS:
        values = seen.properties[:, NAMES[name]]
        known = reference[:, ("logp", "sa", "qed", "mw").index(name)]
        out[name] = histogram(values[np.isfinite(values)], known)
    return out
