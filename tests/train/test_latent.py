"""An autoencoder of sequences on a small language."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np
import pytest
import torch
from transformers import DynamicCache

from sekkei.data.encode import pack
from sekkei.generate.sample import Sampling, sample_tokens
from sekkei.models.latent import Autoencoder, LatentConfig, on_sphere
from sekkei.train.latent import encoded, reconstruction
from sekkei.train.loop import Plan, train

GREEDY = Sampling(top_k=1, grammar=False)
CONFIG = LatentConfig(vocabulary=9, width=48, encoder=2, decoder=2, heads=4, positions=12, size=17, read=1)
LENGTHS = ((4.0,), (1.4,))


def words(count, seed):
    random = np.random.default_rng(seed)
    return [random.integers(3, 9, random.integers(2, 7)).tolist() for _ in range(count)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    torch.manual_seed(0)
    network, seen = Autoencoder(CONFIG), words(6000, 0)
    data = pack(seen, np.array([[len(one)] for one in seen], dtype=float))
    course = reconstruction(data, np.arange(len(seen)), CONFIG, 0.2, LENGTHS)
    plan = Plan(130_000, batch=256, warmup=50, rate=3e-3)
    train(network, course, plan, tmp_path_factory.mktemp("latent") / "state.pt", lambda _: None)
    return network.eval()


def decoded(network, vectors):
    return sample_tokens(network.decoder, vectors.astype(float), np.zeros((len(vectors), 11)), GREEDY)


def test_unseen_sequences_come_back(trained):
    unseen = words(400, 1)
    vectors = encoded(trained, pack(unseen, np.empty((400, 0))), np.arange(400))
    np.testing.assert_allclose(vectors[:, 1:].mean(axis=1), 0.0, atol=1e-4)
    np.testing.assert_allclose(vectors[:, 1:].std(axis=1), 1.0, atol=1e-2)
    again = decoded(trained, vectors)
    assert np.mean([one == other for one, other in zip(again, unseen, strict=True)]) > 0.85


def test_the_first_coordinate_is_the_property(trained):
    unseen = words(400, 3)
    vectors = encoded(trained, pack(unseen, np.empty((400, 0))), np.arange(400))
    lengths = np.array([len(one) for one in unseen])
    assert np.abs(vectors[:, 0] * LENGTHS[1][0] + LENGTHS[0][0] - lengths).mean() < 0.25
    told = vectors.copy()
    told[:, 0] = (2 - LENGTHS[0][0]) / LENGTHS[1][0]
    shorter = [len(one) for one in decoded(trained, told)]
    assert np.mean(shorter) < lengths.mean() - 0.3  # a decoder believes what it is told


def test_of_another_vector_comes_what_is_on_the_sphere():
    torch.manual_seed(1)
    fresh = Autoencoder(CONFIG).eval()
    tokens, _, _ = pack(words(20, 5), np.empty((20, 0))).batch(np.arange(20))
    with torch.inference_mode():
        vectors = fresh.encode(tokens)
        logits, read = fresh(tokens, torch.zeros(20, CONFIG.size), torch.full((20, 1), 0.5), torch.empty(20, 0))
        between = torch.cat([vectors[:, :1], on_sphere(vectors[:, 1:] + 0.5 * vectors.roll(1, 0)[:, 1:])], dim=1)
        torch.testing.assert_close(logits, fresh.decoder(tokens, between))
        torch.testing.assert_close(read, vectors[:, :1])


def test_neighbours_decode_to_neighbours(trained):
    unseen = words(300, 2)
    vectors = encoded(trained, pack(unseen, np.empty((300, 0))), np.arange(300))
    noise = np.random.default_rng(0).standard_normal(vectors.shape).astype(np.float32)
    shares = []
    for spread in (0.05, 0.3, 3.0):
        moved = trained.settled(torch.from_numpy(vectors + spread * noise)).numpy()
        again = decoded(trained, moved)
        alike = [
            np.mean([a == b for a, b in zip_longest(one, other)]) for one, other in zip(again, unseen, strict=True)
        ]
        shares.append(float(np.mean(alike)))
    assert shares[0] > 0.9
    assert shares[0] > shares[1] > shares[2]


def test_writing_token_by_token_is_reading_all_at_once(trained):
    some = words(20, 4)
    tokens, _, _ = pack(some, np.empty((20, 0))).batch(np.arange(20))
    with torch.inference_mode():
        vectors = trained.encode(tokens)
        whole = trained.decoder(tokens, vectors)
        told, cache, before = trained.decoder.condition(vectors), DynamicCache(), None
        for place in range(tokens.shape[1]):
            entering = trained.decoder.embed(tokens[:, place : place + 1], told, before)
            before = entering.after
            torch.testing.assert_close(
                trained.decoder.score(entering, cache)[:, -1], whole[:, place], atol=1e-3, rtol=1e-3
            )


def test_vectors_do_not_depend_on_their_batch(trained):
    some = words(50, 3)
    data = pack(some, np.empty((50, 0)))
    together = encoded(trained, data, np.arange(50))
    for row in (0, 7, 49):
        np.testing.assert_allclose(encoded(trained, data, np.array([row]))[0], together[row], atol=1e-4)
