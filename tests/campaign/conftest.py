"""What the tests of campaigns share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import replay

from sekkei.campaign.spec import Campaign, campaign


@pytest.fixture
def model() -> replay.Replay:
    """A generator that replays amides and every kind of loss."""
    return replay.model()


@pytest.fixture
def spec() -> Campaign:
    """A small campaign that the replayed molecules can meet."""
    return campaign({"targets": ["mw=200±60", "logp=0.5..3"], "n": 10, "budget": {"batch": 20, "max_generated": 210}})
