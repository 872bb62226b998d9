from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from sekkei.core.targets import parse_target
from sekkei.core.types import Measure
from sekkei.report.plots import Axis, Point, bar, best_compromises, distribution, ticks, trade_off

MEASURES = {name: Measure(name, "eV", name, 0.5) for name in ("gap", "mass")}
WINDOW = parse_target("gap=1..2", MEASURES)
RNG = np.random.default_rng(0)


def parsed(chart: str) -> ET.Element:
    return ET.fromstring(chart)  # noqa: S314 - made by the function under test


def lanes(values: np.ndarray, target=WINDOW) -> ET.Element:
    return parsed(distribution(target, [("listed", "Listed", values), ("judged", "Judged", values)]))


def test_every_value_is_counted_in_some_bar():
    values = np.concatenate([RNG.normal(1.5, 1, 500), [-1e6, 1e6]])
    words = [title.text for title in lanes(values).findall("g[@class='listed']/rect/title")]
    assert sum(int(re.search(r": ([\d,]+) of", text)[1]) for text in words) == 502


def test_no_bar_straddles_a_bound_of_the_window():
    chart = lanes(RNG.normal(1.5, 1, 500))
    window = chart.find("rect[@class='window']")
    left, right = float(window.get("x")), float(window.get("x")) + float(window.get("width"))
    for one in chart.findall("g/rect"):
        start, end = float(one.get("x")), float(one.get("x")) + float(one.get("width"))
        for bound in (left, right):
            assert not start + 0.3 < bound < end - 0.3


def test_whole_numbers_get_a_bar_each_and_a_window_around_them():
    chart = lanes(np.array([0.0, 1.0, 1.0, 2.0, 3.0]), parse_target("gap=1..2", MEASURES))
    assert [t.text for t in chart.findall("g[@class='listed']/rect/title")][1] == "1: 2 of 5"
    window, bars = chart.find("rect[@class='window']"), chart.findall("g[@class='listed']/rect")
    assert float(window.get("x")) == pytest.approx(float(bars[1].get("x")), abs=0.2)


def test_the_share_inside_counts_missing_values_as_outside():
    chart = distribution(WINDOW, [("listed", "Listed", np.array([1.5, math.nan, 1.7, 5.0]))])
    assert "Listed: 4, 50 % inside" in chart


@pytest.mark.parametrize(
    "values",
    [[], [math.nan], [math.inf, -math.inf], [2.0], [1.3, 1.3], [1e-12, 2e-12], [1e12, 2e12], [0.0, 0.0]],
)
@pytest.mark.parametrize("text", ["gap=1..2", "gap=2±0", "gap>=0.123", "gap<=-4", "min:gap", "gap=1.0..1.0000001"])
def test_odd_values_give_a_well_formed_chart(values, text):
    chart = lanes(np.array(values), parse_target(text, MEASURES))
    numbers = re.findall(r' (?:x|y|width|height)="([^"]*)"', ET.tostring(chart, encoding="unicode"))
    assert all(math.isfinite(float(number)) for number in numbers)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3.2, 7.9), (1e-9, 2e-9), (250, 350), (0, 1e6)])
def test_ticks_are_round_and_inside(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 9
    assert all(low - 1e-12 <= value <= high + 1e-12 for value in found)


def test_an_axis_holds_values_within_its_ends():
    axis = Axis(0, 10, 100, -50)
    assert [axis.at(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 75, 50, 50]


def test_the_best_compromises_are_those_no_point_beats():
    points = [(float(x), float(y)) for x, y in RNG.random((60, 2))]
    slow = {p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)}
    assert set(best_compromises(points)) == slow


def test_below_the_lower_end_of_a_wish_less_is_no_better():
    x, y = replace(parse_target("min:gap", MEASURES), low=0.0), parse_target("min:mass", MEASURES)
    points = [Point(1, -3.0, 2.0, 2), Point(2, 0.0, 1.0, 1), Point(3, 1.0, 3.0, 3)]
    assert parsed(trade_off(x, y, points)).find("path[@class='best']").get("d").count("L") == 0


def test_a_trade_off_links_each_finite_candidate_to_its_card():
    x, y = parse_target("min:gap", MEASURES), parse_target("max:mass", MEASURES)
    points = [Point(1, 1.0, 2.0, 1), Point(2, 2.0, 3.0, 2), Point(3, math.nan, 3.0, 3)]
    chart = parsed(trade_off(x, y, points))
    assert sorted(link.get("href") for link in chart.findall("a")) == ["#c1", "#c2"]
    assert trade_off(x, y, points[2:]) == ""


def test_numbers_of_neighbouring_points_do_not_cover_each_other():
    x, y = parse_target("min:gap", MEASURES), parse_target("max:mass", MEASURES)
    points = [Point(1, 1.0, 2.0, 1), Point(2, 1.001, 2.001, 1), Point(3, 5.0, 9.0, 1), Point(4, 3.0, 3.0, 2)]
    chart = parsed(trade_off(x, y, points))
    assert sorted(text.text for text in chart.findall("a/text")) == ["1", "3"]


def test_a_funnel_bar_is_drawn_to_scale_and_nothing_kept_is_not_drawn():
    widths = [float(rect.get("width")) for rect in parsed(bar(500, 250, 1000)).findall("rect")]
    assert widths == [50.0, 25.0]
    assert [float(r.get("width")) for r in parsed(bar(9, 0, 9)).findall("rect")] == [100.0, 0.0]
    assert "nan" not in bar(0, 0, 0)
