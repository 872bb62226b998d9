from itertools import pairwise

import numpy as np
import torch

from sekkei.data.encode import EncodedSet, pack
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.train.shares import Fit, fit_shares, misses
from sekkei.train.sums import property_shares

A, B, C = 3, 4, 5


def _pairs_count(seed: int, count: int) -> EncodedSet:
    """Sequences of letters; the property counts those that follow an equal one, which no single letter tells."""
    random = np.random.default_rng(seed)
    sequences = [random.integers(A, C + 1, random.integers(3, 9)).tolist() for _ in range(count)]
    values = [[float(sum(x == y for x, y in pairwise(one)))] for one in sequences]
    return pack(sequences, np.array(values))


def test_fitted_shares_know_what_context_brings() -> None:
    torch.manual_seed(0)
    data, fresh = _pairs_count(0, 3000), _pairs_count(1, 300)
    mean, deviation = float(data.values.mean()), float(data.values.std())
    config = CausalConfig(C + 1, 16, 1, 2, 16, ("pairs",), (mean,), (deviation,))
    network = ConditionalGPT(config)
    rows, unseen = np.arange(len(data)), np.arange(len(fresh))
    network.shares.begin_with(property_shares(data, rows, config)[0])
    before = float(misses(network, fresh, unseen).detach().square().mean())
    others = {k: v.clone() for k, v in network.state_dict().items() if not k.startswith("shares")}
    said: list[str] = []
    fit_shares(network, data, rows, Fit(total=20_000, batch=100), said.append)
    after = float(misses(network, fresh, unseen).square().mean())
    assert before > 0.4
    assert after < 0.05
    assert said
    assert all(torch.equal(v, network.state_dict()[k]) for k, v in others.items())
    assert not any(p.requires_grad for p in network.shares.parameters())


def test_unknown_properties_are_left_out_of_the_fit() -> None:
    data = pack([[A], [B, A]], np.array([[1.0, np.nan], [np.nan, np.nan]]))
    config = CausalConfig(C + 1, 16, 1, 2, 16, ("one", "two"), (0.0, 0.0), (1.0, 1.0))
    network = ConditionalGPT(config)
    fit_shares(network, data, np.arange(2), Fit(total=4, batch=2), lambda _: None)
    assert all(p.isfinite().all() for p in network.shares.parameters())
