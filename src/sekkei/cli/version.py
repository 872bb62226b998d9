"""``sekkei version``."""

from __future__ import annotations

import typer

from sekkei.cli.output import Json, print_json
from sekkei.version import __version__


def version(as_json: Json = False) -> None:
    """Print the version."""
    if as_json:
        print_json({"version": __version__})
    else:
        typer.echo(__version__)
