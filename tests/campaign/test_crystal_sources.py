"""What the generators of a campaign for crystals propose."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.campaign.crystals import load
from sekkei.campaign.spec import campaign
from sekkei.materials.crystal import Crystal
from sekkei.materials.domain import LINES
from sekkei.predict.potentials import potential

ASKED = {"domain": "materials", "level": "crystal", "targets": ["band_gap>=1"]}


def proposed(count: int, **more: object) -> list[Crystal]:
    source = load(campaign({**ASKED, **more}))
    read = [LINES.parse(one.text) for one in source.draw(np.empty((count, 0)), 0)]
    return [one for one in read if isinstance(one, Crystal)]


@pytest.mark.parametrize("generator", ["exchange", "random"])
def test_exchanged_elements_are_those_that_the_potential_knows(generator: str) -> None:
    crystals = proposed(300, generators=[generator])
    assert len(crystals) > 250
    assert {symbol for one in crystals for symbol in one.composition.symbols} <= potential("chgnet").elements


def test_an_element_that_was_asked_for_is_proposed_though_the_potential_does_not_know_it() -> None:
    assert "Po" not in potential("chgnet").elements
    crystals = proposed(20, generators=["random"], constraints={"contains": ["Po"]})
    assert crystals
    assert all("Po" in one.composition.symbols for one in crystals)
