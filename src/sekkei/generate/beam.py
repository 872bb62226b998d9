"""Beam search: the likeliest sequences instead of random ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache

from sekkei.core.types import Floats
from sekkei.models.causal import BOS, EOS, PAD, ConditionalGPT


@torch.inference_mode()
def beam_search(
    network: ConditionalGPT,
    condition: Floats,
    width: int,
    longest: int,
    accept: Callable[[list[int]], bool] = lambda _: True,
) -> list[tuple[list[int], float]]:
    """Keep the ``width`` likeliest prefixes at every step until no open one can still win.

    A finished sequence competes by its full log-probability, without length normalisation, so the answer is a
    statement about the model: the likeliest sequences this search found.

    Args:
        network: in evaluation mode.
        condition: (properties,), NaN where free.
        width: prefixes kept, and sequences returned at most.
        longest: tokens at most.
        accept: whether a finished sequence counts; fragments are likelier than what they are fragments of, and would
            fill the list.

    Returns:
        (tokens without start and end, natural log-probability), likeliest first.
    """
    embedded = network.conditions(torch.from_numpy(condition.astype(np.float32))[None])
    cache = DynamicCache()
    tally: Tensor | None = None
    prefixes: list[list[int]] = [[]]
    scores = torch.zeros(1, dtype=torch.float64)
    finished: list[tuple[list[int], float]] = []
    for _ in range(longest):
        last = torch.tensor([prefix[-1] if prefix else BOS for prefix in prefixes])
        inputs, tally = network.embed(last[:, None], embedded.expand(len(prefixes), -1), tally)
        logits = network.gpt(inputs_embeds=inputs, past_key_values=cache, use_cache=True).logits[:, -1].double()
        logits[:, [PAD, BOS]] = -torch.inf
        totals = scores[:, None] + logits.log_softmax(-1)
        bar = finished[-1][1] if len(finished) == width else -float("inf")
        ended = [(prefix, float(total)) for prefix, total in zip(prefixes, totals[:, EOS], strict=True)]
        finished += [(prefix, total) for prefix, total in ended if total > bar and accept(prefix)]
        finished = sorted(finished, key=lambda pair: -pair[1])[:width]
        totals[:, EOS] = -torch.inf
        best = totals.flatten().topk(min(width, totals.numel()))
        parents, tokens = best.indices // totals.shape[1], best.indices % totals.shape[1]
        prefixes = [[*prefixes[int(p)], int(t)] for p, t in zip(parents, tokens, strict=True)]
        scores = best.values
        if len(finished) == width and float(scores[0]) < finished[-1][1]:
            break
        cache.batch_select_indices(parents)
        tally = tally[parents]
    return finished
