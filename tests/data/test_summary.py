"""Compounds of the Materials Project, from a recorded answer: no network."""

from __future__ import annotations

import contextlib
import sys
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_USER_ERROR, UserError
from sekkei.data.parents import LABELS, parents
from sekkei.data.summary import fetch_compounds, mp_ids, parts_of

FIELDS = (
    "material_id", "formula_pretty", "band_gap", "formation_energy_per_atom", "energy_above_hull",
    "total_magnetization_normalized_formula_units", "density", "theoretical",
)  # fmt: skip
RECORDED = [
    dict(zip(FIELDS, values, strict=True))
    for values in (
        ("mp-1960", "Li2O", 5.0, -2.0, 0.0, 0.0, 2.0, False),
        ("mp-7", "Li2O", 4.0, -1.9, 0.1, None, 2.1, True),
        ("mp-8", "LiO3", 0.0, float("nan"), 0.02, 1.0, 2.2, True),
        ("mp-9", "Qq2", 0.0, 0.0, 0.0, 0.0, 0.0, True),
    )
]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A client that gives what was recorded, and an empty folder of the user."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    monkeypatch.delenv("SEKKEI_DATA", raising=False)
    asked = []

    def search(**wanted):
        asked.append(wanted)
        return [SimpleNamespace(**one) for one in RECORDED]

    client = SimpleNamespace(materials=SimpleNamespace(summary=SimpleNamespace(search=search)))
    return lambda: contextlib.nullcontext(client), asked


def test_a_system_is_fetched_with_its_parts_and_only_what_was_asked_goes_into_the_table(recorded, tmp_path):
    opened, asked = recorded
    count, files = fetch_compounds("Li-O", ["band_gap", "made"], tmp_path / "mp.parquet", opened)
    assert asked[0]["chemsys"] == ["Li", "O", "Li-O"]
    assert asked[0]["fields"] == ["material_id", "formula_pretty", "band_gap", "theoretical"]
    assert count == 3
    assert pq.read_table(files[1]).to_pylist() == [
        {"material_id": "mp-1960", "formula": "Li2O", "band_gap": 5.0, "made": 1.0},
        {"material_id": "mp-7", "formula": "Li2O", "band_gap": 4.0, "made": 0.0},
        {"material_id": "mp-8", "formula": "LiO3", "band_gap": 0.0, "made": 0.0},
    ]
    fetch_compounds("Li-O", ["e_above_hull"], tmp_path / "mp.csv", opened)
    kept = {row["material_id"]: row for row in pq.read_table(files[0]).to_pylist()}
    assert (kept["mp-7"]["band_gap"], kept["mp-7"]["e_above_hull"], kept["mp-7"]["density"]) == (4.0, 0.1, None)


def test_what_was_fetched_becomes_parents_and_gives_its_ids(recorded):
    opened, _ = recorded
    before = parents()
    assert "LiO3" not in before.texts
    assert mp_ids() == {}
    fetch_compounds(opened=opened)
    found = parents()
    labels = dict(zip(LABELS, found.values[found.texts.index("LiO3")], strict=True))
    assert (labels["e_above_hull"], labels["made"]) == (pytest.approx(0.02), 0.0)
    assert found.digest != before.digest
    assert mp_ids()["Li2O"] == "mp-1960"


def test_parts_of_a_system():
    assert parts_of("S-Li-P") == ["Li", "P", "S", "Li-P", "Li-S", "P-S", "Li-P-S"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--properties", "gap"), "did you mean 'band_gap'"),
        (("--system", "Li-Qq"), "no element 'Qq'"),
        (("--out", "mp.xlsx"), ".parquet"),
        ((), "sekkei[mp]"),
    ],
)
def test_what_it_refuses_before_it_asks(words, said, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mp_api", None)
    assert run(["data", "fetch", "mp", *words]) == EXIT_USER_ERROR
    assert said in capsys.readouterr().err


def test_options_of_mp_mean_nothing_elsewhere(capsys):
    assert run(["data", "fetch", "moses", "--system", "Li-O"]) == EXIT_USER_ERROR
    assert "mp alone" in capsys.readouterr().err


def test_an_empty_answer_is_an_error(recorded):
    nothing = SimpleNamespace(materials=SimpleNamespace(summary=SimpleNamespace(search=lambda **_: [])))
    with pytest.raises(UserError, match="no compounds"):
        fetch_compounds("Li-O", opened=lambda: contextlib.nullcontext(nothing))
