"""The folds of the benchmarks are those of the published per-id results of Matbench.

Ids and labels: github.com/materialsproject/matbench, matbench/tests/msonability_matbench_steels.json (commit
20e2ab78a526) and scores_matbench_glass_perfect.json (the same), which hold the test part of every fold.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from sekkei.data.folder import find
from sekkei.materials.datasets import TABLES, read_compositions
from sekkei.molecules.lean import parse_lean

PLACE = Path(__file__).parents[2] / "benchmarks" / "predict" / "folds.py"
STEELS = {
    0: [3, 5, 20, 26, 27, 32, 35, 41, 45, 46, 64, 66, 68, 71, 72, 76, 77, 89, 93, 96, 104, 106, 108, 111, 120, 122, 128,
        133, 138, 141, 146, 161, 174, 175, 177, 179, 181, 182, 196, 209, 210, 225, 232, 234, 242, 244, 252, 254, 257,
        266, 267, 269, 272, 273, 275, 281, 283, 290, 294, 300, 303, 309, 310],
    1: [4, 9, 10, 12, 24, 30, 40, 47, 60, 62],
    2: [17, 19, 21, 23, 33, 48, 53, 54, 59, 65],
    3: [2, 7, 14, 22, 31, 34, 42, 43, 44, 49],
    4: [1, 6, 8, 11, 13, 15, 16, 18, 25, 28],
}  # fmt: skip
YIELD = {1: 2411.5, 2: 1123.1, 3: 1736.3, 4: 2487.3, 5: 2249.6, 20: 1185.1, 309: 1019.0, 311: 1812.1, 312: 1139.7}
GLASS = {
    1: 0, 7: 0, 18: 0, 22: 1, 23: 0, 26: 1, 28: 1, 29: 1, 31: 1, 42: 1, 49: 1, 54: 0, 56: 1, 57: 0, 67: 0, 68: 1, 75: 1,
    91: 0, 94: 0, 99: 1, 105: 0, 112: 0, 113: 0, 115: 0, 116: 0, 117: 0, 121: 0, 131: 1, 139: 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def folds():
    spec = importlib.util.spec_from_file_location("folds", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def labels(name):
    path = find(TABLES[name].file)
    if path is None:
        pytest.skip(f"{TABLES[name].file} is in no data folder")
    return next(iter(read_compositions(TABLES[name], path).values.values()))


def test_folds_of_numbers_are_the_published_ones(folds):
    cut = list(folds.k_fold(312))
    assert (cut[0][1] + 1).tolist() == STEELS[0]
    for place, (train, test) in enumerate(cut):
        assert (test[:10] + 1).tolist() == STEELS[place][:10]
        assert sorted([*train, *test]) == list(range(312))


def test_rows_stand_in_the_published_order(folds):
    values = labels("steels")
    assert [values[row - 1] for row in YIELD] == list(YIELD.values())


def test_folds_of_classes_are_the_published_ones(folds):
    values = labels("glass")
    test = next(iter(folds.stratified(values)))[1]
    assert (test[: len(GLASS)] + 1).tolist() == list(GLASS)
    np.testing.assert_array_equal(values[test[: len(GLASS)]], list(GLASS.values()))


def test_molecules_of_one_scaffold_are_learned_or_tested_together(folds):
    texts = [f"{'C' * n}c1ccccc1" for n in range(1, 9)] + [f"{'C' * n}O" for n in range(1, 7)] + ["C1CCCCC1C", "C1CC1C"]
    train, test = folds.scaffold_split([parse_lean(text) for text in texts])
    assert sorted(train.tolist()) == [
        *range(8),
        14,
        15,
    ]  # the largest group, then what still fits
    assert test.tolist() == [11, 12, 13]  # the later half of the rest
