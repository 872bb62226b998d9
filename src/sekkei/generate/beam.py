"""Beam search: the likeliest sequences instead of random ones."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache

from sekkei.core.types import Floats
from sekkei.generate.sample import Grammar, P
from sekkei.models.causal import ConditionalGPT
from sekkei.models.tokens import BOS, EOS, PAD


@torch.inference_mode()
def beam_search(
    network: ConditionalGPT,
    condition: Floats,
    width: int,
    longest: int,
    meaning: Callable[[list[int]], Hashable | None] = tuple,
    grammar: Grammar[P] | None = None,
) -> list[tuple[list[int], float]]:
    """Keep the ``width`` likeliest prefixes at every step until no open one can still win.

    A finished sequence competes by its full log-probability, without length normalisation, so the answer is a
    statement about the model: the likeliest sequences this search found.

    Args:
        network: in evaluation mode.
        condition: (properties,), NaN where free.
        width: prefixes kept, and sequences returned at most.
        longest: tokens at most.
        meaning: what a finished sequence stands for, None where it stands for nothing. Of several with one meaning
            the likeliest is returned. Fragments are likelier than whole molecules: unchecked, they fill the list.
        grammar: rules on what may follow. Probabilities stay those of the network without rules.

    Returns:
        (tokens without start and end, natural log-probability), likeliest first.
    """
    embedded = network.condition(torch.from_numpy(condition.astype(np.float32))[None])
    cache = DynamicCache()
    tally: Tensor | None = None
    prefixes: list[list[int]] = [[]]
    scores = torch.zeros(1, dtype=torch.float64)
    finished: dict[Hashable, tuple[list[int], float]] = {}
    states = grammar.start(1) if grammar else None
    least = -float("inf")
    for _ in range(longest):
        last = torch.tensor([prefix[-1] if prefix else BOS for prefix in prefixes])
        entering = network.embed(last[:, None], embedded.expand(len(prefixes), -1), tally)
        logits = network.score(entering, cache)[:, -1].double()
        logits[:, [PAD, BOS]] = -torch.inf
        totals = scores[:, None] + logits.log_softmax(-1)
        if grammar and states is not None:
            totals = totals.masked_fill(torch.from_numpy(~grammar.allowed(states)), -torch.inf)
        for prefix, total in zip(prefixes, totals[:, EOS].tolist(), strict=True):
            if total > least and (what := meaning(prefix)) is not None and total > finished.get(what, ([], least))[1]:
                finished[what] = (prefix, total)
        finished = dict(sorted(finished.items(), key=lambda item: -item[1][1])[:width])
        least = min(total for _, total in finished.values()) if len(finished) == width else -float("inf")
        totals[:, EOS] = -torch.inf
        best = totals.flatten().topk(min(width, int(totals.isfinite().sum())))
        if not len(best.values):
            break
        parents, tokens = best.indices // totals.shape[1], best.indices % totals.shape[1]
        prefixes = [[*prefixes[int(p)], int(t)] for p, t in zip(parents, tokens, strict=True)]
        scores = best.values
        if float(scores[0]) < least:
            break
        cache.batch_select_indices(parents)
        tally = entering.after[parents]
        if grammar and states is not None:
            states = grammar.advance(grammar.select(states, parents.numpy()), tokens.numpy())
    return list(finished.values())
