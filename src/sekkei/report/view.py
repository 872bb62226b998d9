"""Crystals as one page that opens offline: each can be turned, and none needs a library or a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sekkei.core.files import write_text
from sekkei.report.scenes import DRAWN, scenes_json, scripts

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
    page: str = environment.get_template("view.html.j2").render(
        title=title,
        scenes=scenes,
        problems=problems,
        policy=_POLICY,
        pictures=[Markup(scene["picture"]) for scene in scenes],  # noqa: S704 - SVG of this package, numbers and symbols
        data=scenes_json([{part: scene[part] for part in DRAWN} for scene in scenes]),
        script=scripts("stage.js", "view.js"),
    )
    return page
