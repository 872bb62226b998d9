"""Distances between distributions against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sekkei.metrics.distances import Gaussian, cosine_of_counts, frechet, gaussian_of, wasserstein


def test_frechet_of_diagonal_gaussians_is_the_closed_form() -> None:
    a = Gaussian(np.array([0.0, 1.0]), np.diag([1.0, 4.0]))
    b = Gaussian(np.array([3.0, 1.0]), np.diag([9.0, 1.0]))
    assert frechet(a, b) == pytest.approx(9.0 + (1 - 3) ** 2 + (2 - 1) ** 2)


def test_frechet_is_symmetric_and_zero_for_equal_clouds_even_singular_ones() -> None:
    few = gaussian_of(np.random.default_rng(0).normal(size=(5, 12)))
    many = gaussian_of(np.random.default_rng(1).normal(size=(300, 12)))
    assert frechet(few, few) == pytest.approx(0.0, abs=1e-6)
    assert frechet(few, many) == pytest.approx(frechet(many, few), abs=1e-6)


def test_frechet_agrees_with_the_root_of_the_product_of_the_covariances() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    rng = np.random.default_rng(2)
    a, b = (gaussian_of(rng.normal(size=(200, 8)) @ rng.normal(size=(8, 8)) + shift) for shift in (0.0, 0.5))
    root = linalg.sqrtm(a.covariance @ b.covariance).real
    shift = a.mean - b.mean
    assert frechet(a, b) == pytest.approx(shift @ shift + np.trace(a.covariance + b.covariance - 2 * root), rel=1e-6)


def test_cosine_of_counts_with_names_on_one_side_only() -> None:
    assert cosine_of_counts({"a": 3, "b": 4}, {"a": 3, "c": 4}) == pytest.approx(9 / 25)
    assert cosine_of_counts({"a": 2}, {"a": 500}) == pytest.approx(1.0)
    assert math.isnan(cosine_of_counts({}, {"a": 1}))


def test_wasserstein_of_a_shifted_sample_is_the_shift() -> None:
    values = np.random.default_rng(3).normal(size=50)
    assert wasserstein(values, values + 1.5) == pytest.approx(1.5)
    assert wasserstein(np.array([0.0, 1.0]), np.array([0.0, 0.0, 3.0, 3.0])) == pytest.approx(1.0)
