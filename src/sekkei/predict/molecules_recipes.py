"""The predictors of molecules that ship: what each means, its data and how it is learned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Floats, Measure, Problem
from sekkei.data.encoders import load_encoder, usual_encoder
from sekkei.data.folder import VARIABLE, find
from sekkei.predict.blend import Blending
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels, merged
from sekkei.predict.forest import Features, Settings
from sekkei.predict.lesson import Lesson
from sekkei.predict.networks import Tuning
from sekkei.predict.several import Joint, OneOf
from sekkei.predict.trees import Recipe
from sekkei.train.tune import Pace

SMALL = Settings(trees=250, leaves=31, rate=0.07, least=5, columns=0.2, rows=0.7, ridge=2.0)
LARGE = Settings(trees=350, leaves=31, rate=0.1, least=6, columns=0.15, rows=0.7, ridge=2.0)

NETWORKS = 4
"""Graph networks blended with trees; each judges the quarter of the objects that it has not seen."""

EV = 27.211386245988
"""A Hartree in electron volts (CODATA 2018)."""

QM9_PACE = Pace(1e-3, batch=128, most=9000)
"""How the properties of QM9 are learned: about ten passes."""

QM9_COLUMNS = {
    "HOMO_au": EV, "LUMO_au": EV, "HOMO_LUMO_gap_au": EV, "Dipole_debye": 1.0, "Polarizability_bohr3": 1.0,
    "Heatcapacity_Cv_cal_mol_K": 1.0,
}  # fmt: skip
"""Columns of QM9 that one network learns together, and factors to our units."""

_QM9_FILES = ("qm9/qm9_part1.csv", "qm9/qm9_part2.csv", "qm9/qm9_part3.csv")
_QM9 = ("QM9: Ramakrishnan et al., Sci. Data 1, 140022, 2014, B3LYP/6-31G(2df,p) (CC0)",)
_QM9_HOW = (
    "All molecules; isomers of one skeleton (stereoisomers, tautomers) are averaged. One network learned "
    f"{len(QM9_COLUMNS)} properties together; molecules that calibrate or test one of them taught it none."
)
_QM9_LIMITS = (
    "QM9 knows H, C, N, O and F and at most nine heavy atoms: a larger molecule comes back as outside the domain. The "
    "values are those of one conformer in the gas phase; the graph alone decides the prediction."
)


def read_table(file: str, smiles: str, columns: Sequence[str]) -> tuple[list[Any], dict[str, Floats]]:
    """The readable molecules of a CSV file of the data folders and their numbers; unreadable rows are left out.

    Raises:
        UserError: the file is in no data folder.
    """
    path = find(file)
    if path is None:
        raise UserError(f"{file} is in no data folder", "data", f"put it under a folder of {VARIABLE}, or fetch it")
    frame = pd.read_csv(path, usecols=[smiles, *columns], keep_default_na=False, dtype={smiles: str})
    words = describer("molecules")
    items = [words.parse(text) for text in frame[smiles]]
    kept = [row for row, item in enumerate(items) if not isinstance(item, Problem) and words.unknown(item) is None]
    numbers = {name: frame[name].to_numpy(dtype=np.float64)[kept] for name in columns}
    return [items[row] for row in kept], numbers


def measured(file: str, smiles: str, column: str) -> Labels:
    """The labels of a small table; the median of those with one skeleton."""
    items, numbers = read_table(file, smiles, [column])
    key = describer("molecules").key
    return merged(items, [key(item) for item in items], numbers[column], np.median)


def _qm9(column: str) -> Labels:
    items, keys, rows, ends, numbers = _read_qm9()
    sums = np.bincount(ends, numbers[column], len(keys))
    return Labels(items, keys, sums / np.bincount(ends, minlength=len(keys)) * QM9_COLUMNS[column], rows)


@cache
def _read_qm9() -> tuple[list[Any], list[str], Features, NDArray[np.int64], dict[str, Floats]]:
    """QM9, read once for all its properties: one molecule of each skeleton, their identities and features.

    Then of every molecule the place of its skeleton, and its numbers.
    """
    frame = qm9_table(list(QM9_COLUMNS))
    words = describer("molecules")
    parsed = [words.parse(text) for text in frame["SMILES"]]
    kept = [row for row, item in enumerate(parsed) if not isinstance(item, Problem)]
    places: dict[str, int] = {}
    ends = np.array([places.setdefault(words.key(parsed[row]), len(places)) for row in kept])
    firsts = np.unique(ends, return_index=True)[1]
    items = [parsed[kept[row]] for row in firsts.tolist()]
    numbers = {name: frame[name].to_numpy(dtype=np.float64)[kept] for name in QM9_COLUMNS}
    return items, list(places), words.features(items), ends, numbers


def qm9_table(columns: Sequence[str]) -> pd.DataFrame:
    """SMILES and some columns of all of QM9, in the units of the source."""
    return pd.concat([_part(file, columns) for file in _QM9_FILES])


def _part(file: str, columns: Sequence[str]) -> pd.DataFrame:
    path = find(file)
    if path is None:
        raise UserError(f"{file} is in no data folder", "data", "run `sekkei data fetch qm9`")
    return pd.read_csv(path, usecols=["SMILES", *columns], keep_default_na=False)


@cache
def _joint() -> Joint:
    return Joint.of([_qm9(column) for column in QM9_COLUMNS], describer("molecules").key)


def _blended(recipe: Recipe) -> Blending:
    encoder = load_encoder(usual_encoder("molecules", "full"))
    return Blending(recipe, Tuning(encoder, "full", recipe.task, folds=NETWORKS))


def _together(column: str, _: Recipe) -> OneOf:
    encoder, place = load_encoder(usual_encoder("molecules", "full")), list(QM9_COLUMNS).index(column)
    return OneOf(encoder, "full", pace=QM9_PACE, joint=_joint(), place=place)


def _quantum(measure: Measure, title: str, column: str) -> Lesson:
    return Lesson(
        measure, title, _QM9, partial(_qm9, column), Recipe("number", LARGE, folds=2), _QM9_HOW, _QM9_LIMITS,
        teacher=partial(_together, column),
    )  # fmt: skip


MOLECULES: dict[str, Lesson] = {
    lesson.measure.name: lesson
    for lesson in (
        Lesson(
            Measure("solubility", "log10(mol/L)", "solubility in water", 0.5, source="AqSolDB"),
            "Solubility in water at about 25 °C",
            ("AqSolDB: Sorkun et al., Sci. Data 6, 143, 2019 (CC0)",),
            partial(measured, "molecules/aqsoldb_tdc.csv.gz", "Drug", "Y"),
            Recipe("number", SMALL, folds=4),
            "Measurements of one skeleton count with their median.",
            "Measurements of several laboratories differ by 0.5 to 0.7 log units; salts, metal complexes and mixtures "
            "are in the data as they were measured.",
        ),
        Lesson(
            Measure("lipophilicity", "", "log D at pH 7.4", 0.5, source="ChEMBL, AstraZeneca; MoleculeNet"),
            "Octanol-water distribution coefficient at pH 7.4",
            ("AstraZeneca data in ChEMBL (CC BY-SA 3.0), by way of MoleculeNet, Wu et al., Chem. Sci. 9, 513, 2018",),
            partial(measured, "molecules/moleculenet_lipo.csv.gz", "smiles", "lipo"),
            Recipe("number", SMALL, folds=4),
            "Measurements of one skeleton count with their median.",
            "Drug-like molecules of one company's projects; ions are in the protonation state of the source.",
            teacher=_blended,
        ),
        _quantum(Measure("homo", "eV", "HOMO energy", 0.3, source="QM9"), "Energy of the highest occupied orbital",
                 "HOMO_au"),
        _quantum(Measure("lumo", "eV", "LUMO energy", 0.3, source="QM9"), "Energy of the lowest empty orbital",
                 "LUMO_au"),
        _quantum(Measure("gap", "eV", "HOMO-LUMO gap", 0.3, low=0.0, source="QM9"), "Gap between HOMO and LUMO",
                 "HOMO_LUMO_gap_au"),
        _quantum(Measure("dipole", "D", "dipole moment", 0.5, low=0.0, source="QM9"), "Dipole moment",
                 "Dipole_debye"),
        _quantum(Measure("polarizability", "bohr^3", "isotropic polarizability", 2.0, low=0.0, source="QM9"),
                 "Isotropic polarizability", "Polarizability_bohr3"),
        _quantum(Measure("heat_capacity", "cal/mol/K", "heat capacity at 298 K", 1.0, low=0.0, source="QM9"),
                 "Heat capacity at constant volume, 298.15 K", "Heatcapacity_Cv_cal_mol_K"),
    )
}  # fmt: skip
"""The shipped predictors of molecules by property."""
