"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sekkei.core.errors import UserError
from sekkei.core.files import replacing, write_text


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "±1\r\n\n")
    assert path.read_bytes() == "±1\r\n\n".encode()
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.sdf"
    write_text(path, "old")
    with pytest.raises(UserError, match=r"a\.sdf: cannot be written: no space left"):
        fill_the_disk(path)
    with pytest.raises(ValueError, match="slip"), replacing(path):
        raise ValueError("slip")
    assert [file.name for file in tmp_path.iterdir()] == ["a.sdf"]
    assert path.read_text() == "old"


def fill_the_disk(path: Path) -> None:
    with replacing(path) as temporary:
        assert temporary.suffix == ".sdf"
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_place_that_takes_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        write_text(tmp_path / "none" / "a.txt", "")
    (tmp_path / "taken").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        write_text(tmp_path / "taken", "")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full here")
def test_a_full_disk_is_told_and_a_device_is_never_replaced():
    with pytest.raises(UserError, match="no space left"):
        write_text(Path("/dev/full"), "more than there is room for")
    assert Path("/dev/full").is_char_device()
    write_text(Path(os.devnull), "gone")
    assert not Path(os.devnull).is_file()


def test_a_link_goes_on_pointing_where_it_points(tmp_path):
    (tmp_path / "far").mkdir()
    link, target = tmp_path / "link.txt", tmp_path / "far" / "target.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
