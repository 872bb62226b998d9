from __future__ import annotations

import base64
import hashlib
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from sekkei.core.errors import UserError
from sekkei.core.targets import parse_targets
from sekkei.core.types import Measure
from sekkei.report.content import FunnelStep, Report, Row
from sekkei.report.html import linked, render, trade_offs, write_report

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}"
MEASURES = {
    "logp": Measure("logp", "", "Crippen logP", 0.5, source="Wildman & Crippen 1999"),
    "esol": Measure("esol", "log10(mol/L)", "solubility", 0.5),
    "sa": Measure("sa", "", "synthetic accessibility", 0.3, 1.0, 10.0),
    "qed": Measure("qed", "", "drug-likeness", 0.05, 0.0, 1.0),
}
PICTURE = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0L9 9'/></svg>"


def row(rank: int, picture: str = PICTURE, **values: float) -> Row:
    known = {"logp": 1.5, "esol": -2.0, "sa": 2.0, "qed": 0.5} | values
    return Row(rank, f"KEY{rank}", "C" * max(rank, 1) + "O", picture, known, True, 0.9, notes={"sa": "easy"})


def report(rows: list[Row], texts: tuple[str, ...] = ("logp=1..2", "esol>=-2.5"), **changes) -> Report:
    plain = Report(
        title="Soluble molecules",
        asked=len(rows),
        targets=parse_targets(texts, MEASURES),
        measures=list(MEASURES.values()),
        rows=rows,
        near_misses=[],
        steps=[
            FunnelStep("valid", "Valid", 1200, 1000, {"syntax": 150, "valence": 50}),
            FunnelStep("targets", "Targets met", 1000, len(rows), {"logp too high": 900}),
        ],
        judged={"logp": np.linspace(-2, 5, 300)},
        reference={"logp": np.linspace(-1, 6, 300)},
        constraints=["only C, H, O"],
        provenance={"model": "druglike", "seed": "0"},
        warnings=[],
        sources={"esol": "Delaney 2004, doi:10.1021/ci034243x."},
    )
    return replace(plain, **changes)


class Page(HTMLParser):
    """Collects what a browser would see: tags with attributes, and the text outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def hostile_report() -> Report:
    measure = Measure(HOSTILE, HOSTILE, HOSTILE, 0.5, source=HOSTILE)
    targets = [replace(target, measure=measure) for target in parse_targets(["logp=1..2"], MEASURES)]
    targets += parse_targets(["min:sa", "max:qed"], MEASURES)
    bad = Row(
        1, HOSTILE, HOSTILE, PICTURE, {HOSTILE: 1.5, "sa": 2.0, "qed": 0.4}, True, 0.9, 1, {HOSTILE: HOSTILE}, HOSTILE
    )
    return report(
        [bad], title=HOSTILE, targets=targets, measures=[measure], near_misses=[replace(bad, rank=0)], asked=2,
        steps=[FunnelStep(HOSTILE, HOSTILE, 9, 1, {HOSTILE: 8})], constraints=[HOSTILE], warnings=[HOSTILE],
        provenance={HOSTILE: HOSTILE}, sources={HOSTILE: HOSTILE, "other " + HOSTILE: HOSTILE},
    )  # fmt: skip


def test_hostile_text_stays_text_in_every_field():
    page = Page(render(hostile_report()))
    assert len(page.all("script")) == 1
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in page.all("img"))
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert page.text.count("alert(1)") > 20
    assert "49" not in page.text


def test_scripts_in_a_drawing_stay_inside_an_image():
    evil = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(2)</script></svg>"
    page = render(report([row(1, evil)]))
    assert "alert" not in page
    assert base64.b64encode(evil.encode()).decode() in page


@pytest.mark.parametrize("picture", ["", "not a drawing", "<svg>" + "x" * 200_000])
def test_a_candidate_without_a_usable_drawing_keeps_its_card(picture):
    page = Page(render(report([row(1, picture)])))
    assert "no drawing" in page.text
    assert any(item.get("id") == "c1" for item in page.all("li"))


def test_the_page_loads_nothing():
    page = Page(render(report([row(1)], provenance={"home": "https://example.org/x.js"})))
    for tag, attributes in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            address = attributes.get(name)
            assert address is None or address.startswith(("#", "data:")) or (tag == "a" and name == "href")
    assert not {"link", "iframe", "object", "base"} & {tag for tag, _ in page.tags}
    style = re.search(r"<style>(.*?)</style>", render(report([row(1)])), re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_lets_exactly_the_pages_own_script_run():
    page = render(report([row(1)]))
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(meta["content"] for meta in Page(page).all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")
    assert f"script-src 'sha256-{digest}'" in policy


def test_the_same_report_gives_the_same_bytes(tmp_path):
    for name in ("a.html", "b.html"):
        write_report(report([row(1), row(2)]), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_text_that_has_no_utf8_form_is_written_all_the_same(tmp_path):
    write_report(report([row(1)], warnings=["half a character \udc80"]), tmp_path / "a.html")
    assert "half a character" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_the_users_error(tmp_path):
    with pytest.raises(UserError):
        write_report(report([row(1)]), tmp_path / "missing" / "a.html")


def test_missing_and_infinite_values_are_printed_and_sorted_last():
    odd = report([row(1, logp=math.nan, esol=math.inf, sa=-math.inf), row(2)])
    page = Page(render(replace(odd, judged={"logp": np.array([math.nan, math.inf, 1.0])})))
    assert not re.search(r"\b(nan|inf)\b", page.text, re.IGNORECASE)
    cells = [cell["data-v"] for cell in page.all("td") if "data-v" in cell][:6]
    assert cells == ["1", "0.9", "", "Infinity", "-Infinity", "0.5"]
    assert "∞" in page.text


def test_an_empty_list_says_so_and_shows_the_nearest_misses():
    miss = replace(row(0, logp=2.04), satisfied=False, why="logp 2.04, above 2")
    page = Page(render(report([], asked=50, near_misses=[miss])))
    assert "No candidate was found; 50 were asked for." in page.text
    assert "logp 2.04, above 2" in page.text
    assert "Most were lost at “Targets met” (1,000 of 1,000)" in page.text
    assert len(page.all("ol")) == 1


def test_a_report_without_anything_is_still_a_page():
    nothing = Report("Nothing", 3, [], [], [], [], [], {}, {}, [], {}, [], {})
    assert "No candidate was found; 3 were asked for." in Page(render(nothing)).text


def test_every_target_carries_its_mark_and_a_miss_never_looks_like_a_hit():
    close = replace(row(1, logp=2.004), satisfied=False)
    page = render(report([close]))
    assert "2.004" in page
    assert page.count('aria-label="missed"') == 2
    assert page.count('aria-label="met"') == 2


def test_five_hundred_rows_stay_light_and_are_all_in_the_table():
    heavy = PICTURE.replace("</svg>", "<path d='M1 1'/>" * 500 + "</svg>")
    page = render(report([row(rank, heavy) for rank in range(1, 501)]))
    assert len(page) < 3_000_000
    drawn = page.count('<li class="card"')
    assert 50 <= drawn < 500
    assert f"the first {drawn} are drawn" in page
    assert page.count('aria-label="Copy structure') == 500


def test_the_targets_table_counts_what_is_met():
    page = Page(render(report([row(1), row(2, logp=9.0)])))
    assert "Crippen logP logp 1 to 2 1 of 2" in page.text
    assert "solubility esol ≥ −2.5 log₁₀(mol/L) 2 of 2" in page.text


def test_trade_offs_are_drawn_where_fronts_were_asked_for():
    rows = [replace(row(k, sa=1.0 + k, qed=0.1 * k), front=1) for k in range(1, 5)]
    asked = report(rows, ("min:sa", "max:qed", "logp=1..2"))
    assert [(x.name, y.name) for x, y, _ in trade_offs(asked)] == [("sa", "qed")]
    assert [(x.name, y.name) for x, y, _ in trade_offs(replace(asked, targets=asked.targets[1:]))] == []
    one_sided = replace(asked, targets=parse_targets(["min:sa", "esol>=-2.5"], MEASURES))
    assert [(x.name, y.name) for x, y, _ in trade_offs(one_sided)] == [("sa", "esol")]
    assert trade_offs(replace(asked, rows=[replace(one, front=0) for one in rows])) == []


def test_addresses_in_sources_can_be_followed_and_nothing_else():
    html = linked("Ertl <b>2009</b>, https://a.org/x?y=1&z=2. doi:10.1021/ci034243x; javascript:alert(1)")
    links = [attributes["href"] for attributes in Page(html).all("a")]
    assert links == ["https://a.org/x?y=1&z=2", "https://doi.org/10.1021/ci034243x"]
    assert "<b>" not in html
