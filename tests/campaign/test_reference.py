"""Which hull a campaign of crystals is placed on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.reference import reference_hull
from sekkei.core.errors import UserError
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.hull import Placement


def formula(text: str) -> Composition:
    item = parse_formula(text)
    assert isinstance(item, Composition)
    return item


def spec(hull: str | None = None) -> CrystalCampaign:
    return CrystalCampaign(domain="materials", level="crystal", targets=["band_gap>=1"], hull=hull)


@pytest.fixture(autouse=True)
def _no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKKEI_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))


def test_the_hull_that_ships_knows_rock_salt_and_what_a_chlorine_rich_salt_falls_into() -> None:
    hull = reference_hull(spec())
    assert hull is not None
    salt = hull.place(formula("NaCl"), hull.lowest(formula("NaCl")) or 0.0)
    assert isinstance(salt, Placement)
    assert salt.e_above_hull == pytest.approx(0.0, abs=0.005)
    rich = hull.place(formula("NaCl2"), -2.0)
    assert isinstance(rich, Placement)
    assert rich.e_above_hull > 0
    assert "NaCl" in rich.text
    for metal in ("Ni", "Pd", "Pt", "Rh", "Mn"):
        assert hull.lowest(formula(metal)) is not None


def test_a_named_hull_and_that_of_a_data_folder_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data" / "hull"
    folder.mkdir(parents=True)
    (folder / "chgnet_hull.csv").write_text("formula,energy_per_atom\nNa,-1.3\n", encoding="utf-8")
    named = tmp_path / "named.csv"
    named.write_text("formula,energy_per_atom\nNa,-1.3\nCl,-1.8\n", encoding="utf-8")
    monkeypatch.setenv("SEKKEI_DATA", str(tmp_path / "data"))
    assert len(reference_hull(spec()) or ()) == 1
    assert len(reference_hull(spec(str(named))) or ()) == 2
    with pytest.raises(UserError):
        reference_hull(spec(str(tmp_path / "missing.csv")))


def test_a_file_is_read_once_and_again_only_when_it_has_changed(tmp_path: Path) -> None:
    named = tmp_path / "named.csv"
    named.write_text("formula,energy_per_atom\nNa,-1.3\n", encoding="utf-8")
    first = reference_hull(spec(str(named)))
    assert reference_hull(spec(str(named))) is first
    named.write_text("formula,energy_per_atom\nNa,-1.4\n", encoding="utf-8")
    os.utime(named, ns=(1, 1))
    again = reference_hull(spec(str(named)))
    assert again is not first
    assert first is not None
    assert again is not None
    assert len(again) == len(first)
    assert again.digest != first.digest
