from __future__ import annotations

import pytest

from sekkei.core.protocols import Domain
from sekkei.core.types import Problem
from sekkei.materials.domain import COMPOSITIONS, CRYSTALS
from sekkei.testing import check_domain


def test_they_are_domains():
    assert isinstance(COMPOSITIONS, Domain)
    assert isinstance(CRYSTALS, Domain)
    assert COMPOSITIONS.name == CRYSTALS.name == "materials"
    assert (COMPOSITIONS.level, CRYSTALS.level) == ("composition", "crystal")


def test_the_promises_of_a_domain_hold_for_compositions():
    check_domain(COMPOSITIONS, ["Fe2O3", "O6Fe4", "Ca(OH)2", "CuSO4·5H2O", "Ba0.4K0.6Fe2As2", "NaN", "H2", "LvOg"])


def test_the_promises_of_a_domain_hold_for_crystals(rocksalt, perovskite, diamond):
    check_domain(CRYSTALS, [CRYSTALS.text(item) for item in (rocksalt, perovskite, diamond)])


def test_equal_compositions_have_one_key():
    keys = {COMPOSITIONS.key(COMPOSITIONS.parse(text)) for text in ("Fe2O3", "O3Fe2", "Fe4O6", "FeO1.5")}
    assert keys == {"Fe2O3"}


@pytest.mark.parametrize("text", ["Fe2O3", "data_x", "data_x\n_cell_length_a 3\nloop_\n_atom_site_label\nFe1\n"])
def test_what_is_no_cif_says_why(text):
    found = CRYSTALS.parse(text)
    assert isinstance(found, Problem)
    assert found.kind == "syntax"
