"""What a report tells of materials: intervals, generators, known compounds, criteria."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from sekkei.core.targets import parse_targets
from sekkei.core.types import Measure
from sekkei.report.content import FunnelStep, Report, Row, Share
from sekkei.report.html import render, trade_offs

MEASURES = {
    "band_gap": Measure("band_gap", "eV", "band gap", 0.3, low=0.0),
    "moment": Measure("moment", "mu_B/atom", "moment", 0.1),
    "hull": Measure("hull", "eV/atom", "energy above hull"),
    "cost": Measure("cost", "USD/kg", "price"),
    "likeness": Measure("likeness", "", "likeness", low=0.0, high=1.0),
    "novelty": Measure("novelty", "", "novelty class", low=0.0, high=4.0),
}
HOSTILE = "<script>alert(1)</script>"


def row(rank: int, **changes) -> Row:
    values = {"band_gap": 2.4, "moment": 0.0, "hull": 0.01 * rank, "cost": 9.0 - rank, "likeness": 0.8, "novelty": 2.0}
    intervals = {"band_gap": (2.1, 2.9), "likeness": (0.0, 1.0)}
    plain = Row(rank, f"KEY{rank}", f"CaTiO{rank}", "<svg/>", values, True, 0.9, front=1, intervals=intervals)
    return replace(plain, title="CaTiO₃", words={"novelty": "ion substitution of SrTiO3"}, **changes)


def report(**changes) -> Report:
    plain = Report(
        title="Materials by design", asked=5, targets=parse_targets(["band_gap=2.5±0.5", "moment=0"], MEASURES),
        measures=list(MEASURES.values()), rows=[row(rank) for rank in range(1, 6)], near_misses=[],
        steps=[FunnelStep("valid", "Valid", 100, 5, {"element": 95})], judged={}, reference={}, constraints=[],
        provenance={}, warnings=[], sources={}, many="compositions", text="formula",
    )  # fmt: skip
    return replace(plain, **changes)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL))


def test_intervals_stand_below_their_values_and_classes_have_none() -> None:
    text = words(render(report()))
    assert "2.40 eV 2.10 to 2.90" in text
    assert "averaged over their 90 % intervals" in text
    assert "0.00 to 1.00" not in text
    assert "µB/atom" in text
    assert "ion substitution of SrTiO3" in text
    assert "CaTiO₃" in text


def test_what_each_generator_gave_is_a_table() -> None:
    shares = [Share("matgpt", 1200, 60, 3), Share(HOSTILE, 1200, 30, 2)]
    page = render(report(shares=shares))
    assert "matgpt 1,200 60 5.0 % 3" in words(page)
    assert HOSTILE not in page
    assert "Who proposed them" not in render(report())


def test_known_compounds_come_before_the_candidates_and_empty_columns_are_left_out() -> None:
    known = Row(0, "K", "BaSnO3", "", {"band_gap": 2.2, "cost": 3.0}, True, math.nan, notes={"band_gap": "a label"})
    page = render(report(known=[known]))
    table = page[page.index('id="known"') : page.index('id="candidates"')]
    assert page.index('id="known"') < page.index('id="candidates"')
    assert "BaSnO3" in table
    assert 'title="a label"' in table
    assert {"band_gap", "cost"} == set(re.findall(r'<th scope="col" class="n"[^>]*>(\w+)', table))
    assert "check these first" not in render(report())


def test_criteria_are_drawn_against_each_other_where_they_vary() -> None:
    criteria = parse_targets(["min:hull", "min:cost", "max:likeness"], MEASURES)
    page = report(criteria=criteria)
    assert [(x.name, y.name) for x, y, _ in trade_offs(page)] == [("hull", "cost")]
    assert "(the score, energy above hull, price, likeness)" in words(render(page))
