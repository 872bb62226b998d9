"""The Python front door: the same words as the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import sekkei as sk


def test_load_generate_is_repeatable(tiny_model: Path) -> None:
    model = sk.load(str(tiny_model))
    targets = {"logp": 1.0}
    assert model.generate(2, targets=targets, seed=0) == model.generate(2, targets=targets, seed=0)


def test_score_takes_smiles_and_evaluators_of_ones_own() -> None:
    @sk.evaluator("atoms", title="atoms")
    def atoms(mol: object) -> float:
        return float(mol.GetNumAtoms())  # type: ignore[attr-defined]

    frame = sk.score(["CCO", "not a molecule"], ["mw", atoms])
    assert frame["atoms"][0] == 3
    assert frame["problem"][1]


def test_design_takes_the_entries_of_a_campaign_file(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(sk.UserError, match="max_sa"):
        sk.design("molecules", targets=["logp=1"], out=tmp_path / "x", limits={"max_sa": 0.0})
    with pytest.raises(sk.UserError, match="domain"):
        sk.design("metals", targets=["logp=1"], out=tmp_path / "x")
    outcome = sk.design(
        "molecules", targets=["mw>=10"], out=tmp_path / "x", n=1, model=str(tiny_model), budget={"max_generated": 64}
    )
    assert outcome.report.asked == 1


def test_every_public_name_is_there() -> None:
    assert all(hasattr(sk, name) for name in sk.__all__)
    assert set(dir(sk)) == set(sk.__all__)
    with pytest.raises(AttributeError):
        _ = sk.nonsense
