"""The page of an evaluation: self-contained, escaped, every figure on it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from sekkei.report.evaluation import chart, figure_words, render


@pytest.fixture
def result() -> dict:
    definition = {
        "group": "MOSES",
        "title": "a <share>",
        "source": "https://example.org/x",
        "settings": "all",
        "better": "higher",
    }
    return {
        "domain": "molecules", "sekkei": "1", "file": "<script>alert(1)</script>.smi", "attempts": 12345,
        "unreadable": {"count": 1, "share": 1 / 12345, "reasons": {"syntax": 1}, "examples": {"syntax": "'<b>'"}},
        "settings": {"reference": "a & b"}, "warnings": ["<i>mind</i>"],
        "figures": [{"name": "valid", "value": 0.99, "low": float("nan"), "high": float("nan"), "unit": "", "n": 12345,
                     "interval": "none: why"}],
        "definitions": {"valid": definition}, "baselines": {"floor": {"valid": 1.0}},
        "histograms": {"logp": {"edges": [0.0, 1.0, 2.0], "generated": [0.25, 0.75], "reference": [0.5, 0.5]}},
    }  # fmt: skip


def test_everything_from_outside_is_escaped_and_nothing_is_loaded(result: dict) -> None:
    page = render(result)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<i>mind" not in page
    assert not re.findall(r'(?:src|href)="(?!https://example\.org)', page)
    assert "default-src &#39;none&#39;" in page


def test_figures_intervals_baselines_and_reasons_are_printed(result: dict) -> None:
    page = render(result)
    assert all(words in page for words in ("12,345", "0.99", "floor", "none: why", "syntax", "a &amp; b"))


def test_the_page_is_well_formed(result: dict) -> None:
    stack: list[str] = []

    class Check(HTMLParser):
        def handle_starttag(self, tag: str, _attrs: list) -> None:
            if tag not in ("meta", "path", "rect"):
                stack.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in ("meta", "path", "rect"):
                assert stack.pop() == tag

    Check().feed(render(result))
    assert stack == []


def test_a_chart_draws_every_bin_that_holds_something() -> None:
    drawn = chart({"edges": [0.0, 0.5, 1.0], "generated": [0.0, 1.0]})
    assert drawn.count("<rect") == 1
    assert "100.0%" in drawn


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "–"), (float("nan"), "–"), (-0.5, "−0.5"), (12345.0, "12,345"), (1e-7, "1.0e−07"), (0.0, "0")],
)
def test_figures_in_print(value: float | None, words: str) -> None:
    assert figure_words(value) == words
