from __future__ import annotations

import math

import numpy as np
import pytest

from sekkei.core.targets import parse_target, parse_targets
from sekkei.core.types import Measure
from sekkei.report.content import FunnelStep, Report, Row
from sekkei.report.words import decimals, goal_words, number, plain, reason_words, verdict

MEASURES = {
    "esol": Measure("esol", "log10(mol/L)", "solubility", 0.5),
    "hbd": Measure("hbd", "", "donors"),
    "sa": Measure("sa", "", "accessibility", 0.3, 1, 10),
    "tpsa": Measure("tpsa", "Angstrom^2", "surface", 10.0),
}


def report(listed: int, asked: int, texts: tuple[str, ...], satisfied: int | None = None, near: int = 0) -> Report:
    good = listed if satisfied is None else satisfied
    rows = [Row(k + 1, "", "CO", "", {}, k < good, 0.5) for k in range(listed)]
    misses = [Row(0, "", "CCO", "", {}, False, 0.1, why="esol −2.6, below −2.5")] * near
    steps = [FunnelStep("valid", "Valid", 1204, 1000, {}), FunnelStep("targets", "Targets met", 1000, listed, {})]
    return Report(
        "t", asked, parse_targets(texts, MEASURES), [], rows, misses, steps, {}, {}, [], {}, [], {}
    )  # fmt: skip


def test_a_full_list_says_so():
    assert verdict(report(50, 50, ("esol>=-2", "hbd=2"))) == [
        "All 50 candidates asked for were found.",
        "Every one meets both targets.",
        "1,204 structures were generated in all.",
    ]


def test_one_candidate_is_spoken_of_in_the_singular():
    assert verdict(report(1, 1, ("hbd=2",)))[:2] == ["The one candidate asked for was found.", "It meets the target."]


def test_a_wish_without_a_bound_is_never_called_met():
    assert verdict(report(3, 2, ("min:sa",)))[:2] == [
        "Both candidates asked for were found, and 1 more.",
        "The list aims at sa as small as possible.",
    ]


def test_several_wishes_read_as_one_list():
    assert verdict(report(3, 3, ("min:sa", "max:tpsa", "min:hbd")))[1] == (
        "The list aims at sa as small as possible, tpsa as large as possible and hbd as small as possible."
    )


def test_a_partial_list_says_where_the_others_were_lost_and_what_came_nearest():
    assert verdict(report(4, 50, ("esol>=-2", "hbd=2", "min:sa"), satisfied=3, near=2)) == [
        "4 of the 50 candidates asked for were found.",
        "3 of 4 meet both bounded targets; beyond that the list aims at sa as small as possible.",
        "1,204 structures were generated in all.",
        "Most were lost at “Targets met” (996 of 1,000) and at “Valid” (204 of 1,204).",
        "2 near misses are shown below, the closest for esol −2.6, below −2.5.",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("esol>=-2.5", "≥ −2.5 log₁₀(mol/L)"),
        ("hbd=2", "exactly 2"),
        ("tpsa=60±10", "50 to 70 Å²"),
        ("tpsa<=60.5", "≤ 60.5 Å²"),
        ("max:sa", "as large as possible"),
    ],
)
def test_goals_in_words(text, words):
    assert goal_words(parse_target(text, MEASURES)) == words


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (math.nan, 2, "–"),
        (math.inf, 2, "∞"),
        (-math.inf, 0, "−∞"),
        (-0.001, 2, "0.00"),
        (-1.5, 1, "−1.5"),
        (1234.5, 0, "1,234"),
        (1e300, 2, "1e+300"),
    ],
)
def test_numbers_as_printed(value, digits, text):
    assert number(value, digits) == text


def test_bounds_are_printed_as_given():
    assert [plain(value) for value in (0.1 + 0.2, -2.0, 1e9, 275.0)] == ["0.3", "−2", "1e+09", "275"]


@pytest.mark.parametrize(
    ("values", "digits"),
    [([], 0), ([math.nan], 0), ([1, 2, math.nan], 0), ([281.3, 9.0], 1), ([1.25], 2), ([0.85], 3), ([0.012], 4)],
)
def test_decimals_follow_the_column(values, digits):
    assert decimals(np.array(values, dtype=float)) == digits


def test_reasons_are_sorted_and_the_rare_ones_summed():
    step = FunnelStep("s", "S", 100, 1, {f"r{k}": k for k in range(1, 10)})
    assert reason_words(step) == "r9 (9), r8 (8), r7 (7), r6 (6), r5 (5), r4 (4), 3 other reasons (6)"
