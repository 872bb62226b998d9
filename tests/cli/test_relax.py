"""What ``sekkei relax`` writes, and what it leaves alone."""

from __future__ import annotations

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_PARTIAL, EXIT_USER_ERROR


def test_relax_writes_over_nothing_it_was_not_asked_to(tmp_path, capsys):
    source, other = tmp_path / "gen.extxyz", tmp_path / "data.csv"
    source.write_text('1\nLattice="4 0 0 0 4 0 0 0 4" pbc="T T T"\nPo 0 0 0\n', encoding="utf-8")
    before = source.read_text(encoding="utf-8")
    assert run(["relax", str(source), "--out", str(source)]) == EXIT_USER_ERROR
    assert "would be lost" in capsys.readouterr().err
    other.write_text("a,b\n", encoding="utf-8")
    assert run(["relax", str(source), "--out", str(tmp_path / "data.extxyz")]) == EXIT_USER_ERROR
    assert "data.csv" in capsys.readouterr().err
    assert (source.read_text(encoding="utf-8"), other.read_text(encoding="utf-8")) == (before, "a,b\n")
    assert run(["relax", str(source), "--out", str(tmp_path / "po.extxyz")]) == EXIT_PARTIAL
    assert not (tmp_path / "po.extxyz").exists()  # no structure, no file of structures
    assert "element: " in (tmp_path / "po.csv").read_text(encoding="utf-8")
    assert run(["relax", str(source), "--out", str(tmp_path / "po.extxyz")]) == EXIT_PARTIAL  # its own table
