"""The page of crystals to turn."""

from __future__ import annotations

import json
import re

import numpy as np

from sekkei.materials.crystal import crystal
from sekkei.materials.scene import scene
from sekkei.report.view import render


def test_the_page_holds_everything_and_asks_for_nothing():
    item = crystal(np.eye(3) * 4, [11, 17], [[0, 0, 0], [0.5, 0.5, 0.5]])
    page = render("some", [scene(item, "one")], [("two", "it is broken")])
    assert not re.search(r"""(?:src|href)=|https?://(?!www\.w3\.org)|@import""", page)
    data = json.loads(re.search(r'id="scenes">(.*?)</script>', page)[1])
    assert len(data) == 1
    assert len(data[0]["atoms"]) == 9
    assert "it is broken" in page
    assert "<svg" in page


def test_what_comes_from_outside_cannot_become_markup():
    evil = "</script><script>alert(1)</script><b>"
    item = crystal(np.eye(3) * 4, [11], [[0, 0, 0]])
    page = render(evil, [scene(item, evil)], [(evil, evil)])
    assert "alert(1)</script>" not in page
    assert page.count("<script") == 2
