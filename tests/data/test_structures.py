"""The known crystals of a campaign: hashes that ship, and the tables of a data folder."""

from __future__ import annotations

import pytest

from sekkei.data.folder import find
from sekkei.data.structures import known_structures
from sekkei.materials.codecs.wyckoff import read_symmetric
from sekkei.materials.crystal import Crystal, crystal


def made(line: str) -> Crystal:
    item = read_symmetric(line).crystal()
    assert isinstance(item, Crystal)
    return item


@pytest.mark.parametrize("tables", [False, True])
def test_what_is_known_with_and_without_tables(tables, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    if not tables:
        monkeypatch.setenv("SEKKEI_DATA", str(tmp_path / "none"))
    elif find("crystals/mp20_structures.parquet") is None:
        pytest.skip("MP-20 is in no data folder")
    known = known_structures()
    salt, tin = made("225 Na:a Cl:b | 5.60"), made("221 Cs:a Sn:b I:c | 6.20")
    found = known.classify([salt, tin, made("194 Na:a Cl:c | 4.00 6.40"), made("221 Sr:a P:b O:c | 3.90")])
    assert [one.kind for one in found] == ["known", "known", "polymorph", "ion_substitution"]
    assert known.classify([]) == []
    # a formula that no table has a structure of
    assert known.at_hand(frozenset({"Na7Cl9"})) == {}
    at_hand = known.at_hand(frozenset({"NaCl", "Na7Cl9"}))
    assert bool(at_hand) == tables
    assert all(isinstance(item, Crystal) for item in at_hand.get("NaCl", []))


def test_a_known_structure_without_its_symmetry_is_known(monkeypatch) -> None:
    if find("crystals/mp20_structures.parquet") is None:
        pytest.skip("MP-20 is in no data folder")
    item = made("221 Cs:a Sn:b I:c | 6.20")
    strained = crystal(item.lattice * [[1.04], [1.0], [0.97]], item.numbers, item.positions)
    assert known_structures().classify([strained])[0].kind == "known"
