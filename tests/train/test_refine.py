"""Refinement brings what a network writes nearer to what it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sekkei.core.types import Floats
from sekkei.data.encode import IGNORED, EncodedSet, pack
from sekkei.generate.sample import Sampling, sample_tokens
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.train.course import Tensors, next_tokens, presented
from sekkei.train.loop import Plan, train
from sekkei.train.objectives import TOGETHER, sequence_losses, token_losses
from sekkei.train.refine import CROWDED, Refinement, advantages, anchored, refine
from sekkei.train.wishes import FARTHEST, NOTHING, Span, missed, reward, single, wishes

NAN = float("nan")


def _data() -> EncodedSet:
    """Runs of token 5 whose length is the property, up to 8."""
    lengths = np.random.default_rng(0).integers(1, 9, 400)
    return pack([[5] * int(n) for n in lengths], lengths[:, None].astype(float))


def _write(network: ConditionalGPT, wished: Floats, randoms: Floats) -> list[list[int]]:
    return sample_tokens(network, wished, randoms, Sampling(grammar=False))


def _length(written: Sequence[Sequence[int]], _: Floats) -> Floats:
    """The length of runs of 5; anything else stands for nothing."""
    return np.array([[len(one)] if set(one) == {5} else [NAN] for one in written], dtype=float)


def _miss(network: ConditionalGPT) -> float:
    wished = np.arange(1.0, 9.0).repeat(50)[:, None]
    found = _length(_write(network, wished, np.random.default_rng(1).random((400, 8))), wished)
    return -float(reward(found, wished, np.array([2.3])).mean())


def test_misses_become_smaller(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, data, rows = ConditionalGPT(CausalConfig(8, 32, 2, 2, 12, ("n",), (4.5,), (2.3,))), _data(), np.arange(400)
    train(
        network,
        next_tokens(data, rows),
        Plan(2000, batch=20, warmup=10, rate=1e-2),
        tmp_path / "state.pt",
        lambda _: None,
    )
    before = _miss(network.eval())
    plan = Refinement(steps=40, wishes=16, answers=4, real=16, rate=2e-3)
    entries: list[dict[str, float]] = []
    progress = refine(network, data, rows, plan, _write, _length, tmp_path / "refine.pt", entries.append)
    assert (progress.step, progress.seen, len(entries)) == (40, 40 * 64, 2)
    assert _miss(network) < 0.7 * before


def test_what_was_written_is_shown_again_under_what_it_measured(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ConditionalGPT(CausalConfig(8, 32, 2, 2, 12, ("n", "m"), (4.5, 0.0), (2.3, 1.0)))
    lengths = np.random.default_rng(0).integers(1, 9, 400).astype(float)
    half_known = np.where(np.arange(400) % 2, 1.0, NAN)
    data = pack([[5] * int(n) for n in lengths], np.column_stack([lengths, half_known]))
    shown: list[EncodedSet] = []
    told = np.array([True, False])

    def present(seen: EncodedSet, rows: NDArray[np.int64], random: np.random.Generator) -> Tensors:
        shown.append(seen)
        return presented(seen, rows, random)

    def measure(written: Sequence[Sequence[int]], _: Floats) -> Floats:
        return np.array([[len(one), 7.0] if one else [NAN, NAN] for one in written], dtype=float)

    plan = Refinement(steps=2, wishes=8, answers=4, real=16, again=12)
    refine(network, data, np.arange(400), plan, _write, measure, tmp_path / "r.pt", lambda _: None, present, told=told)
    for seen in shown:
        assert 16 < len(seen) <= 28
        assert (seen.values[:, 0] == seen.lengths).all()
        assert set(seen.values[:16, 1][np.isfinite(seen.values[:16, 1])]) <= {1.0}
        assert np.isnan(seen.values[16:, 1]).all(), "what was not measured is not told"


def test_a_stopped_refinement_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    def network() -> ConditionalGPT:
        torch.manual_seed(0)
        return ConditionalGPT(CausalConfig(8, 32, 2, 2, 12, ("n",), (4.5,), (2.3,)))

    def run(what: ConditionalGPT, state: str, stop: int | None = None) -> None:
        def log(entry: dict[str, float]) -> None:
            if entry["step"] == stop:
                raise KeyboardInterrupt

        plan = Refinement(steps=6, wishes=4, answers=2, real=8, save_every=0.0, log_every=1)
        refine(what, _data(), np.arange(400), plan, _write, _length, tmp_path / state, log)

    whole, halved, resumed = network(), network(), network()
    run(whole, "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        run(halved, "halved.pt", stop=3)
    run(resumed, "halved.pt")
    for name, tensor in whole.state_dict().items():
        assert torch.allclose(tensor, resumed.state_dict()[name], atol=1e-5), name


def test_reward_is_the_mean_miss_in_deviations_and_nothing_is_worse_than_no_molecule() -> None:
    found = np.array([[1.0, 10.0], [1.0, 30.0], [NAN, NAN], [1.0, 10.0], [9.0, 10.0]])
    wished = np.array([[2.0, 10.0], [NAN, 10.0], [NAN, NAN], [NAN, NAN], [1.0, NAN]])
    assert reward(found, wished, np.array([2.0, 5.0])).tolist() == [-0.25, -FARTHEST, -NOTHING, 0.0, -FARTHEST]
    assert NOTHING > FARTHEST


def test_an_answer_is_set_against_its_siblings() -> None:
    plan = Refinement(wishes=2, answers=2)
    better = advantages(np.array([0.0, -1.0, -0.5, -0.5]), np.full(4, 7.0), np.zeros(4, bool), plan)
    assert better[2:] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert better[0] == pytest.approx(-better[1])
    assert better[0] > 0
    unexpected = advantages(np.zeros(4), np.array([5.0, 9.0, 3.0, 3.0]), np.zeros(4, bool), plan)
    assert unexpected[1] > 0 > unexpected[0]


def test_variety_counts_for_more_where_one_property_is_asked_for_alone() -> None:
    plan = Refinement(wishes=2, answers=2, variety=0.1)
    alone = np.array([True, True, False, False])
    better = advantages(np.zeros(4), np.array([5.0, 9.0, 5.0, 9.0]), alone, plan)
    assert better[1] == pytest.approx(CROWDED * better[3])
    assert single(np.array([[1.0, NAN], [1.0, 2.0], [NAN, NAN]])).tolist() == [True, False, False]


def test_where_nothing_is_to_be_gained_variety_grows(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ConditionalGPT(CausalConfig(8, 32, 2, 2, 12, ("n",), (4.5,), (2.3,)))
    data, rows = pack([[5, 5, 6]] * 300 + [[6, 5, 5]] * 40, np.zeros((340, 1))), np.arange(340)
    train(
        network,
        next_tokens(data, rows),
        Plan(1000, batch=20, warmup=10, rate=1e-2),
        tmp_path / "state.pt",
        lambda _: None,
    )

    def rare() -> float:
        drawn = _write(network.eval(), np.zeros((600, 1)), np.random.default_rng(2).random((600, 4)))
        return float(np.mean([one == [6, 5, 5] for one in drawn]))

    before = rare()
    plan = Refinement(steps=30, wishes=16, answers=4, real=2, rate=2e-3, variety=1.0)
    refine(network, data, rows, plan, _write, lambda w, _: np.ones((len(w), 1)), tmp_path / "refine.pt", lambda _: None)
    assert rare() > before


def test_wishes_stay_in_the_range_and_counts_whole() -> None:
    values = np.random.default_rng(0).normal(size=(4000, 2)).astype(np.float32)
    values[:, 1] = values[:, 1].round()
    span = Span.of(values)
    assert span.whole.tolist() == [False, True]
    wished = wishes(values, span, np.ones(2), np.random.default_rng(1))
    alone = wished[np.isfinite(wished).sum(axis=1) == 1]
    first = alone[np.isfinite(alone[:, 0]), 0]
    assert np.nanmax(np.abs(wished[:, 1] % 1)) == 0
    assert first.std() > 1.2 * values[:, 0].std()
    assert not np.isin(first, values[:, 0]).all()


def test_what_is_missed_more_is_asked_for_alone_more_often() -> None:
    values = np.random.default_rng(0).normal(size=(4000, 2)).astype(np.float32)
    wished = wishes(values, Span.of(values), np.array([0.1, 0.3]), np.random.default_rng(1))
    alone = np.isfinite(wished[np.isfinite(wished).sum(axis=1) == 1])
    assert alone[:, 1].mean() == pytest.approx(0.75, abs=0.03)


def test_misses_are_those_of_properties_asked_for_alone() -> None:
    wished = np.array([[1.0, NAN], [2.0, NAN], [1.0, 1.0], [NAN, NAN]])
    after = missed(np.array([1.0, 0.5]), wished, np.array([-0.2, -0.4, -2.0, 0.0]))
    assert after == pytest.approx((0.95 + 0.05 * 0.3, 0.5))


def test_an_anchor_stops_where_each_answer_is_as_much_likelier_as_its_reward_says() -> None:
    trained, gains, anchor = np.array([0.5, 0.2, 0.2, 0.1]), np.array([-1.0, 0.0, -NOTHING, -0.3]), 0.7
    best = trained * np.exp(gains / anchor)
    best /= best.sum()
    plan = Refinement(wishes=1, answers=4, variety=0.0, anchor=anchor)
    alone = np.zeros(4, bool)
    assert np.ptp(anchored(gains, -np.log(best), -np.log(trained), anchor)) == pytest.approx(0.0, abs=1e-12)
    too_likely = anchored(gains, -np.log(np.array([0.04, 0.88, 0.04, 0.04])), -np.log(trained), anchor)
    assert advantages(too_likely, np.zeros(4), alone, plan)[1] < 0


def test_sequences_of_similar_length_together_lose_what_each_loses_alone() -> None:
    torch.manual_seed(0)
    network = ConditionalGPT(CausalConfig(8, 32, 2, 2, 40, ("n",), (4.5,), (2.3,))).eval()
    random = np.random.default_rng(0)
    written = [random.integers(3, 8, random.integers(1, 39)).tolist() for _ in range(TOGETHER // 8)]
    tokens, labels, values = pack(written, np.full((len(written), 1), NAN)).batch(np.arange(len(written)))
    labels[:, :2] = IGNORED  # as where a composition is asked for
    wished = torch.from_numpy(values)
    slow = token_losses(network, tokens, labels, wished).sum(dim=1)
    torch.testing.assert_close(sequence_losses(network, tokens, labels, wished), slow)
