from __future__ import annotations

import numpy as np
import pytest

from sekkei.materials.features import features, fractions, names, table, unknown
from sekkei.materials.formula import SYMBOLS, parse_formula


def described(*formulas):
    return features([parse_formula(formula) for formula in formulas])


def test_statistics_are_those_of_magpie_by_hand():
    row = dict(zip(names(), described("Fe2O3")[0], strict=True))
    fe, o = 1.83, 3.44  # Pauling electronegativities
    mean = 0.4 * fe + 0.6 * o
    assert row["electronegativity mean"] == pytest.approx(mean, rel=1e-4)
    assert row["electronegativity deviation"] == pytest.approx(0.4 * abs(fe - mean) + 0.6 * abs(o - mean), rel=1e-4)
    assert row["electronegativity range"] == pytest.approx(o - fe, rel=1e-4)
    assert (row["electronegativity min"], row["electronegativity max"]) == pytest.approx((fe, o), rel=1e-4)
    assert row["electronegativity mode"] == pytest.approx(o, rel=1e-4)
    assert row["norm 2"] == pytest.approx((0.4**2 + 0.6**2) ** 0.5, rel=1e-4)
    assert (row["fraction Fe"], row["fraction O"]) == pytest.approx((0.4, 0.6), rel=1e-4)
    assert row["charge within reach"] == 1.0  # Fe3+ and O2-


def test_spelling_and_multiples_do_not_matter_and_no_row_depends_on_its_neighbours():
    rows = described("Fe2O3", "O3Fe2", "Fe4O6", "Ba0.4K0.6Fe2As2")
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[2])
    np.testing.assert_array_equal(rows[3], described("Ba0.4K0.6Fe2As2")[0])


def test_electrons_are_counted_odd_or_even_where_a_formula_is_one():
    odd = names().index("odd electrons")
    assert described("NaCl", "NO2", "Fe0.9871C0.0129")[:, odd].tolist() == [0.0, 1.0, 0.5]


def test_every_element_up_to_lawrencium_has_every_property():
    symbols, properties, values = table()
    assert symbols == SYMBOLS[:103]
    assert values.shape == (103, len(properties))
    assert np.isfinite(values).all()
    assert np.isfinite(described(*symbols)).all()
    assert described(*symbols).shape[1] == len(names()) == len(set(names()))
    assert unknown(parse_formula("RfO2")).kind == "element"
    assert unknown(parse_formula("LrO2")) is None


def test_fractions_add_up_and_nothing_gives_nothing():
    items = [parse_formula(formula) for formula in ("LiFePO4", "Ca(OH)2", "NaN")]
    np.testing.assert_allclose(fractions(items).sum(axis=1), 1.0)
    assert features([]).shape == (0, len(names()))
