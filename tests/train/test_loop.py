"""Training learns, and a killed run goes on as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sekkei.core.errors import UserError
from sekkei.data.encode import EncodedSet, batches, pack
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.tokens import BOS, EOS
from sekkei.train.course import next_tokens
from sekkei.train.loop import Plan, held_out_nats, train
from sekkei.train.objectives import drop_conditions, next_token_loss
from sekkei.train.optim import schedule


def _network() -> ConditionalGPT:
    torch.manual_seed(0)
    return ConditionalGPT(CausalConfig(8, 32, 2, 2, 12, ("length",), (4.0,), (2.0,)))


def _data(count: int = 400) -> EncodedSet:
    """Runs of token 5 whose length is the condition."""
    lengths = np.random.default_rng(0).integers(1, 9, count)
    return pack([[5] * int(n) for n in lengths], lengths[:, None].astype(float))


def test_the_network_learns_its_condition(tmp_path: Path) -> None:
    network, data = _network(), _data()
    rows = np.arange(len(data))
    before = held_out_nats(network, data, rows)
    train(
        network,
        next_tokens(data, rows),
        Plan(12_000, batch=20, warmup=10, rate=1e-2),
        tmp_path / "state.pt",
        lambda _: None,
    )
    free, given = held_out_nats(network, data, rows)
    assert free < before[0]
    assert free == pytest.approx(np.log(8), abs=0.25)
    assert given < 0.3


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    data, rows = _data(), np.arange(400)
    plan = Plan(1600, batch=20, warmup=5)
    whole = _network()
    train(whole, next_tokens(data, rows), plan, tmp_path / "whole.pt", lambda _: None)

    class KilledError(Exception):
        pass

    def kill(entry: dict[str, float]) -> None:
        if entry["step"] == 37:
            raise KilledError

    halved = _network()
    every_step = Plan(1600, batch=20, warmup=5, save_every=0.0, log_every=1)
    with pytest.raises(KilledError):
        train(halved, next_tokens(data, rows), every_step, tmp_path / "halved.pt", kill)
    resumed = _network()
    progress = train(resumed, next_tokens(data, rows), plan, tmp_path / "halved.pt", lambda _: None)
    assert progress.seen == 1600
    for name, tensor in whole.state_dict().items():
        assert torch.allclose(tensor, resumed.state_dict()[name], atol=1e-5), name


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(UserError, match="cannot be resumed"):
        train(_network(), next_tokens(_data(), np.arange(400)), Plan(100), tmp_path / "state.pt", lambda _: None)


def test_an_epoch_shows_every_row_once() -> None:
    data = _data(333)
    shown = np.concatenate(list(batches(data.lengths, np.arange(333), 10, seed=4)))
    assert sorted(shown.tolist()) == list(range(333))


def test_a_batch_is_padded_and_masked() -> None:
    data = pack([[5], [6, 7, 5]], np.array([[1.0], [np.nan]]))
    tokens, labels, values = data.batch(np.array([0, 1]))
    assert tokens.tolist() == [[BOS, 5, EOS, 0], [BOS, 6, 7, 5]]
    assert labels.tolist() == [[5, EOS, -100, -100], [6, 7, 5, EOS]]
    assert np.isnan(values[1, 0])


def test_padding_does_not_change_the_loss() -> None:
    network, data = _network().eval(), pack([[5], [6, 7, 5]], np.array([[1.0], [3.0]]))
    together = data.batch(np.array([0, 1]))
    apart = [data.batch(np.array([row])) for row in (0, 1)]
    losses = [next_token_loss(network, t, y, torch.from_numpy(v)).item() for t, y, v in [together, *apart]]
    assert losses[0] == pytest.approx(losses[1] + losses[2], rel=1e-5)


def test_conditions_are_hidden_in_the_stated_shares() -> None:
    values = np.ones((20_000, 11), dtype=np.float32)
    kept = (~drop_conditions(values, np.random.default_rng(0)).isnan()).sum(dim=1).numpy()
    assert [(kept == k).mean() for k in (0, 1, 2)] == pytest.approx([0.15, 0.45, 0.15], abs=0.015)
    assert (kept == 3).mean() == pytest.approx(0.25 / 9 ** (1 / 3), abs=0.015)
    assert kept.max() == 11


def test_the_schedule_rises_holds_and_falls() -> None:
    factors = [schedule(step, step * 10, 1000, warmup=10, decay=0.4) for step in (0, 9, 30, 60, 80, 99)]
    assert factors == pytest.approx([0.1, 1.0, 1.0, 1.0, 0.5, 0.025])
