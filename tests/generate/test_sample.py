"""The batched sampler against the plain definition of sampling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sekkei.core.errors import UserError
from sekkei.core.seeds import uniforms
from sekkei.generate.model import Model, load
from sekkei.generate.sample import Sampling, choose, sample_tokens
from sekkei.models.tokens import BOS, EOS

SETTINGS = [
    Sampling(),
    Sampling(temperature=0.7, top_k=5),
    Sampling(top_p=0.8),
    Sampling(guidance=2.5),
    Sampling(guidance=0.0),
]


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Model:
    return load(str(tiny_model))


def _conditions(model: Model, count: int) -> np.ndarray:
    conditions = np.full((count, len(model.properties)), np.nan)
    conditions[::2, 0] = 1.5
    return conditions


def _slow(model: Model, condition: np.ndarray, randoms: np.ndarray, settings: Sampling) -> list[int]:
    """One sequence, the whole prefix through the network at every step."""
    given = torch.from_numpy(condition[None].astype(np.float32))
    free = torch.full_like(given, float("nan"))
    tokens = [BOS]
    for number in randoms:
        with torch.inference_mode():
            logits = model.network(torch.tensor([tokens]), given)[:, -1]
            unguided = model.network(torch.tensor([tokens]), free)[:, -1]
        logits = unguided + settings.guidance * (logits - unguided)
        token = int(choose(logits.clone(), torch.tensor([number]), settings))
        if token == EOS:
            break
        tokens.append(token)
    return tokens[1:]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_fast_sampler_equals_the_slow_one(model: Model, settings: Sampling) -> None:
    conditions, randoms = _conditions(model, 24), uniforms(3, 0, 24, 39)
    fast = sample_tokens(model.network, conditions, randoms, settings)
    assert fast == [_slow(model, c, r, settings) for c, r in zip(conditions, randoms, strict=True)]
    assert len({tuple(one) for one in fast}) > 6


def test_a_sequence_does_not_depend_on_its_batch(model: Model) -> None:
    conditions = _conditions(model, 40)
    whole = model.draw(conditions, seed=5)
    parts = model.draw(conditions[:10], seed=5, settings=Sampling(batch=3))
    later = model.draw(conditions[10:], seed=5, first=10)
    assert whole == parts + later
    assert [draw.index for draw in whole] == list(range(40))


def test_another_seed_gives_another_stream(model: Model) -> None:
    conditions = _conditions(model, 10)
    assert model.draw(conditions, seed=1) != model.draw(conditions, seed=2)


def test_choose_follows_the_distribution() -> None:
    probabilities = torch.tensor([[1e-30, 1e-30, 0.1, 0.2, 0.7]])
    count = 20_000
    uniform = torch.from_numpy(np.random.default_rng(0).random(count))
    chosen = choose(probabilities.log().repeat(count, 1), uniform, Sampling())
    shares = torch.bincount(chosen, minlength=5) / count
    assert shares.tolist() == pytest.approx([0, 0, 0.1, 0.2, 0.7], abs=0.01)


def test_top_k_and_top_p_cut_the_tail() -> None:
    logits = torch.tensor([[0.0, 0.0, 0.05, 0.15, 0.3, 0.5]]).log()
    uniform = torch.linspace(0, 1 - 1e-9, 50, dtype=torch.float64)
    assert set(choose(logits.repeat(50, 1), uniform, Sampling(top_k=2)).tolist()) == {4, 5}
    assert set(choose(logits.repeat(50, 1), uniform, Sampling(top_p=0.6)).tolist()) == {4, 5}
    assert set(choose(logits.repeat(50, 1), uniform, Sampling(top_p=0.4)).tolist()) == {5}


@pytest.mark.parametrize("wrong", [{"temperature": 0}, {"top_p": 0}, {"top_k": -1}, {"guidance": 99}, {"batch": 0}])
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError, match=next(iter(wrong))):
        Sampling(**wrong)  # type: ignore[arg-type]
