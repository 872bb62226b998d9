"""A decoder that is told how far off a vector may be, and the targets, on a small language of rising letters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import DynamicCache

from sekkei.data.encode import IGNORED, pack
from sekkei.generate.sample import Sampling, sample_tokens
from sekkei.models.latent import Autoencoder, LatentConfig
from sekkei.train.latent import encoded, reconstruction
from sekkei.train.loop import Plan, train
from sekkei.train.shares import Fit, fit_shares

PLAIN = LatentConfig(vocabulary=12, width=48, encoder=2, decoder=2, heads=4, positions=10, size=16)
TOLD = replace(PLAIN, properties=("length",), centre=(4.5,), scale=(1.8,))
FREE = np.nan


def words(count, seed):
    random = np.random.default_rng(seed)
    return [np.sort(random.choice(np.arange(3, 12), random.integers(2, 8), False)).tolist() for _ in range(count)]


def lengths(many):
    return np.array([[len(one)] for one in many], dtype=float)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    torch.manual_seed(0)
    network, seen = Autoencoder(TOLD), words(4000, 0)
    data, rows = pack(seen, lengths(seen)), np.arange(len(seen))
    fit_shares(network.decoder, data, rows, Fit(30_000), lambda _: None)
    course = reconstruction(data, rows, TOLD, 3.0, ((4.5,), (1.8,)))
    plan = Plan(80_000, batch=128, warmup=50, rate=3e-3)
    train(network, course, plan, tmp_path_factory.mktemp("told") / "state.pt", lambda _: None)
    made = Autoencoder(TOLD)
    made.load_state_dict(network.state_dict())
    return made.eval()


def written(network, vectors, doubt, length=FREE, guidance=1.0):
    rows, settings = len(vectors), Sampling(temperature=0.05, guidance=guidance, grammar=False)
    told = np.column_stack([vectors, np.full(rows, doubt), np.full(rows, length)])
    return sample_tokens(network.decoder, told, np.full((rows, 9), 0.5), settings)


def noise_for(network, seed):
    return network.settled(torch.randn(500, 16, generator=torch.Generator().manual_seed(seed))).double().numpy()


def test_in_doubt_it_goes_by_the_language(trained):
    found = written(trained, noise_for(trained, 1), 2.5)
    assert np.mean([one == sorted(set(one)) for one in found]) > 0.95


def test_the_truth_about_noise_surprises_it_least(trained):
    unseen = words(400, 2)
    tokens, labels, _ = pack(unseen, lengths(unseen)).batch(np.arange(400))
    noise = torch.randn(400, 16, generator=torch.Generator().manual_seed(3))

    def surprise(spread, doubt):
        told = torch.tensor([[doubt, FREE]]).expand(400, -1)
        with torch.inference_mode():
            logits, _ = trained(tokens, spread * noise, torch.zeros(400, 1), told)
        return float(functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED))

    assert surprise(2.5, 2.5) < surprise(2.5, 0.3) - 0.05
    assert surprise(0.1, 0.1) < surprise(0.1, 2.5) - 0.05


def test_without_doubt_it_goes_by_the_vector(trained):
    unseen = words(300, 1)
    vectors = encoded(trained, pack(unseen, lengths(unseen)), np.arange(300)).astype(float)

    def exact(doubt):
        return np.mean([a == b for a, b in zip(written(trained, vectors, doubt), unseen, strict=True)])

    assert exact(0.0) > 0.8
    assert exact(0.0) > exact(2.5) + 0.1


def test_it_follows_a_target(trained):
    for wanted in (3, 6):
        found = [len(one) for one in written(trained, noise_for(trained, 2), 2.5, wanted)]
        assert np.abs(np.array(found) - wanted).mean() < 0.3


def test_guidance_pushes_away_from_what_is_written_without_a_target(trained):
    noise = noise_for(trained, 4)
    assert written(trained, noise, 1.5, guidance=3.0) == written(trained, noise, 1.5)
    off = [
        np.abs(np.array([len(one) for one in written(trained, noise, 1.5, 7, guidance)]) - 7).mean()
        for guidance in (0.0, 0.5, 1.0)
    ]
    assert off[0] > off[1] > off[2]


def test_one_that_becomes_told_writes_what_it_wrote():
    torch.manual_seed(1)
    before, after = Autoencoder(PLAIN).eval(), Autoencoder(TOLD).eval()
    missing = after.load_state_dict(before.state_dict(), strict=False)
    assert not missing.unexpected_keys
    tokens, _, _ = pack(words(20, 5), np.empty((20, 0))).batch(np.arange(20))
    vectors = before.encode(tokens)
    told = torch.cat([vectors, torch.full((20, 1), 1.3), torch.full((20, 1), 4.0)], dim=1)
    torch.testing.assert_close(after.decoder(tokens, told), before.decoder(tokens, vectors))


def test_writing_token_by_token_is_reading_all_at_once(trained):
    tokens, _, _ = pack(words(20, 4), np.empty((20, 0))).batch(np.arange(20))
    for length in (4.0, FREE):
        with torch.inference_mode():
            told = torch.cat([trained.encode(tokens), torch.full((20, 1), 1.0), torch.full((20, 1), length)], dim=1)
            whole, condition = trained.decoder(tokens, told), trained.decoder.condition(told)
            cache, before = DynamicCache(), None
            for place in range(tokens.shape[1]):
                entering = trained.decoder.embed(tokens[:, place : place + 1], condition, before)
                before = entering.after
                step = trained.decoder.score(entering, cache)[:, -1]
                torch.testing.assert_close(step, whole[:, place], atol=1e-3, rtol=1e-3)
