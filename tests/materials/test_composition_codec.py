"""Formulas as tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekkei.core.errors import UserError
from sekkei.materials.codecs.composition import HEAVIEST, LARGEST, CompositionCodec
from sekkei.materials.formula import SYMBOLS, composition, parse_formula
from sekkei.testing import check_codec

CODEC = CompositionCodec.standard()
FORMULAS = st.dictionaries(st.sampled_from(SYMBOLS[:HEAVIEST]), st.integers(1, 16), min_size=1, max_size=8).map(
    composition
)


@given(FORMULAS)
def test_every_composition_comes_back(item) -> None:
    assert CODEC.decode(CODEC.encode(item.formula)) == item.formula


def test_it_keeps_the_promises_of_a_codec() -> None:
    check_codec(CODEC, ["LiFePO4", "Fe2O3", "NaN", "Au", "KPb18Au5"])
    again = CompositionCodec.from_json(CODEC.to_json())
    assert again == CODEC


def test_order_and_multiples_of_a_formula_make_no_difference() -> None:
    assert CODEC.encode("O4PFeLi") == CODEC.encode("Li2Fe2P2O8")
    places = [CODEC.places[symbol] for symbol in ("Cs", "Li", "Fe", "P", "O", "F")]
    assert places == sorted(places)


def test_fractions_are_scaled_and_what_is_too_large_is_refused() -> None:
    assert CODEC.decode(CODEC.encode("Ba0.4K0.6Fe2As2")) == parse_formula("K3Ba2Fe10As10").formula
    with pytest.raises(UserError, match=f"more than {LARGEST}"):
        CODEC.encode("Ba0.999K0.001FeAs")
    with pytest.raises(UserError, match="no element"):
        CODEC.encode("Xx2O")


def test_what_is_no_formula_decodes_into_no_formula() -> None:
    lithium, oxygen = CODEC.encode("Li")[0], CODEC.encode("O")[0]
    one = CODEC.first_amount
    for tokens in ([lithium, oxygen], [one, lithium], [lithium, one, one], [lithium, one, oxygen]):
        assert not hasattr(parse_formula(CODEC.decode(tokens)), "formula")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"elements": ["Li", "Li"], "largest": 3}'])
def test_a_damaged_codec_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"codec\.json"):
        CompositionCodec.from_json(text)
