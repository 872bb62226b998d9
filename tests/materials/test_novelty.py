from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekkei.core.errors import UserError
from sekkei.materials.formula import SYMBOLS, parse_formula
from sekkei.materials.novelty import KINDS, KnownMaterials, neighbours, substitutions


def known(*rows):
    return KnownMaterials.build((parse_formula(text), group) for text, group in rows)


SET = known(("SrTiO3", 221), ("SiO2", 152), ("NaCl", None), ("MgAl2O4", 227))


@pytest.mark.parametrize(
    ("text", "group", "kind", "of"),
    [
        ("SrTiO3", None, "known", ""),
        ("Sr2Ti2O6", 221, "known", ""),
        ("SrTiO3", 62, "polymorph", ""),
        ("NaCl", 225, "polymorph", ""),
        ("BaTiO3", None, "ion_substitution", "SrTiO3"),
        ("BaTiO3", 221, "ion_substitution", "SrTiO3"),
        ("BaTiO3", 62, "new", ""),
        ("BaZrO3", None, "ion_substitution", "SrTiO3"),
        ("KBr", None, "ion_substitution", "NaCl"),
        ("BaZrS3", None, "same_prototype", ""),
        ("LaCrO3", None, "same_prototype", ""),
        ("LaCrO3", 221, "same_prototype", ""),
        ("LaCrO3", 62, "new", ""),
        ("Fe3O4", None, "new", ""),
    ],
)
def test_every_class(text, group, kind, of):
    found = SET.classify(parse_formula(text), group)
    assert (found.kind, found.of) == (kind, of)
    assert found.kind in KINDS
    assert str(found)


def test_substitution_stays_within_the_group():
    assert neighbours("Na") == ("Li", "K", "Rb", "Cs", "Fr")
    assert neighbours("H") == ()
    assert {"Sc", "Y", "La", "Lu"} < set(neighbours("Nd"))
    assert "U" in neighbours("Th")
    assert "Pb" in neighbours("Ti") or "Zr" in neighbours("Ti")
    assert not set(neighbours("Ti")) & {"C", "Si", "Pb"}
    made = [item.formula for item in substitutions(parse_formula("NaCl"))]
    assert made[:5] == ["LiCl", "KCl", "RbCl", "CsCl", "FrCl"]
    assert len(made) == len(set(made)) == 5 + 5 + 5 * 5
    assert all(len(item.symbols) == 2 for item in substitutions(parse_formula("KNa")))


formulas = st.dictionaries(st.sampled_from(SYMBOLS[:90]), st.integers(1, 9), min_size=1, max_size=3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(formulas, st.none() | st.integers(1, 230)), max_size=20), formulas)
def test_all_members_and_only_they_are_known(tmp_path_factory, rows, other):
    path = tmp_path_factory.mktemp("known") / "known.bin"
    items = [(parse_formula("".join(f"{s}{a}" for s, a in amounts.items())), group) for amounts, group in rows]
    KnownMaterials.build(items).save(path)
    loaded = KnownMaterials.load(path)
    assert all(item in loaded for item, _ in items)
    assert all(loaded.has_structure(item, group) for item, group in items if group)
    asked = parse_formula("".join(f"{s}{a}" for s, a in other.items()))
    assert (asked in loaded) == (asked in {item for item, _ in items})


@pytest.mark.parametrize("cut", [0, 5, 40, 50, -1])
def test_a_truncated_file_is_refused(tmp_path, cut):
    path = tmp_path / "known.bin"
    SET.save(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UserError, match=r"known\.bin"):
        KnownMaterials.load(path)


def test_damage_and_lying_counts_are_refused(tmp_path):
    path = tmp_path / "known.bin"
    SET.save(path)
    good = path.read_bytes()
    for place in range(0, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        with pytest.raises(UserError):
            KnownMaterials.load(path)
    lying = bytearray(good)
    struct.pack_into("<Q", lying, 24, 2**62)
    path.write_bytes(bytes(lying))
    with pytest.raises(UserError, match="damaged"):
        KnownMaterials.load(path)
    with pytest.raises(UserError, match="cannot be read"):
        KnownMaterials.load(tmp_path / "absent.bin")


def test_an_empty_set_knows_nothing(tmp_path):
    path = tmp_path / "known.bin"
    KnownMaterials.build([]).save(path)
    empty = KnownMaterials.load(path)
    assert len(empty) == 0
    assert empty.classify(parse_formula("NaCl")).kind == "new"
    assert empty.hashes.dtype == np.uint64
