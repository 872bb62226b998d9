"""Token numbers that mean the same in every codec."""

from __future__ import annotations

PAD, BOS, EOS = 0, 1, 2
"""Padding, start and end of a sequence."""

SPECIAL = 3
"""How many these are; numbers from here on mean what the codec says."""
