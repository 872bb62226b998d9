"""Which hull a campaign of crystals is placed on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.campaign.place import place_rows
from sekkei.campaign.reference import reference_hull
from sekkei.campaign.spec import campaign
from sekkei.core.errors import UserError
from sekkei.materials.energies import read_energies
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.hull import Placement
from sekkei.zoo import HULLS


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
    named.write_text("formula,formation_energy,energy_per_atom\nNa,0,-1.3\nNaCl,-2,-3.4\n", encoding="utf-8")
    assert (reference_hull(spec(str(named))) or {}).lowest(formula("NaCl")) == -3.4
    named.write_text("formula,formation_energy\nNa,0\nNaCl,-2\n", encoding="utf-8")
    with pytest.raises(UserError, match="formation energies"):
        reference_hull(spec(str(named)))
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


def test_a_hull_is_of_one_potential(tmp_path: Path) -> None:
    def other(hull: str | None) -> CrystalCampaign:
        return spec(hull).model_copy(update={"potential": "sevennet"})

    assert reference_hull(other(None)) is None  # CHGNet's, which ships, is not used
    with pytest.raises(UserError, match="chgnet"):
        reference_hull(other(str(HULLS / "chgnet.csv")))
    with pytest.raises(UserError, match="frame of the Materials Project"):
        reference_hull(other("mp"))
    named = tmp_path / "own.csv"
    named.write_text("formula,energy_per_atom,potential\nNa,-1.3,sevennet\n", encoding="utf-8")
    assert len(reference_hull(other(str(named))) or ()) == 1
    with pytest.raises(UserError, match="sevennet"):
        reference_hull(spec(str(named)))


def test_two_files_of_two_potentials_are_not_placed_on_each_other(tmp_path: Path) -> None:
    files = {}
    for name in ("chgnet", "sevennet", "0.5"):
        files[name] = tmp_path / f"{name}.csv"
        files[name].write_text(f"formula,energy_per_atom,potential\nNa,-1.3,{name}\n", encoding="utf-8")
    one, two, volts = (read_energies(path) for path in files.values())
    with pytest.raises(UserError, match="chgnet and sevennet"):
        place_rows(one, two)
    with pytest.raises(UserError, match="chgnet and sevennet"):
        place_rows(two, read_energies(HULLS / "chgnet.csv"))
    assert place_rows(one, one)[0]["e_above_hull [eV/atom]"] == 0
    assert place_rows(one, volts)[0]["e_above_hull [eV/atom]"] == 0


def test_the_second_judge_is_another_one() -> None:
    with pytest.raises(UserError, match="second judge is the first"):
        campaign({"domain": "materials", "level": "crystal", "targets": ["band_gap>=1"], "second_judge": "chgnet"})
    with pytest.raises(UserError, match="second_judge"):
        campaign({"domain": "materials", "level": "crystal", "targets": ["band_gap>=1"], "second_judge": "mace"})
