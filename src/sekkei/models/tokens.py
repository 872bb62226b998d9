"""Token numbers that mean the same in every codec."""

from __future__ import annotations

PAD, BOS, EOS = 0, 1, 2
"""Padding, start and end of a sequence."""
