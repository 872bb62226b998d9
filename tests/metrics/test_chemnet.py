"""The quick ChemNet pass equals the package's own."""

from __future__ import annotations

import fcd
import numpy as np
import pytest

from sekkei.metrics.chemnet import activations, describe, fcd_score

ODD_LENGTHS = ["C", "CC", "CCO", "c1ccccc1", "C" * 90, "C" * 337, "C" * 338, "C" * 349]


@pytest.mark.parametrize("batch", [1, 5, 64])
def test_activations_equal_those_of_the_fcd_package(smiles: list[str], batch: int) -> None:
    texts = [*smiles, *ODD_LENGTHS]
    published = fcd.get_predictions(fcd.load_ref_model(), texts, n_jobs=0, device="cpu")
    assert np.abs(activations(texts, batch) - published).max() < 2e-5


def test_score_equals_that_of_the_fcd_package(smiles: list[str]) -> None:
    half = len(smiles) // 2
    published = fcd.get_fcd(smiles[:half], smiles[half:], device="cpu")
    assert fcd_score(smiles[:half], describe(smiles[half:])) == pytest.approx(published, abs=1e-2)


def test_score_of_a_set_with_itself_is_zero(smiles: list[str]) -> None:
    assert fcd_score(smiles, describe(smiles)) == pytest.approx(0.0, abs=1e-4)


def test_a_text_longer_than_chemnet_sees_is_cut() -> None:
    assert activations(["C" * 400]) == pytest.approx(activations(["C" * 349]))
