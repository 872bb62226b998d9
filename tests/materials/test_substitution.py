"""Which element readily takes the place of which."""

from __future__ import annotations

import pytest

from sekkei.materials.substitution import exchange_weights, exchangeable


def test_ions_of_one_kind_stand_in_for_each_other():
    sodium = exchange_weights("Na")
    assert sum(sodium.values()) == pytest.approx(1)
    assert {"K", "Li", "Rb"} == set(sorted(sodium, key=sodium.__getitem__)[-3:])
    assert "Na" not in sodium
    assert max(exchange_weights("O"), key=exchange_weights("O").__getitem__) == "S"
    assert len(exchangeable()) > 80
