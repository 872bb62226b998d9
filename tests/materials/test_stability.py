"""Energies above hull of predicted formation energies, recycling, and what a composition's fingerprint says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Column, Measure
from sekkei.materials.evaluators import EVALUATORS
from sekkei.materials.formula import parse_formula
from sekkei.materials.novelty import fingerprints
from sekkei.materials.recycling import CLASSES
from sekkei.materials.stability import HullEvaluator, read_phases
from sekkei.rank.diverse import tanimoto

ENERGY = Measure("formation_energy", "eV/atom")
PHASES = {"Li2O": -2.0, "Fe2O3": -1.7, "LiFeO2": -1.9, "Li": 0.1}


@pytest.fixture
def phases(tmp_path: Path) -> Path:
    path = tmp_path / "phases.parquet"
    table = {"formula": list(PHASES), "formation_energy_per_atom": list(PHASES.values())}
    pq.write_table(pa.table(table), path)
    return path


def column(items) -> Column:
    """Formation energies of -1.85 eV/atom with an interval of ±0.1."""
    values = np.full(len(items), -1.85)
    return Column(ENERGY, values, interval=np.stack([values - 0.1, values + 0.1], axis=1), in_domain=values < 0)


def test_the_energy_above_the_hull_is_that_over_the_mixture_of_phases(phases: Path) -> None:
    judge = HullEvaluator(column, "1", read_phases(phases))
    items = [parse_formula("LiFeO2"), parse_formula("Li5FeO4")]
    above = judge(items)[0]
    # Li5FeO4 = 2 Li2O + LiFeO2, ten atoms: 6 of -2.0 and 4 of -1.9
    np.testing.assert_allclose(above.values, [0.05, -1.85 - (-1.96)], atol=1e-9)
    np.testing.assert_allclose(above.interval, above.values[:, None] + np.array([[-0.1, 0.1]]), atol=1e-9)
    assert above.notes[1].startswith("against 2 Li2O + LiFeO2 (")
    assert above.in_domain.all()


def test_without_phases_every_row_says_what_is_missing() -> None:
    above = HullEvaluator(column, "1", None)([parse_formula("LiFeO2")])[0]
    assert np.isnan(above.values[0])
    assert above.problems[0].kind == "no_phases"
    assert "hull/mp2021_entries.parquet" in above.problems[0].message


def test_the_version_changes_with_phases_and_predictor(phases: Path) -> None:
    versions = {HullEvaluator(column, name, hull).version for name in "ab" for hull in (None, read_phases(phases))}
    assert len(versions) == 4


def test_a_table_of_another_kind_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"formula": ["Li"]}), tmp_path / "x.parquet")
    with pytest.raises(UserError, match="formation_energy_per_atom"):
        read_phases(tmp_path / "x.parquet")
    with pytest.raises(UserError, match="cannot be read"):
        read_phases(tmp_path / "absent.parquet")


def test_recycling_rates() -> None:
    items = [parse_formula(text) for text in ("CoLiO2", "FeO", "NaCl")]
    found = EVALUATORS["recycling"](items)[0]
    cobalt, lithium = 58.933, 6.94
    np.testing.assert_allclose(found.values, [cobalt / (cobalt + lithium), 1.0, np.nan], rtol=1e-4)
    assert found.notes[0] == "Co over 50 %; Li under 1 %"
    assert found.problems[2].kind == "undefined"
    listed = [symbol for symbols in CLASSES.values() for symbol in symbols]
    assert len(listed) == len(set(listed)) == 60


def test_likeness_counts_elements_and_formula_type() -> None:
    texts = ["CaTiO3", "SrTiO3", "CaTiO3", "LiF", "Ca2TiO4"]
    alike = tanimoto(fingerprints([parse_formula(text) for text in texts]))
    values = alike(0, np.arange(5))
    assert values[2] == 1.0
    assert values[1] == pytest.approx(3 / 5)  # Ti, O and the type of Ca, Ti, Sr, O and the type
    assert values[3] == 0.0
    assert values[4] == pytest.approx(3 / 5)
