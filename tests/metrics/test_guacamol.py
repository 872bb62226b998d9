"""GuacaMol's scores against their definitions written with scipy and RDKit, and at their borders."""

from __future__ import annotations

import math

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from rdkit.ML.Descriptors.MoleculeDescriptors import MolecularDescriptorCalculator

from sekkei.metrics import guacamol
from sekkei.metrics.guacamol import continuous_kl, discrete_kl, kl_divergences, kl_score, profile, shares
from sekkei.molecules.novelty import KnownMolecules
from sekkei.molecules.samples import DESCRIPTORS


def spread(count: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, count)


def test_continuous_divergence_is_that_of_scipys_kernel_density() -> None:
    stats = pytest.importorskip("scipy.stats")
    a, b = spread(700, 0), spread(400, 1, 0.7)
    points = np.linspace(np.hstack([a, b]).min(), np.hstack([a, b]).max(), num=1000)
    p, q = (stats.gaussian_kde(values)(points) + 1e-10 for values in (a, b))
    assert continuous_kl(a, b) == pytest.approx(stats.entropy(p, q), rel=1e-9)


def test_discrete_divergence_bins_by_the_reference() -> None:
    a, b = np.array([0.0, 1, 1, 2, 3, 10]), np.array([1.0, 1, 2, 50])
    p, edges = np.histogram(a, bins=10, density=True)
    q, _ = np.histogram(b, bins=edges, density=True)
    p, q = (p + 1e-10) / (p + 1e-10).sum(), (q + 1e-10) / (q + 1e-10).sum()
    assert discrete_kl(a, b) == pytest.approx((p * np.log(p / q)).sum())


def test_a_set_without_spread_or_out_of_range_is_infinitely_far_or_equal() -> None:
    constant = np.ones(5)
    assert continuous_kl(constant, constant) == 0.0
    assert math.isinf(continuous_kl(constant, spread(5, 0)))
    assert math.isinf(discrete_kl(np.arange(5.0), np.array([99.0])))


def test_profile_has_rdkits_descriptors_and_the_nearest_other_molecule(smiles: list[str]) -> None:
    flat = list(dict.fromkeys(Chem.MolToSmiles(Chem.MolFromSmiles(one), isomericSmiles=False) for one in smiles))
    found = profile(smiles)
    mols = [Chem.MolFromSmiles(one) for one in flat]
    calculate = MolecularDescriptorCalculator(list(DESCRIPTORS)).CalcDescriptors
    assert found.descriptors == pytest.approx(np.array([calculate(mol) for mol in mols]))
    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=4096).GetFingerprint
    bits = [make(mol) for mol in mols]
    pairs = np.array([DataStructs.BulkTanimotoSimilarity(one, bits) for one in bits])
    np.fill_diagonal(pairs, 0.0)
    assert found.nearest == pytest.approx(pairs.max(axis=1), abs=1e-6)


def test_a_set_against_itself_scores_one_and_against_another_less(smiles: list[str]) -> None:
    own = profile(smiles)
    assert kl_score(kl_divergences(own, own)) == pytest.approx(1.0)
    assert kl_score(kl_divergences(profile(smiles[:8]), own)) < 1.0
    assert math.isnan(kl_score(kl_divergences(profile([]), own)))


def test_scores_with_a_group_left_out_lie_around_the_whole() -> None:
    rows = np.random.default_rng(0).normal(3, 1, (400, len(DESCRIPTORS))).round(2)
    one = guacamol.Profile(rows[:200], rows[:200, 0] / 10)
    other = guacamol.Profile(rows[200:], rows[200:, 0] / 10)
    left = guacamol.left_out_scores(one, other, 10)
    whole = kl_score(kl_divergences(one, other))
    assert len(left) == 10
    assert np.mean(left) == pytest.approx(whole, abs=0.05)


def test_shares_ignore_stereochemistry() -> None:
    texts = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "", "CCO", "CCO"]
    found = shares(texts, KnownMolecules.build(["CCO"]))
    assert found == {"validity": (4, 5), "uniqueness": (2, 4), "novelty": (1, 3)}
    assert "novelty" not in shares(texts, None)


def test_fcd_score() -> None:
    assert guacamol.fcd_to_score(0.0) == 1.0
    assert guacamol.fcd_to_score(5.0) == pytest.approx(math.exp(-1))
