"""The target language."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekkei.core.errors import UserError
from sekkei.core.targets import parse_target, parse_targets
from sekkei.core.types import Measure

INF = float("inf")
MEASURES = {
    "logp": Measure("logp", "", "logP", 0.5),
    "mw": Measure("mw", "Da", "weight", 25.0, low=0.0),
    "hbd": Measure("hbd", "", "donors", 0.0, low=0.0),
    "qed": Measure("qed", "", "QED", 0.05, 0.0, 1.0),
    "tpsa": Measure("tpsa", "Angstrom^2", "area", 10.0, low=0.0),
}


@pytest.mark.parametrize(
    ("text", "goal", "low", "high", "weight"),
    [
        ("logp=2.0", "window", 1.5, 2.5, 1.0),
        ("hbd=2", "window", 2.0, 2.0, 1.0),
        ("logp=2.0±0.3", "window", 1.7, 2.3, 1.0),
        ("logp = -2 +- 0.5 @ 3", "window", -2.5, -1.5, 3.0),
        ("logp=1.8..2.2", "window", 1.8, 2.2, 1.0),
        ("logp=-2..-1", "window", -2.0, -1.0, 1.0),
        ("qed>=0.8", "at_least", 0.8, INF, 1.0),
        ("logp<=3e0@0.5", "at_most", -INF, 3.0, 0.5),
        ("mw=250±25 Da", "window", 225.0, 275.0, 1.0),
        ("mw=250±25 g/mol@2", "window", 225.0, 275.0, 2.0),
        ("tpsa<=90 Å^2", "at_most", -INF, 90.0, 1.0),
        ("min:mw", "min", 0.0, INF, 1.0),
        ("max:qed@2", "max", 0.0, 1.0, 2.0),
    ],
)
def test_every_form_is_read(text: str, goal: str, low: float, high: float, weight: float) -> None:
    target = parse_target(text, MEASURES)
    assert (target.goal, target.weight) == (goal, weight)
    assert (target.low, target.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("logpp=2", "did you mean 'logp'"),
        ("mw=250 kg", "given in Da"),
        ("logp=2 Da", "without a unit"),
        ("qed>=1.5", "between 0 and 1"),
        ("mw<=-5", "between 0"),
        ("logp=3..1", "empty"),
        ("logp=2±-1", "negative"),
        ("logp=2@0", "positive"),
        ("logp~2", "cannot be read"),
        ("", "cannot be read"),
        ("logp=nan", "cannot be read"),
        ("logp=1e999", "not finite"),
    ],
)
def test_wrong_targets_say_what_and_why(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_target(text, MEASURES)


def test_a_property_is_targeted_once() -> None:
    with pytest.raises(UserError, match=r"targets\[1\].*twice"):
        parse_targets(["logp>=1", "logp<=2"], MEASURES)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.sampled_from([0.5, 1.0, 7.25]))
def test_text_reads_back_as_the_same_target(middle: float, half: float, weight: float) -> None:
    for form in (f"logp={middle!r}±{half!r}", f"logp>={middle!r}", f"logp<={middle!r}"):
        target = parse_target(f"{form}@{weight}", MEASURES)
        assert parse_target(target.text, MEASURES) == target


def test_satisfied_and_miss_agree() -> None:
    target = parse_target("logp=1..2", MEASURES)
    values = np.array([1.0, 2.0, 1.5, 0.5, 3.0, np.nan])
    assert target.satisfied(values).tolist() == [True, True, True, False, False, False]
    assert target.miss(values).tolist() == [0.0, 0.0, 0.0, 1.0, 2.0, INF]
