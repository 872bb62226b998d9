"""Condition satisfaction: known answers, exact, and tables of targets read row by row."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Floats, Measure
from sekkei.metrics.conditions import Wanted, nearest_rows, satisfaction, spearman
from sekkei.metrics.conditions import read_targets as read_any_targets
from sekkei.metrics.evaluation import MEASURES
from sekkei.metrics.figures import Figure


def read_targets(path: Path) -> Wanted:
    return read_any_targets(path, MEASURES, ("id",))


def met_by(wanted: Wanted, values: Floats) -> dict[str, Figure]:
    return {figure.name: figure for figure in satisfaction(wanted, values)}


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "targets.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_known_answers(tmp_path: Path) -> None:
    wanted = read_targets(table(tmp_path, "id,logp,mw [Da]\na,1.0,100\nb,2.0,200±10\nc,3.0,\nd,4.0,400\n"))
    values = np.array([[1.0, 100.0], [2.4, 230.0], [2.0, 999.0], [np.nan, np.nan]])
    met = met_by(wanted, values)
    assert met["MAD/logp"].value == pytest.approx((0 + 0.4 + 1.0) / 3)
    assert met["hit/logp"].value == pytest.approx(2 / 3)
    assert met["MAD/mw"].value == pytest.approx(15.0)
    assert met["hit/mw"].value == pytest.approx(0.5)
    assert met["Spearman/logp"].value == pytest.approx(0.5)
    assert met["Spearman/mw"].value == pytest.approx(1.0)
    assert met["hit/all"].value == pytest.approx(1 / 3)
    assert met["hit_attempts/all"].value == pytest.approx(1 / 4)
    assert met["MAD/all"].value == pytest.approx((0 + (0.4 / 0.5 + 30 / 25) / 2 + 1.0 / 0.5) / 3)
    assert met["hit_attempts/all"].n == 4


def test_one_row_serves_all_and_one_sided_targets_count_what_lies_beyond(tmp_path: Path) -> None:
    wanted = read_targets(table(tmp_path, "qed,logp\n>=0.8,1..2\n")).spread(2)
    met = met_by(wanted, np.array([[0.9, 1.5], [0.6, 3.0]]))
    assert met["MAD/qed"].value == pytest.approx(0.1)
    assert met["MAD/logp"].value == pytest.approx(0.75)
    assert met["hit/all"].value == 0.5
    assert math.isnan(met["Spearman/qed"].value)


def test_rows_that_match_no_sample_are_refused(tmp_path: Path) -> None:
    wanted = read_targets(table(tmp_path, "logp\n1\n2\n"))
    with pytest.raises(UserError, match="2 rows of targets for 3 samples"):
        wanted.spread(3)


def test_blank_lines_of_one_column_are_rows_that_ask_nothing(tmp_path: Path) -> None:
    wanted = read_targets(table(tmp_path, "logp\n1.0\n\n\n"))
    assert np.isnan(wanted.spread(3).centre[:, 0]).tolist() == [False, True, True]
    with pytest.raises(UserError, match="3 rows of targets for 4 samples"):
        wanted.spread(4)
    assert read_targets(table(tmp_path, "logp\n1.0\n")).spread(4).centre[:, 0].tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no property"),
        ("logp\n", "no row"),
        ("logpp\n1\n", "did you mean 'logp'"),
        ("logp\nabc\n", "line 2"),
        ("qed\n7\n", "lies between 0 and 1"),
    ],
)
def test_a_table_that_is_none_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_targets(table(tmp_path, text))


def test_spearman_takes_mean_ranks_for_ties() -> None:
    assert spearman(np.array([1.0, 2, 2, 3]), np.array([1.0, 2, 3, 4])) == pytest.approx(0.9486833)
    assert math.isnan(spearman(np.ones(3), np.arange(3.0)))


def test_retrieval_takes_the_nearest_known_molecule(tmp_path: Path) -> None:
    wanted = read_targets(table(tmp_path, "logp,mw\n1,100\n3,\n"))
    assert nearest_rows(wanted, np.array([[3.0, 500.0], [1.1, 101.0], [9.0, 100.0]])) == [1, 0]


def test_nothing_valid_gives_no_figure(tmp_path: Path) -> None:
    met = met_by(read_targets(table(tmp_path, "logp\n1\n")), np.full((3, 1), np.nan))
    assert math.isnan(met["MAD/logp"].value)
    assert met["hit_attempts/all"].value == 0.0


def test_a_sample_without_a_value_is_nobodys_nearest() -> None:
    gap, energy = Measure("gap", "eV", tolerance=0.1), Measure("energy", "eV", tolerance=0.1)
    free = np.array([[np.nan]])
    wanted = Wanted([gap, energy], *(np.hstack([np.array([[end]]), free]) for end in (0.9, 1.1, 1.0)))
    assert nearest_rows(wanted, np.array([[np.nan, 0.0], [1.3, np.nan], [3.0, 0.0]])) == [1]
