"""The batched sampler against the plain definition of sampling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sekkei.core.errors import UserError
from sekkei.core.seeds import uniforms
from sekkei.generate.materials import load as load_compositions
from sekkei.generate.model import Model, load
from sekkei.generate.sample import Sampling, choose, choose_allowed, sample_tokens, usual
from sekkei.materials.constraints import Constraints
from sekkei.models.tokens import BOS, EOS, PAD

SETTINGS = [
    Sampling(),
    Sampling(temperature=0.7, top_k=5),
    Sampling(top_p=0.8),
    Sampling(guidance=2.5),
    Sampling(guidance=0.0),
    Sampling(grammar=False),
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
    tokens, prefix = [BOS], model.grammar.start(1)
    for number in randoms:
        with torch.inference_mode():
            logits = model.network(torch.tensor([tokens]), given)[0, -1]
            unguided = model.network(torch.tensor([tokens]), free)[0, -1]
        logits = (unguided + settings.guidance * (logits - unguided)).double() / settings.temperature
        token = _drawn(logits, number, settings, model.grammar.allowed(prefix)[0])
        if token == EOS:
            break
        prefix = model.grammar.advance(prefix, np.array([token]))
        tokens.append(token)
    return tokens[1:]


def _drawn(scores: torch.Tensor, number: float, settings: Sampling, allowed: np.ndarray) -> int:
    """A token by the words of the definition: from all, and if refused from the allowed ones within its interval."""
    masked = scores.masked_fill(torch.from_numpy(~allowed), -torch.inf)
    if not settings.grammar or settings.top_k or settings.top_p < 1:
        last = masked if settings.grammar else scores
        return int(choose(last[None], torch.tensor([number]), Sampling(top_k=settings.top_k, top_p=settings.top_p)))
    scores[[PAD, BOS]] = -torch.inf
    shares = scores.softmax(-1).numpy()
    token = int(np.flatnonzero(shares.cumsum() > number)[0])
    within = (number - shares[:token].sum()) / shares[token]
    return token if allowed[token] else int(np.flatnonzero(masked.softmax(-1).numpy().cumsum() > within)[0])


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_fast_sampler_equals_the_slow_one(model: Model, settings: Sampling) -> None:
    conditions, randoms = _conditions(model, 24), uniforms(3, 0, 24, 39)
    fast = sample_tokens(model.network, conditions, randoms, settings, model.grammar)
    assert fast == [_slow(model, c, r, settings) for c, r in zip(conditions, randoms, strict=True)]
    assert len({tuple(one) for one in fast}) > 6


@pytest.mark.parametrize("settings", [Sampling(), Sampling(top_k=9), Sampling(top_p=0.5)], ids=str)
def test_tokens_come_as_often_as_in_the_distribution_renormalised_over_the_allowed_ones(settings: Sampling) -> None:
    """Evenly spaced random numbers, in a system where the masks refuse most of what an ignorant network draws."""
    grammar = load_compositions("matgpt").grammar(Constraints(system="Li-Fe-P-O", profile="charge_neutral"))
    logits = torch.from_numpy(np.random.default_rng(1).normal(size=grammar.codec.size))
    count = 20_000
    uniform = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    prefixes = grammar.start(count)
    while len(prefixes):
        allowed = torch.from_numpy(grammar.allowed(prefixes[:1])[0])
        chosen = choose_allowed(logits.repeat(count, 1), uniform, settings, grammar, prefixes)
        expected = logits.masked_fill(~allowed, -torch.inf)
        if settings.top_k:
            expected = expected.masked_fill(expected < expected.topk(settings.top_k).values[-1], -torch.inf)
        shares = expected.softmax(-1)
        if settings.top_p < 1:
            order = shares.argsort(descending=True)
            shares[order[1 + int((shares[order].cumsum(0) < settings.top_p).sum()) :]] = 0
        assert torch.allclose(chosen.bincount(minlength=len(logits)) / count, shares.float() / shares.sum(), atol=4e-3)
        token = chosen.mode().values.numpy()
        prefixes = grammar.advance(prefixes, token.repeat(count)) if token != EOS else []


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


def test_targets_are_usually_aimed_at_harder() -> None:
    assert usual(aimed=False) == Sampling()
    assert usual(aimed=True).guidance > 1 > usual(aimed=True).temperature
    assert usual(aimed=True, temperature=1.2, guidance=0.0) == Sampling(temperature=1.2, guidance=0.0)
