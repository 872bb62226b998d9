"""What a page needs for crystals that can be turned: scenes as JSON that no HTML can end, and scripts to draw them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sekkei.report.content import Row

DRAWN = ("elements", "atoms", "bonds", "corners")
"""The parts of a scene that a script draws; see :func:`sekkei.materials.scene.scene`."""

_TEMPLATES = Path(__file__).parent / "templates"


def scenes_json(scenes: Sequence[Mapping[str, Any]]) -> Markup:
    """Scenes as JSON for a ``script`` element of a type that is not run."""
    text = json.dumps(scenes, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - JSON that no HTML can end


def scripts(*names: str) -> Markup:
    """Scripts of this package, one after the other."""
    texts = [(_TEMPLATES / name).read_text(encoding="utf-8") for name in names]
    return Markup("\n".join(texts))  # noqa: S704 - files of this package


def listed(rows: Sequence[Row]) -> tuple[dict[int, int], list[dict[str, Any]]]:
    """The scenes of a report: the place of each by the rank of its row, and what is shown of it."""
    held = [(row, row.scene) for row in rows if row.scene]
    shown = [
        {"title": f"{row.rank}: {row.title or scene['formula']}", "symmetry": scene["symmetry"], "cell": scene["cell"]}
        | {part: scene[part] for part in DRAWN}
        for row, scene in held
    ]
    return {row.rank: place for place, (row, _) in enumerate(held)}, shown
