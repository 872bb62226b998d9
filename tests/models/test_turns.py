"""Tokens of two kinds take turns where a network is built so: whatever it writes is pairs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sekkei.generate.sample import Sampling, sample_tokens
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.tokens import BOS, EOS

FIRST, VOCABULARY = 8, 12


@pytest.fixture(scope="module")
def network() -> ConditionalGPT:
    torch.manual_seed(0)
    config = CausalConfig(VOCABULARY, 16, 1, 2, 12, ("p",), (0.0,), (1.0,), sums=False, amounts=FIRST)
    return ConditionalGPT(config).eval()


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_every_sequence_is_pairs(network, guidance):
    settings = Sampling(guidance=guidance, grammar=False)
    written = sample_tokens(network, np.ones((200, 1)), np.random.default_rng(0).random((200, 10)), settings)
    assert any(written)
    for tokens in written:
        assert all(token < FIRST for token in tokens[::2])
        assert all(token >= FIRST for token in tokens[1::2])
        assert len(tokens) % 2 == 0


def test_what_may_not_come_has_no_probability_and_the_rest_keeps_its_odds(network):
    tokens = torch.tensor([[BOS, 4, FIRST + 1, EOS]])
    free = ConditionalGPT(CausalConfig(VOCABULARY, 16, 1, 2, 12, ("p",), (0.0,), (1.0,), sums=False)).eval()
    free.load_state_dict(network.state_dict())
    values = torch.full((1, 1), torch.nan)
    with torch.inference_mode():
        barred, plain = network(tokens, values)[0], free(tokens, values)[0]
    chances = barred.softmax(-1)
    assert float(chances[0, FIRST:].sum()) == 0
    assert float(chances[1, :FIRST].sum()) == 0
    assert float(chances[2, EOS]) > 0
    assert torch.equal(barred[1, FIRST:], plain[1, FIRST:])
