"""Later rounds aim where the accepted attempts of earlier ones were aimed, and push less as attempts repeat."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from sekkei.campaign.mixture import Mixture
from sekkei.campaign.network import REPEATED, Network
from sekkei.campaign.steer import ENOUGH, steered
from sekkei.core.types import Draw
from sekkei.generate.materials import load
from sekkei.generate.sample import Sampling
from sekkei.materials.constraints import Constraints


class Counting:
    """A source whose every attempt is asked for its own number, and tells what it was asked for."""

    name, properties = "counting", ("band_gap",)

    def conditions(self, _targets, n, _seed, first=0):
        return np.arange(first, first + n, dtype=float)[:, None]

    def draw(self, conditions, _seed, first=0):
        return [Draw(first + row, f"{value:.0f}") for row, value in enumerate(conditions[:, 0])]


def asked(kept, repeated, first, count, model=None):
    funnel = SimpleNamespace(
        kept=[SimpleNamespace(index=index) for index in kept],
        steps=lambda: [SimpleNamespace(name="new", kept=round(100 * (1 - repeated)), entered=100)],
    )
    target = SimpleNamespace(name="band_gap")
    plan = SimpleNamespace(targets=[target], spec=SimpleNamespace(seed=0))
    return [int(draw.text) for draw in steered(plan, model or Counting(), funnel)(first, count)]


def test_until_enough_is_accepted_every_attempt_is_fresh():
    assert asked(range(0, 2 * (ENOUGH - 1), 2), 0.0, 100, 20) == list(range(100, 120))


def test_every_other_attempt_repeats_what_fresh_and_accepted_ones_were_asked_for():
    kept = [*range(0, 40, 2), 31, 33]  # the odd ones were no fresh attempts and teach nothing
    found = asked(kept, 0.0, 100, 40)
    assert found[::2] == list(range(100, 140, 2))
    assert set(found[1::2]) <= set(range(0, 40, 2))
    assert len(set(found[1::2])) > 5
    assert asked(kept, 0.0, 120, 20) == found[20:], "an attempt depends on its number, not on its round"


def test_generators_that_take_turns_learn_from_their_own():
    mixture = Mixture((Counting(), Counting()))
    found = asked([index for index in range(80) if index % 4 == 0], 0.0, 200, 40, mixture)
    second = found[1::2]
    assert second == [index // 2 for index in range(201, 240, 2)], "nothing of the second was accepted"
    assert any(value < 50 for value in found[::2])


@pytest.fixture(scope="module")
def model():
    return load("matgpt")


def test_guidance_gives_way_to_variety_unless_it_was_asked_for(model):
    free = Network(model, Sampling(guidance=2.5), Constraints(), adapts=True)
    assert free.eased(REPEATED).settings.guidance == 2.5
    assert 1 < free.eased(0.8).settings.guidance < free.eased(0.5).settings.guidance < 2.5
    assert free.eased(1.0).settings.guidance == pytest.approx(1.0)
    fixed = Network(model, Sampling(guidance=2.5), Constraints())
    assert fixed.eased(0.8).settings.guidance == 2.5
    assert Mixture((Counting(), free)).eased(0.8).parts[1].settings.guidance < 2.5
