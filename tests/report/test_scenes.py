"""The crystals of a report that can be turned on its page: every listed one, offline, escaped."""

from __future__ import annotations

import json
import re

import numpy as np

from sekkei.core.targets import parse_targets
from sekkei.core.types import Measure
from sekkei.materials.crystal import Crystal, crystal
from sekkei.materials.scene import scene
from sekkei.report.content import Report, Row
from sekkei.report.html import render

HOSTILE = "</script><script>alert(1)</script>"
GAP = Measure("band_gap", "eV", "band gap", 0.3, low=0.0)


def salt() -> Crystal:
    made = crystal(np.eye(3) * 4, [11, 17], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert isinstance(made, Crystal)
    return made


def report(n: int, picture: str = "<svg/>", **more) -> Report:
    drawn = more or {"title": "NaCl", "scene": scene(salt())}
    rows = [Row(k, f"KEY{k}", "NaCl", picture, {"band_gap": 2.0}, True, 0.9, **drawn) for k in range(1, n + 1)]
    return Report(
        title="Crystals by design", asked=n, targets=parse_targets(["band_gap=2"], {"band_gap": GAP}), measures=[GAP],
        rows=rows, near_misses=[], steps=[], judged={}, reference={}, constraints=[], provenance={}, warnings=[],
        sources={}, many="crystals", text="line",
    )  # fmt: skip


def scenes(page: str) -> list[dict]:
    return json.loads(re.search(r'id="scenes">(.*?)</script>', page, re.DOTALL)[1])


def test_every_listed_crystal_has_its_scene_and_a_button_also_where_cards_run_out() -> None:
    heavy = f"<svg>{'x' * 90_000}</svg>"
    page = render(report(30, heavy))
    held = scenes(page)
    assert len(held) == 30
    assert held[4]["title"] == "5: NaCl"
    assert all(len(one["atoms"]) == 9 and len(one["corners"]) == 8 for one in held)
    cards = page.count('class="turn"')
    assert 0 < cards < 30
    assert {int(place) for place in re.findall(r'data-turn="(\d+)"', page)} == set(range(30))
    assert page.count("<img src=") >= cards  # the still picture, where no script runs


def test_the_page_asks_for_nothing_and_runs_only_its_own_script() -> None:
    page = render(report(2))
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)|url\(|@import|https?://(?!www\.w3\.org)""", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src &#39;none&#39;")
    assert "unsafe-inline" not in policy.split("script-src")[1]


def test_what_comes_from_outside_cannot_become_markup() -> None:
    page = render(report(1, title=HOSTILE, scene={**scene(salt()), "cell": HOSTILE}))
    assert "<script>alert(1)" not in page
    assert scenes(page)[0]["cell"] == HOSTILE
    assert page.count("<script") == 2


def test_a_report_without_crystals_carries_no_viewer() -> None:
    page = render(report(1, title="ethanol"))
    assert "<dialog" not in page
    assert "data-turn" not in page
