"""What a network loses to forbidden tokens, and that it learns not to."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sekkei.data.encode import pack
from sekkei.generate.sample import ruled_samples
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.tokens import EOS
from sekkei.train.course import next_tokens, presented
from sekkei.train.loop import Plan, train
from sekkei.train.rules import allowed_along, by_rules, forbidden

VOCABULARY, FIRST = 9, 3


class Rising:
    """Numbers may not fall: each token is at least the one before, and at most six are written."""

    def start(self, count):
        return ((FIRST, 0),) * count

    def allowed(self, prefixes):
        fits = np.zeros((len(prefixes), VOCABULARY), dtype=bool)
        for row, (least, written) in enumerate(prefixes):
            fits[row, EOS] = written > 0
            fits[row, least:] = written < 6
        return fits

    def permits(self, prefixes, tokens):
        return self.allowed(prefixes)[np.arange(len(tokens)), tokens]

    def advance(self, prefixes, tokens):
        return tuple(
            (max(least, int(token)), written + (token != EOS))
            for (least, written), token in zip(prefixes, tokens, strict=True)
        )

    def select(self, prefixes, rows):
        return tuple(prefixes[row] for row in rows)


def network():
    torch.manual_seed(0)
    return ConditionalGPT(CausalConfig(VOCABULARY, 32, 1, 2, 10, ("p",), (0.0,), (1.0,), sums=False))


def test_the_masks_along_a_sequence_are_those_of_its_prefixes():
    along = allowed_along(Rising(), [[3, 5, 5], [8]])
    assert along.shape == (2, 4, VOCABULARY)
    assert np.flatnonzero(along[0, 0]).tolist() == [3, 4, 5, 6, 7, 8]
    assert np.flatnonzero(along[0, 2]).tolist() == [EOS, 5, 6, 7, 8]
    assert np.flatnonzero(along[1, 1]).tolist() == [EOS, 8]
    assert along[1, 2:].all()


def test_what_is_lost_is_minus_the_logarithm_of_the_allowed_probability():
    net, sequences = network().eval(), [[3, 5, 5], [8], [4, 4]]
    tokens, labels, values = pack(sequences, np.full((3, 1), np.nan)).batch(np.arange(3))
    allowed = torch.from_numpy(allowed_along(Rising(), sequences))
    with torch.inference_mode():
        lost = forbidden(net, tokens, labels, torch.from_numpy(values), allowed)
        chances = net(tokens, torch.from_numpy(values)).double().softmax(-1)
    by_hand = [
        -sum(np.log(float(chances[row, place][allowed[row, place]].sum())) for place in range(len(sequence) + 1))
        for row, sequence in enumerate(sequences)
    ]
    assert lost.tolist() == pytest.approx(by_hand, rel=1e-4)


def test_a_network_learns_rules_sooner_than_from_real_sequences_alone(tmp_path):
    random = np.random.default_rng(0)
    real, others = (
        [sorted(random.integers(FIRST, VOCABULARY, random.integers(1, 7)).tolist()) for _ in range(count)]
        for count in (12, 200)
    )
    data, rows = pack(real, np.zeros((len(real), 1))), np.arange(len(real))
    tokens, labels, values = pack(others, np.full((len(others), 1), np.nan)).batch(np.arange(len(others)))
    allowed = torch.from_numpy(allowed_along(Rising(), others))

    def lost(course_of, name):
        net = network()
        plan = Plan(12 * 25, batch=12, rate=5e-3, warmup=2)
        train(net, course_of(net), plan, tmp_path / f"{name}.pt", lambda _: None)
        with torch.inference_mode():
            return float(forbidden(net.eval(), tokens, labels, torch.from_numpy(values), allowed).mean())

    ruled = lost(
        lambda net: by_rules(net, data, rows, lambda wished, _: (wished, Rising()), ruled_samples, 8, presented),
        "ruled",
    )
    assert ruled < 0.7 * lost(lambda _: next_tokens(data, rows), "real")
