"""Write files so that a reader never meets half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sekkei.core.errors import UserError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; on success it takes the place of ``path`` in one step.

    The suffix is kept, since writers choose the format by it. On failure ``path`` stays as it was. A link goes on
    pointing where it points, and a device or a pipe is written to, never replaced.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    end = Path(os.path.realpath(path))
    if end.exists() and not end.is_file():
        try:
            yield end
        except OSError as error:
            raise cannot_write(path, error) from error
        return
    try:
        handle, name = tempfile.mkstemp(dir=end.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    except OSError as error:
        raise cannot_write(path, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; the result gets the permissions any new file would have.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(end)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file (UTF-8, line ends as given) in one step.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def cannot_write(path: Path, error: OSError) -> UserError:
    """The error a person sees when ``path`` cannot be written."""
    reason = (error.strerror or str(error)).lower()
    return UserError(f"cannot be written: {reason}", str(path), "choose another place or free some space")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
