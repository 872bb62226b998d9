"""What a run is shown and what is held out, when it goes on from a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sekkei.data.prepare import Labelled
from sekkei.molecules.novelty import KnownMolecules
from sekkei.train.lesson import KNOWN, rehearsal, split

MOLECULES = Labelled([f"{'C' * n}O" for n in range(1, 101)], np.arange(100, dtype=np.float32)[:, None])


def test_a_run_that_starts_from_nothing_or_has_nothing_new_shows_everything(tmp_path: Path) -> None:
    assert rehearsal(MOLECULES, None, 0) == (MOLECULES, 100)
    KnownMolecules.build(MOLECULES.smiles).save(tmp_path / KNOWN)
    assert rehearsal(MOLECULES, tmp_path, 0) == (MOLECULES, 100)


def test_new_molecules_come_first_and_as_many_known_ones_are_shown_again(tmp_path: Path) -> None:
    known = MOLECULES.smiles[:80]
    KnownMolecules.build(known).save(tmp_path / KNOWN)
    shown, fresh = rehearsal(MOLECULES, tmp_path, 0)
    assert fresh == 20
    assert shown.smiles[:20] == MOLECULES.smiles[80:]
    assert len(set(shown.smiles[20:])) == 20
    assert set(shown.smiles[20:]) <= set(known)
    assert [f"{'C' * (int(value) + 1)}O" for value in shown.values[:, 0]] == shown.smiles
    assert rehearsal(MOLECULES, tmp_path, 1)[0].smiles[20:] != shown.smiles[20:]


def test_only_new_molecules_are_held_out() -> None:
    held_out, rows = split(1000, seed=3, fresh=200)
    assert len(held_out) == 10
    assert held_out.max() < 200
    assert sorted([*held_out, *rows]) == list(range(1000))
    assert len(split(1000, seed=3)[0]) == 50
