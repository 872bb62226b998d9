"""Every predictor that ships, by domain and property."""

from __future__ import annotations

from sekkei.predict.lesson import Lesson
from sekkei.predict.materials_recipes import MATERIALS
from sekkei.predict.molecules_recipes import MOLECULES

LESSONS: dict[str, dict[str, Lesson]] = {"materials": MATERIALS, "molecules": MOLECULES}
"""The lessons of each domain."""
