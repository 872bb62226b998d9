"""Evaluators on one's own structures."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.campaign.score import score
from sekkei.core.errors import UserError
from sekkei.core.evaluators import evaluator
from sekkei.molecules.domain import MOLECULES


def test_rows_keep_their_place_and_their_reason() -> None:
    mol = MOLECULES.parse("c1ccccc1[N+](=O)[O-]")
    frame = score(["OCC", "C1CC", mol, ""], ["mw", "hbd", "alerts"])
    assert list(frame.columns) == ["smiles", "mw [Da]", "hbd", "alerts", "alerts note", "problem"]
    assert frame["smiles"].tolist() == ["CCO", "C1CC", "O=[N+]([O-])c1ccccc1", ""]
    np.testing.assert_allclose(frame["mw [Da]"], [46.069, np.nan, 123.111, np.nan], atol=1e-3)
    assert "nitro" in frame["alerts note"][2]
    assert frame["problem"][0] == frame["problem"][2] == ""
    assert "ring closure" in frame["problem"][1]
    assert frame["problem"][3]


def test_a_failed_evaluation_is_told() -> None:
    @evaluator("picky")
    def picky(mol) -> float:
        if mol.GetNumAtoms() > 2:
            raise RuntimeError("too big for me")
        return 1.0

    frame = score(["CC", "CCC"], [picky, "qed"])
    assert frame["picky"][0] == 1.0
    assert np.isnan(frame["picky"][1])
    assert "too big for me" in frame["problem"][1]
    assert frame["qed"].notna().all()


def test_no_structures_is_an_empty_table_with_headings() -> None:
    assert list(score([], ["qed"]).columns) == ["smiles", "qed", "problem"]
    assert list(score([], "qed").columns) == ["smiles", "qed", "problem"]


def test_an_unknown_evaluator_is_refused() -> None:
    with pytest.raises(UserError, match="did you mean 'qed'"):
        score(["CC"], ["qedd"])


def test_what_rdkit_could_not_read_keeps_its_row_and_a_lone_text_is_refused() -> None:
    frame = score([MOLECULES.parse("CCO"), None], ["qed"])
    assert frame["problem"].tolist() == ["", "None is neither a SMILES nor a molecule"]
    with pytest.raises(UserError, match="not a list"):
        score("CCO", ["qed"])
