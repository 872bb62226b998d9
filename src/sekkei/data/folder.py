"""Where data lies: the folders of SEKKEI_DATA (separated as in PATH), the user's own data folder, then the package."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

from sekkei import zoo

VARIABLE = "SEKKEI_DATA"


def folders() -> list[Path]:
    """Every data folder, in the order it is searched."""
    named = [Path(part).expanduser() for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    return [*named, user_data_path("sekkei")]


def find(relative: str) -> Path | None:
    """The first file of that relative path in any data folder or among the shipped data, or None."""
    return next((folder / relative for folder in (*folders(), zoo.FOLDER) if (folder / relative).is_file()), None)


def own() -> Path:
    """The folder Sekkei itself writes to: the user's data folder, made if need be.

    The folders of SEKKEI_DATA are only ever read.
    """
    folder = user_data_path("sekkei")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
