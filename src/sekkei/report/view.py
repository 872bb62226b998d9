"""Crystals as one page that opens offline: each can be turned, and none needs a library or a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sekkei.core.files import write_text

_TEMPLATES = Path(__file__).parent / "templates"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def write_view(
    path: Path, title: str, scenes: Sequence[Mapping[str, Any]], problems: Sequence[tuple[str, str]]
) -> None:
    """Write the page; the same scenes always give the same bytes.

    Args:
        path: the HTML file, replaced in one step.
        title: heading of the page.
        scenes: what :func:`sekkei.materials.scene.scene` gives.
        problems: (name, reason) of each structure that cannot be drawn.

    Raises:
        UserError: the file cannot be written.
    """
    write_text(path, render(title, scenes, problems))


def render(title: str, scenes: Sequence[Mapping[str, Any]], problems: Sequence[tuple[str, str]]) -> str:
    """The page as text; everything that comes from outside is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    drawn = ("elements", "atoms", "bonds", "corners")
    data = json.dumps([{part: scene[part] for part in drawn} for scene in scenes], separators=(",", ":"))
    page: str = environment.get_template("view.html.j2").render(
        title=title,
        scenes=scenes,
        problems=problems,
        policy=_POLICY,
        pictures=[Markup(scene["picture"]) for scene in scenes],  # noqa: S704 - SVG of this package, numbers and symbols
        data=Markup(data.replace("<", "\\u003c")),  # noqa: S704 - JSON that no HTML can end
        script=Markup((_TEMPLATES / "view.js").read_text(encoding="utf-8")),  # noqa: S704 - a file of this package
    )
    return page
