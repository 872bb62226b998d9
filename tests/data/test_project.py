"""The hull of the Materials Project, from a recorded answer: no network."""

from __future__ import annotations

import contextlib
import json
import sys
from types import SimpleNamespace

import pytest

from sekkei.core.errors import UserError
from sekkei.data.project import FRAME, mp_hull
from sekkei.materials.energies import read_energies
from sekkei.materials.formula import parse_formula
from sekkei.materials.hull import hull_of

RECORDED = [
    {"material_id": "mp-135", "formula_pretty": "Li", "energy_per_atom": -1.909},
    {"material_id": "mp-12957", "formula_pretty": "O2", "energy_per_atom": -4.948},
    {"material_id": "mp-1960", "formula_pretty": "Li2O", "energy_per_atom": -4.965},
    {"material_id": "mp-0", "formula_pretty": "LiO", "energy_per_atom": None},
]


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """What the client would give, in a file; and an empty folder of the user."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(RECORDED), encoding="utf-8")
    asked = []

    def search(**wanted):
        asked.append(wanted)
        return [SimpleNamespace(**one) for one in json.loads(path.read_text(encoding="utf-8"))]

    client = SimpleNamespace(
        get_database_version=lambda: "2025.09.25", materials=SimpleNamespace(thermo=SimpleNamespace(search=search))
    )
    return lambda: contextlib.nullcontext(client), asked


def test_stable_phases_become_a_hull_and_are_asked_for_once(recorded):
    opened, asked = recorded
    path = mp_hull(opened)
    assert "2025.09.25" in path.name
    assert asked[0]["is_stable"]
    assert asked[0]["thermo_types"] == [FRAME]
    rows = read_energies(path).rows
    assert [row.name for row in rows] == ["mp-135", "mp-12957", "mp-1960"]
    hull = hull_of([row.formula for row in rows], [row.energy for row in rows])
    placed = hull.place(parse_formula("Li2O2"), -4.5)
    assert [formula for formula, _ in placed.products] == ["Li2O", "O"]
    assert mp_hull(opened) == path
    assert len(asked) == 1


def test_a_database_that_does_not_answer_is_told_in_one_sentence(recorded):
    def closed():
        raise ConnectionError("no route")

    with pytest.raises(UserError, match="does not answer: no route"):
        mp_hull(closed)


def test_a_missing_client_is_named(recorded, monkeypatch):
    monkeypatch.setitem(sys.modules, "mp_api", None)
    with pytest.raises(UserError, match="sekkei\\[mp\\]"):
        mp_hull()
