from __future__ import annotations

import numpy as np
import pytest

from sekkei.predict.measures import auc, class_errors, number_errors


def test_errors_of_numbers_by_hand():
    values, truth = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0])
    interval = np.stack([values - 1.0, values + 1.0], axis=1)
    found = number_errors(values, interval, truth, np.array([True, True, False]))
    assert found["mae"] == 1.0
    assert found["rmse"] == pytest.approx((5 / 3) ** 0.5, abs=1e-5)
    assert found["coverage"] == pytest.approx(2 / 3, abs=1e-5)
    assert (found["mae_inside"], found["mae_outside"], found["width"]) == (0.5, 2.0, 2.0)


def test_auc_counts_pairs_and_halves_ties():
    scores, true = np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, True, False, True])
    # of the four pairs of a positive and a negative three are in order and one is a tie
    assert auc(scores, true) == 3.5 / 4


def test_precision_depends_on_how_common_the_class_is():
    values = np.array([0.9, 0.9, 0.9, 0.1, 0.9, 0.1, 0.1, 0.1])
    truth = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    sets = np.tile([0.0, 1.0], (8, 1))
    found = class_errors(values, sets, truth, np.ones(8, dtype=bool))
    assert (found["recall"], found["precision"], found["precision_at_50"]) == (0.75, 0.75, 0.75)
    assert found["precision_at_10"] == pytest.approx(0.1 * 0.75 / (0.1 * 0.75 + 0.9 * 0.25), abs=1e-5)
    assert found["decided"] == 0.0
