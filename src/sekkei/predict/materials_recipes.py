"""The predictors of materials that ship: what each means, its data and how it is learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sekkei.core.types import Floats, Measure
from sekkei.data.encoders import Encoder, load_encoder, usual_encoder
from sekkei.materials.datasets import TABLES, MaterialTable
from sekkei.predict.blend import Blending
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels, chosen, parts
from sekkei.predict.forest import Settings, grow
from sekkei.predict.lesson import Lesson
from sekkei.predict.networks import Tuning
from sekkei.predict.tables import decoys, known_formulas, labels_of, lower_median
from sekkei.predict.trees import Recipe
from sekkei.train.tune import Pace

LARGE = Settings(trees=400, leaves=63, rate=0.1, least=8, columns=0.2, rows=0.5, ridge=2.0)
FINE = Settings(trees=700, leaves=127, rate=0.06, least=8, columns=0.4, rows=0.9, ridge=2.0)
SMALL = Settings(trees=250, leaves=31, rate=0.06, least=4, columns=0.3)

NETWORKS = 2
"""MatBERTs blended with trees."""

OLD_PACE, NEW_PACE = Pace(5e-4, batch=256, most=8000), Pace(3e-4, head=3e-4, batch=256, epochs=40)
"""How MatBERTs learn formation energies in the older frame, and then in that of MP-20."""

_MEDIAN = (
    "How likely it is no metal, and the gap it has then; the answer is the median of zero and that gap by this chance. "
)

_SHORT = (
    "Where it is unsure whether there is a gap, the answer is less than that gap: gaps of non-metals come out a bit "
    "small."
)

_SALTS = (
    "The source calls some salts of ions with open shells metals, such as Cu4H10SO12, which they are not, and has only "
    "some eighty compounds with hydrogen, which all count as outside the domain: distrust it on hydrates, hydroxides "
    "and salts of Cu(II) or rare earths."
)

MOMENTS = MaterialTable(
    "mp20_moments", "mean absolute site moments of MP-20 structures as CHGNet 0.4.2 predicts them", 26_034,
    "CHGNet: Deng et al., Nat. Mach. Intell. 5, 1031, 2023; structures: MP-20, Xie et al., ICLR 2022",
    "Materials Project, CC BY 4.0", "labels/mp20_moments.csv",
    measures={"moment": Measure("moment", "mu_B/atom", "mean absolute site moment", low=0.0)},
    caution="made by benchmarks/magnetic_moments/label.py; CHGNet's opinion, not a calculation",
)  # fmt: skip
"""The labels of ``magnetic_moment``."""


def _tables(*names: str) -> tuple[MaterialTable, ...]:
    return tuple(TABLES[name] for name in names)


def _sources(*tables: MaterialTable) -> tuple[str, ...]:
    return tuple(f"{table.title}: {table.source} ({table.licence})" for table in tables)


def _old_frame(_: Labels) -> str:
    """Trees on the 132,752 older formation energies, none of a formula that calibrates or tests."""
    old = labels_of(_tables("mp_e_form"), "formation_energy", np.min)
    train = parts(old.keys)[0]
    rows = describer("materials").features([item for item, kept in zip(old.items, train, strict=True) if kept])
    return grow(rows, old.values[train], replace(LARGE, trees=700), seed=0)


def _energies(recipe: Recipe) -> Blending:
    """Networks that first learn the older formation energies, as the trees do."""
    old = labels_of(_tables("mp_e_form"), "formation_energy", np.min)
    train = parts(old.keys)[0]
    tuning = Tuning(_matbert(), "full", recipe.task, pace=OLD_PACE)
    rows = np.zeros((train.sum(), 0), dtype=np.float32)
    mind = tuning.learn(chosen(old.items, train), rows, old.values[train], seed=0).mind
    start = mind.states[0]  # type: ignore[attr-defined]
    return Blending(recipe, replace(tuning, pace=NEW_PACE, start=start), members=NETWORKS)


def _salts_doubted(labels: Labels) -> Labels:
    """What holds hydrogen counts as outside the domain, see :data:`_SALTS`."""
    return replace(labels, doubted=("H",))


def _matbert() -> Encoder:
    return load_encoder(usual_encoder("materials", "full"))


def _likeness() -> Labels:
    """ICSD-matched formulas (1) beside as many that are not known to have been made (0), half of them invented."""
    made = known_formulas(_tables("icsd_formulas"))
    taken = {item.formula for item in made}
    other = [item for item in known_formulas(_tables("mp_e_form", "mp_gap")) if item.formula not in taken]
    random = np.random.default_rng(0)
    half = len(made) // 2
    computed = [other[row] for row in random.permutation(len(other))[:half]]
    invented = decoys(made, half, seed=1)
    items = [*made, *computed, *invented]
    values = np.array([1.0] * len(made) + [0.0] * (len(computed) + len(invented)))
    return Labels(items, [item.formula for item in items], values)


def _most(values: Floats) -> float:
    return float(values.mean() > 0.5)


MATERIALS: dict[str, Lesson] = {
    lesson.measure.name: lesson
    for lesson in (
        Lesson(
            Measure("band_gap", "eV", "band gap (PBE)", 0.3, low=0.0, source="Matbench v0.1 mp_gap, PBE"),
            "Band gap as the Materials Project computes it with PBE",
            _sources(*_tables("mp_gap")),
            lambda: labels_of(_tables("mp_gap"), "band_gap", lower_median),
            Recipe("gated", FINE, replace(FINE, objective="binary", trees=300)),
            _MEDIAN + "Of several polymorphs the lower median counts.",
            "PBE gaps are about 40 % too small. Polymorphs of one composition share one answer. "
            + _SHORT,
        ),
        Lesson(
            Measure("band_gap_expt", "eV", "band gap (measured)", 0.3, low=0.0,
                    source="Zhuo et al. 2018, Matbench v0.1"),
            "Measured band gap",
            _sources(*_tables("expt_gap", "expt_bandgaps")),
            lambda: _salts_doubted(labels_of(_tables("expt_gap", "expt_bandgaps"), "band_gap", lower_median)),
            Recipe("gated", SMALL, replace(SMALL, objective="binary"), folds=8),
            _MEDIAN + "Of several measurements the lower median counts.",
            "Mostly known semiconductors and intermetallics; optical and transport gaps are mixed in the source. "
             f"{_SHORT} {_SALTS}",
        ),
        Lesson(
            Measure("is_metal", "", "metal (measured), probability", 0.1, 0.0, 1.0, "Zhuo et al. 2018, Matbench v0.1"),
            "Probability of being a metal, from measurements",
            _sources(*_tables("expt_is_metal")),
            lambda: _salts_doubted(labels_of(_tables("expt_is_metal"), "is_metal", _most)),
            Recipe("class", replace(SMALL, objective="binary"), folds=8),
            "Of contradicting measurements the majority counts.",
            f"A composition that is a metal in one polymorph and none in another has one answer. {_SALTS}",
        ),
        Lesson(
            Measure("formation_energy", "eV/atom", "formation energy", 0.1, source="MP-20 and MPTS-52 labels"),
            "Formation energy in the energy frame of MP-20",
            _sources(*_tables("mp20_properties", "mpts52", "mp_e_form")),
            lambda: labels_of(_tables("mp20_properties", "mpts52"), "formation_energy", np.min),
            Recipe("number", replace(LARGE, trees=250, rate=0.07)),
            "Of several polymorphs the lowest energy counts. Trees and networks first learn the older labels of "
            "matbench_mp_e_form (without any formula kept aside) and then the frame of MP-20 "
            "(MP2020 corrections).",
            "Not to be compared with energies of another frame: the older tables differ by 0.042 eV/atom on average. "
            "Stability needs a convex hull; errors of this size decide near-hull cases wrongly.",
            _old_frame,
            _energies,
        ),
        Lesson(
            Measure("magnetic_moment", "mu_B/atom", "mean absolute site moment", 0.1, low=0.0,
                    source="CHGNet 0.4.2 on MP-20 structures"),
            "Mean absolute site moment, as CHGNet predicts it for known structures",
            _sources(MOMENTS),
            lambda: labels_of((MOMENTS,), "moment", np.mean),
            Recipe("number", replace(LARGE, trees=300, leaves=47)),
            "Labels are predictions of CHGNet 0.4.2 on MP-20 structures, the mean over polymorphs. Absolute values, so "
            "that antiferromagnets count as magnetic.",
            "Twice removed from a calculation: it learns from a potential's prediction. It says nothing of magnetic "
            "order.",
        ),
        Lesson(
            Measure("icsd_likeness", "", "likeness to synthesised compounds", 0.1, 0.0, 1.0,
                    "SynthNN's list of ICSD-matched MP formulas"),
            "How much a composition looks like those that have been made",
            _sources(*_tables("icsd_formulas", "mp_e_form", "mp_gap")),
            _likeness,
            Recipe("class", replace(LARGE, objective="binary", trees=250)),
            "Positive-unlabelled learning: ICSD-matched formulas against as many that are not known to have been made, "
            "half of them computed compounds of the Materials Project, half invented (proportions of a known compound "
            "with other elements). Some of the latter can be made, so the true precision is higher than stated.",
            "A score, not the probability that a synthesis succeeds; it knows no route, temperature or pressure.",
        ),
    )
}  # fmt: skip
"""The shipped predictors of materials by property."""
