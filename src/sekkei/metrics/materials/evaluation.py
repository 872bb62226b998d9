"""One trusted measure of generated materials: read, look, compare, state every definition and interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Floats, Measure
from sekkei.materials.files import FORMULA_COLUMNS, NAME_COLUMNS
from sekkei.materials.properties import CRYSTAL_PROPERTIES
from sekkei.materials.properties import PROPERTIES as COMPOSITION_PROPERTIES
from sekkei.metrics.conditions import Wanted, read_targets
from sekkei.metrics.distances import histogram
from sekkei.metrics.figures import Figure, defined, plain
from sekkei.metrics.materials.baselines import WORDS, baselines
from sekkei.metrics.materials.coverage import CUTOFFS
from sekkei.metrics.materials.definitions import DEFINITIONS, unit_of
from sekkei.metrics.materials.known import read_known
from sekkei.metrics.materials.look import PROPERTIES, fingerprints, look
from sekkei.metrics.materials.measured import Against, Set, measure, properties, validity
from sekkei.metrics.materials.profiles import Convention, convention
from sekkei.metrics.materials.relaxation import read_relaxed
from sekkei.metrics.materials.samples import ENERGY, Samples, read_samples, with_energies
from sekkei.metrics.parallel import processes
from sekkei.version import __version__

SET_SIZE = 1_000
"""How many attempts, and how many reference materials, coverage and diversity take: a fingerprint costs 0.1 s."""

_HOW_ENERGIES = (
    f"Relax the crystals (sekkei relax), place the table it writes (sekkei hull), give the result with --energies; or "
    f"bring a column {ENERGY} in the file."
)
_FEW = 100
_OVERLAP = 0.1
_SEED = 0
_SPACEGROUP = Measure("spacegroup", title="space group number", low=1.0, high=230.0, source="spglib, 0.1 Angstrom")
_HULL = Measure(ENERGY, "eV/atom", "energy above hull", 0.05)
_HISTOGRAMS = ("density", "elements", "volume_per_atom", "electronegativity_difference")


@dataclass(frozen=True)
class Asked:
    """What to evaluate and against what.

    Attributes:
        file: generated materials.
        reference: file or folder of reference materials.
        train: training materials for novelty; the reference where None.
        profile: name of the convention.
        targets: CSV of what was asked for, or None.
        relaxed: the same crystals after relaxation, or None.
        energies: table of their energies above hull, or None where the file holds them.
        hull: name of the hull behind the column ``e_above_hull``, in the user's words.
        potential: name of what computed the energies.
        cutoffs: name of the coverage's cut-offs.
        column: column of formulas or CIF texts, where it cannot be guessed.
        baselines: measure floor and baselines beside it.
        set_size: attempts and reference materials that coverage takes.
    """

    file: Path
    reference: Path
    train: Path | None = None
    profile: str = "cdvae"
    targets: Path | None = None
    relaxed: Path | None = None
    energies: Path | None = None
    hull: str = ""
    potential: str = ""
    cutoffs: str = "mp20"
    column: str | None = None
    baselines: bool = False
    set_size: int = SET_SIZE


def evaluate(asked: Asked, workers: int = 2) -> dict[str, Any]:
    """Everything ``metrics.json`` holds, as plain data; NaN where a figure is not defined.

    Raises:
        UserError: a file is missing or unreadable, targets and samples do not match, or a reference is too small.
    """
    rules = convention(asked.profile)
    if asked.set_size < 2:
        raise UserError(f"{asked.set_size} is below 2", "--set-size", f"{SET_SIZE} is the default")
    if asked.cutoffs not in CUTOFFS:
        raise UserError(f"unknown cut-offs '{asked.cutoffs}'", "--cutoffs", did_you_mean(asked.cutoffs, CUTOFFS))
    samples = read_samples(asked.file, asked.column)
    if asked.energies:
        samples = with_energies(samples, asked.energies)
    wanted = _wanted(asked, samples)
    with processes(workers) as pool:
        made = _made(asked, samples, rules, pool)
        against = _against(asked, rules, wanted, pool)
        figures = measure(made, against, pool)
        beside = {"reference": _of_reference(against)}
        if asked.baselines:
            beside |= baselines(len(samples), against, pool)
    return {
        "domain": "materials",
        "sekkei": __version__,
        "file": samples.name,
        "attempts": len(samples),
        "unreadable": _unreadable(samples),
        "settings": _settings(asked, samples, against),
        "warnings": _warnings(asked, samples, made, against, figures),
        "figures": [plain(figure, unit_of(figure.name)) for figure in figures],
        "definitions": defined(figures, DEFINITIONS),
        "baselines": beside,
        "histograms": _histograms(made, against),
    }


def _wanted(asked: Asked, samples: Samples) -> Wanted | None:
    if asked.targets is None:
        return None
    # A column of the file, such as a gap that the user's own model predicts, may be asked for too.
    known = {name: Measure(name) for name in samples.values} | {ENERGY: _HULL}
    known |= {name: entry.measure for name, entry in COMPOSITION_PROPERTIES.items()}
    if samples.level == "crystal":
        known |= {name: entry.measure for name, entry in CRYSTAL_PROPERTIES.items()} | {_SPACEGROUP.name: _SPACEGROUP}
    return read_targets(asked.targets, known, (*FORMULA_COLUMNS, *NAME_COLUMNS)).spread(len(samples))


def _made(asked: Asked, samples: Samples, rules: Convention, pool: Executor | None) -> Set:
    prints = fingerprints(samples.items[: asked.set_size], pool)
    relaxed = read_relaxed(asked.relaxed, samples, rules.tolerances, pool) if asked.relaxed else None
    readable = np.array([item is not None for item in samples.items])
    # a number beside something unreadable belongs to no material, so it can meet no target
    values = {name: np.where(readable, column, np.nan) for name, column in samples.values.items()}
    return Set(samples.level, samples.items, look(samples.items, pool), values, prints, relaxed)


def _against(asked: Asked, rules: Convention, wanted: Wanted | None, pool: Executor | None) -> Against:
    reference = read_known(asked.reference, pool)
    training = read_known(asked.train, pool) if asked.train else reference
    rows = np.sort(reference.draw(asked.set_size, _SEED))
    prints = fingerprints([reference.items[row] for row in rows], pool)
    return Against(reference, training, rules, CUTOFFS[asked.cutoffs], prints, asked.set_size, wanted)


def _of_reference(against: Against) -> dict[str, float]:
    """The figures of the reference that a pass rate means nothing without."""
    known = against.reference
    whole = Set(known.level, known.items, known.look, known.values, against.prints)
    return {figure.name: figure.value for figure in [*validity(whole, against.convention), *properties(whole)]}


def _unreadable(samples: Samples) -> dict[str, Any]:
    reasons: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for name, problem in zip(samples.names, samples.problems, strict=True):
        if problem is not None:
            reasons[problem.kind] += 1
            examples.setdefault(problem.kind, f"{name}: {problem.message}" if name else problem.message)
    count = reasons.total()
    return {
        "count": count,
        "share": count / len(samples),
        "reasons": dict(reasons.most_common()),
        "examples": examples,
    }


def _settings(asked: Asked, samples: Samples, against: Against) -> dict[str, str]:
    cutoffs = against.cutoffs
    out = {
        "level": samples.level,
        "reference": against.reference.words,
        "training": against.training.words + (", the reference" if asked.train is None else ""),
        "profile": against.convention.words,
        "set size": f"coverage and diversity take the first {asked.set_size:,} attempts and "
        f"{len(against.prints.composition):,} reference materials, drawn with seed {_SEED}",
        "cut-offs": f"{asked.cutoffs}: structure {cutoffs.structure:g}, composition {cutoffs.composition:g}",
    }
    if ENERGY in samples.values:
        out["hull"] = asked.hull or "not named"
        out["potential"] = asked.potential or "not named"
    if asked.energies:
        out["energies"] = asked.energies.name
    if asked.relaxed:
        out["relaxed"] = asked.relaxed.name
    if asked.targets:
        out["targets"] = asked.targets.name
    if asked.baselines:
        out |= {name: words for name, words in WORDS.items() if name != "retrieval" or asked.targets}
    return out


def _warnings(asked: Asked, samples: Samples, made: Set, against: Against, figures: Sequence[Figure]) -> list[str]:
    values = {figure.name: figure.value for figure in figures}
    readable = sum(item is not None for item in samples.items)
    out = []
    if not readable:
        out.append("Not one sample is a material: nothing but the reading can be measured.")
    elif readable < _FEW:
        out.append(f"Only {readable:,} readable materials: coverage and distances mean little below {_FEW:,}.")
    if samples.mixed:
        out.append("Crystals stand beside formulas: all are taken for compositions.")
    if any(samples.passed_over):
        folders, files = samples.passed_over
        out.append(
            f"Not read in {samples.name}: subfolders ({folders:,}) and files that are named like no structure "
            f"({files:,})."
        )
    if made.crystals and against.reference.level != "crystal":
        out.append("The reference holds compositions: novelty and coverage of the crystals are by composition.")
    if values.get("in_reference", 0.0) > _OVERLAP:
        out.append(
            f"{values['in_reference']:.1%} of the different generated materials lie in the reference itself: its "
            "coverage and distances flatter them."
        )
    if asked.train is None:
        out.append("No training materials were named (--train): novelty is counted against the reference.")
    if len(against.prints.composition) < len(against.reference.items):
        out.append(
            f"Coverage is of {len(against.prints.composition):,} of {len(against.reference.items):,} reference "
            "materials (--set-size): published figures take all, and precision rises with their number."
        )
    if against.convention.departs:
        out.append(against.convention.departs)
    return out + _about_energy(asked, samples)


def _about_energy(asked: Asked, samples: Samples) -> list[str]:
    if ENERGY not in samples.values:
        return [f"Not measured: stability, S.U.N. and M.S.U.N., since there are no energies. {_HOW_ENERGIES}"]
    out = []
    without = int(np.isnan(samples.values[ENERGY]).sum())
    if without:
        out.append(f"{without:,} attempts have no {ENERGY}: they count as not stable.")
    if not (asked.hull and asked.potential):
        out.append("Hull or potential is not named (--hull, --potential): the S.U.N. figures cannot be compared.")
    return out


def _histograms(made: Set, against: Against) -> dict[str, Mapping[str, Sequence[float]]]:
    out: dict[str, Mapping[str, Sequence[float]]] = {}
    for name in _HISTOGRAMS:
        place = PROPERTIES.index(name)
        mine, known = (_finite(one.properties[:, place]) for one in (made.look, against.reference.look))
        if len(mine) and len(known):
            out[name] = histogram(mine, known)
    return out


def _finite(values: Floats) -> Floats:
    return np.asarray(values[np.isfinite(values)])
