"""The folder a run writes to."""

from __future__ import annotations

from pathlib import Path

from sekkei.core.errors import UserError
from sekkei.models.folder import CONFIG


def check_place(out: Path, *, resume: bool) -> None:
    """Keep what a folder holds from being overwritten.

    Raises:
        UserError: ``out`` holds a run or a model and ``resume`` is not set.
    """
    if not resume and ((out / "state.pt").exists() or (out / CONFIG).exists()):
        raise UserError("already holds a run", str(out), "add --resume to go on with it, or name another folder")
