"""The recipe of a generator of compositions, on a file of a few formulas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sekkei.core.errors import UserError
from sekkei.core.types import Floats, Problem
from sekkei.data.own_compositions import compositions_of, unread_words
from sekkei.generate.materials import load
from sekkei.generate.sample import plain_samples
from sekkei.materials.balance import BALANCED_BY, balance_named, passes
from sekkei.materials.codecs.composition import CompositionCodec, in_order
from sekkei.materials.formula import Composition, parse_formula
from sekkei.testing import check_generator
from sekkei.train.labels import conditions_of, filled, measure_of, told_by
from sekkei.train.loop import Plan
from sekkei.train.materials import train_compositions
from sekkei.train.recipes import Size
from sekkei.train.refine import Refinement
from sekkei.train.wishes import NOTHING, reward

ROWS = (
    "formula,band_gap,magnetic_moment\nNaCl,5.0,0.0\nClNa,7.0,\nFe2O3,2.0,1.6\nLiFePO4,,\nNaN,0.5,0.1\nnonsense,1,1\n"
)


def test_a_file_gives_each_composition_once_with_the_labels_there_are(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(ROWS)
    known = compositions_of(path)
    assert {item.formula for item in known.items} == {"NaCl", "Fe2O3", "LiFePO4", parse_formula("NaN").formula}
    labels = {item.formula: row.tolist() for item, row in zip(known.items, known.values, strict=True)}
    assert labels["NaCl"][0] == pytest.approx(6.0)
    assert labels["NaCl"][2] == 0.0
    assert np.isnan(labels["LiFePO4"]).all()
    assert unread_words(known) == ["1 lines are no formula and left out, such as 'nonsense'"]


def test_the_network_is_told_whether_charges_balance(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("formula,band_gap\nNaCl,5.0\nKF2,\nFe2O3,2.0\n")
    known = compositions_of(path)
    told = dict(zip((item.formula for item in known.items), conditions_of(known)[:, -1].tolist(), strict=True))
    assert (told["NaCl"], told["KF2"], told["Fe2O3"]) == (1, 0, 1)


def test_what_is_written_is_measured_by_its_charges_and_labels_cost_nothing() -> None:
    codec = CompositionCodec.standard()
    written = [codec.encode(text) for text in ("NaCl", "KF2", "Fe2O3")] + [[codec.first_amount]]
    wished = np.array([[1.5, np.nan, np.nan, 1.0]] * 4)
    found = measure_of(codec, None)(written, wished)
    assert found[:3, -1].tolist() == [1, 0, 1]
    assert np.isnan(found[3]).all()
    assert reward(found, wished, np.ones(4)).tolist() == [0.0, -0.5, 0.0, -NOTHING]


def test_a_judge_tells_the_properties_it_knows_and_the_others_are_as_wished() -> None:
    codec = CompositionCodec.standard()
    written = [codec.encode("NaCl"), [codec.first_amount], codec.encode("Fe2O3")]
    wished = np.array([[1.5, -1.0, np.nan, 1.0]] * 3)

    def judge(items: Sequence[Composition]) -> Floats:
        assert [item.formula for item in items] == ["NaCl", "Fe2O3"]
        return np.array([[5.0, np.nan, 0.0], [2.0, np.nan, 1.6]])

    found = measure_of(codec, judge)(written, wished)
    assert found[[0, 2]].tolist() == [[5.0, -1.0, 0.0, 1.0], [2.0, -1.0, 1.6, 1.0]]
    assert np.isnan(found[1]).all()


def test_only_what_a_judge_tells_is_said_of_what_is_shown_again(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("formula\nNaCl\nMgO\n")
    known = compositions_of(path)
    assert told_by(None, known).tolist() == [False, False, False, True]
    assert told_by(lambda items: np.array([[1.0, np.nan, 0.0]] * len(items)), known).tolist() == [
        True,
        False,
        True,
        True,
    ]


def test_missing_labels_are_filled_as_a_judge_tells_and_known_ones_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("formula,band_gap,magnetic_moment\nNaCl,5.0,\nFe2O3,,1.6\n")
    known = compositions_of(path)
    found = filled(known, lambda items: np.array([[9.0, np.nan, 0.5] for _ in items])).values
    told = dict(zip((item.formula for item in known.items), found.tolist(), strict=True))
    assert told["NaCl"] == pytest.approx([5.0, np.nan, 0.5], nan_ok=True)
    assert told["Fe2O3"] == pytest.approx([9.0, np.nan, 1.6], nan_ok=True)
    assert filled(known, None) is known


def test_refinement_makes_what_is_told_to_balance_balance(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    pairs = [(a, b) for a in ("Na", "Mg", "Ti") for b in "OSF"]
    path.write_text("formula,band_gap\n" + "".join(f"{a}{b}{n},1\n" for a, b in pairs for n in range(1, 9)))
    codec, rules = CompositionCodec.standard(), balance_named(BALANCED_BY)
    shape = Size(width=32, layers=1, heads=2, positions=24)

    def share(refine: int) -> float:
        out = train_compositions(
            str(path), tmp_path / str(refine), Plan(total=800, batch=16, warmup=2, log_every=50), size=shape,
            refinement=Refinement(refine, wishes=16, real=16, rate=3e-3), write=plain_samples, say=lambda _: None,
        )  # fmt: skip
        told = np.tile([np.nan, np.nan, np.nan, 1.0], (400, 1))
        drawn = plain_samples(load(str(out)).network, told, np.random.default_rng(0).random((400, 17)))
        items = [parse_formula(codec.decode(tokens)) for tokens in drawn]
        return float(np.mean([not isinstance(x, Problem) and passes(in_order(x), rules) for x in items]))

    assert share(40) > share(0) + 0.1


def test_the_recipe_makes_a_model_that_keeps_the_promises_of_a_generator(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    metals = "".join(
        f"{a}{b}{n},{n / 10},0.{n}\n" for a in ("Na", "Mg", "Fe", "Ti") for b in "OSF" for n in range(1, 6)
    )
    path.write_text("formula,band_gap,magnetic_moment\n" + metals)
    plan, size = Plan(total=200, batch=16, warmup=2, log_every=5), Size(width=32, layers=1, heads=2, positions=24)
    out = train_compositions(str(path), tmp_path / "tiny", plan, size=size, say=lambda _: None)
    model = load(str(out))
    check_generator(model)
    assert parse_formula("NaO2") in model.known
    assert set(model.ranges) == {"band_gap", "magnetic_moment"}
    with pytest.raises(UserError, match="says nothing of formation_energy"):
        model.generate(1, targets={"formation_energy": -1.0})
    with pytest.raises(UserError, match="already holds a run"):
        train_compositions(str(path), out, plan, size=size, say=lambda _: None)
