"""Batched sampling with a key-value cache; every sequence depends on its own random numbers only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache

from sekkei.core.errors import UserError
from sekkei.core.types import Floats
from sekkei.models.causal import ConditionalGPT
from sekkei.models.tokens import BOS, EOS, PAD

_COMPACT_BELOW = 0.8


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen.

    Attributes:
        temperature: divides the logits; below 1 is safer, above 1 more varied.
        top_k: keep the k likeliest tokens; 0 keeps all.
        top_p: keep the smallest set of tokens that holds this probability (Holtzman et al. 2020); 1 keeps all.
        guidance: classifier-free guidance weight (Ho & Salimans 2022, eq. 6, as 1 + w): 1 is plain
            conditional sampling, above 1 pushes towards the condition, 0 ignores it.
        grammar: let only tokens follow that a text of this kind can go on with; a sequence then ends with an
            open ring or parenthesis only where it is cut off at the greatest length.
        batch: sequences sampled together; it changes speed and memory, not the result.
        steps: of a diffusion model, from noise to a vector; others take none.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    guidance: float = 1.0
    grammar: bool = True
    batch: int = 512
    steps: int = 50

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        if not 0 < self.temperature <= 10:
            what = f"{self.temperature:g} is not above 0 and at most 10"
            raise UserError(what, "temperature", "1.0 samples the model as it is")
        if self.top_k < 0:
            raise UserError(f"{self.top_k} is negative", "top_k", "0 keeps all tokens")
        if not 0 < self.top_p <= 1:
            raise UserError(f"{self.top_p} is outside 0 to 1", "top_p", "1 keeps all tokens")
        if not 0 <= self.guidance <= 20:
            raise UserError(f"{self.guidance} is outside 0 to 20", "guidance", "1 is plain, 1.5 to 3 is usual")
        if self.batch < 1:
            raise UserError(f"{self.batch} is below 1", "batch")
        if not 1 <= self.steps <= 1000:
            raise UserError(f"{self.steps} is outside 1 to 1000", "steps", "20 to 50 are usual")


PLAIN = Sampling()
"""The model as it is."""

AIMED = Sampling(temperature=0.92, guidance=1.25)
"""What is usual under targets: nearer to them, for a little variety. Chosen on targets that no benchmark uses."""

DIFFUSED = Sampling(guidance=5.0)
"""The same for molecules by latent diffusion, whose decoder is guided: of the weights that ``benchmarks/diffusion``
measures the one nearest to the targets. Samples stay as various, fewer are valid."""


def usual(
    aimed: bool,
    temperature: float | None = None,
    guidance: float | None = None,
    under_targets: Sampling = AIMED,
    free: Sampling = PLAIN,
) -> Sampling:
    """The usual settings with or without targets, except for what is given."""
    start = under_targets if aimed else free
    return replace(
        start,
        temperature=start.temperature if temperature is None else temperature,
        guidance=start.guidance if guidance is None else guidance,
    )


P = TypeVar("P")


class Grammar(Protocol[P]):
    """Rules on which token may follow a prefix; the prefixes' states are the grammar's own business."""

    def start(self, count: int) -> P:
        """The states of empty prefixes."""

    def permits(self, prefixes: P, tokens: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,): whether one token each may come next; what :meth:`allowed` says of these tokens, and cheaper."""

    def allowed(self, prefixes: P) -> NDArray[np.bool_]:
        """(n, vocabulary): which token may come next; never none."""

    def advance(self, prefixes: P, tokens: NDArray[np.int64]) -> P:
        """The states after one more token each."""

    def select(self, prefixes: P, rows: NDArray[np.int64]) -> P:
        """The states of some rows."""


def plain_samples(network: ConditionalGPT, conditions: Floats, randoms: Floats) -> list[list[int]]:
    """Samples of the network as it is, (n) token sequences for (n, properties) conditions and (n, longest) uniforms."""
    return sample_tokens(network, conditions, randoms, Sampling(grammar=False))


def ruled_samples(network: ConditionalGPT, conditions: Floats, randoms: Floats, grammar: Grammar[P]) -> list[list[int]]:
    """As :func:`plain_samples`, under the rules of a grammar."""
    return sample_tokens(network, conditions, randoms, Sampling(), grammar)


@torch.inference_mode()
def sample_tokens(
    network: ConditionalGPT,
    conditions: Floats,
    randoms: Floats,
    settings: Sampling,
    grammar: Grammar[P] | None = None,
) -> list[list[int]]:
    """Sample one sequence per row.

    Args:
        network: in evaluation mode.
        conditions: (n, properties), NaN where free.
        randoms: (n, longest) uniform numbers; sequence i uses row i, one number per token.
        settings: how the next token is chosen.
        grammar: rules on what may follow; not used where ``settings.grammar`` is off.

    Returns:
        n lists of token numbers without start and end.
    """
    rows: list[list[int]] = []
    rules = grammar if settings.grammar else None
    for start in range(0, len(conditions), settings.batch):
        part = slice(start, start + settings.batch)
        rows += _sample_batch(network, conditions[part], randoms[part], settings, rules)
    return rows


def _sample_batch(
    network: ConditionalGPT, conditions: Floats, randoms: Floats, settings: Sampling, grammar: Grammar[P] | None
) -> list[list[int]]:
    values = torch.from_numpy(conditions.astype(np.float32))
    free = network.untold(values)
    guided = settings.guidance != 1.0 and bool((values.isfinite() & ~free.isfinite()).any())
    count, longest = randoms.shape
    chosen = np.zeros((count, longest), dtype=np.int64)
    alive = torch.arange(count)
    embedded = network.condition(torch.cat([values, free]) if guided else values)
    uniform = torch.from_numpy(randoms)
    token = torch.full((count,), BOS)
    cache, tally = DynamicCache(), None
    prefixes = grammar.start(count) if grammar else None
    going = torch.ones(count, dtype=torch.bool)
    for position in range(longest):
        logits, tally = _step(network, token, embedded, cache, tally, settings.guidance if guided else None)
        if grammar and prefixes is not None:
            token = choose_allowed(logits, uniform[alive, position], settings, grammar, prefixes)
        else:
            token = choose(logits, uniform[alive, position], settings)
        token = token.where(going, EOS)  # sequences that have ended stay in the batch until there are many
        chosen[alive.numpy(), position] = token.numpy()
        going = token != EOS
        if not bool(going.any()):
            break
        if grammar and prefixes is not None:
            prefixes = grammar.advance(prefixes, token.numpy())
        if int(going.sum()) < _COMPACT_BELOW * len(going):
            keep = going.nonzero().flatten()
            alive, token, going = alive[keep], token[keep], going[keep]
            rows = torch.cat([keep, keep + len(embedded) // 2]) if guided else keep
            embedded, tally = embedded[rows], tally[rows]
            cache.batch_select_indices(rows)
            if grammar and prefixes is not None:
                prefixes = grammar.select(prefixes, keep.numpy())
    return [_until_end(row) for row in chosen]


def _step(
    network: ConditionalGPT,
    token: Tensor,
    embedded: Tensor,
    cache: DynamicCache,
    tally: Tensor | None,
    weight: float | None,
) -> tuple[Tensor, Tensor]:
    tokens = token if weight is None else torch.cat([token, token])
    entering = network.embed(tokens[:, None], embedded, tally)
    logits = network.score(entering, cache)[:, -1]
    if weight is not None:
        given, free = logits.chunk(2)
        logits = free + weight * (given - free)
    return logits, entering.after


def choose_allowed(logits: Tensor, uniform: Tensor, settings: Sampling, grammar: Grammar[P], prefixes: P) -> Tensor:
    """Pick tokens that a grammar allows, from the distribution renormalised over them.

    Most of what a trained network draws is allowed. So each row draws a token a from all, and only where that one is
    refused does the row draw again, among the allowed ones. The uniform number lay in the interval [c, c + p(a)) of the
    refused token; its place within that interval, (u - c) / p(a), is a fresh uniform number. With allowed mass S an
    allowed token b comes with p(b) + (1 - S) p(b) / S = p(b) / S. Top-k and top-p are taken among the allowed tokens.

    Args:
        logits: (batch, vocabulary).
        uniform: (batch,) in [0, 1).
        settings: temperature, top-k and top-p are used.
        grammar: says which tokens are allowed.
        prefixes: the grammar's states of the batch.

    Returns:
        (batch,) token numbers.
    """
    if settings.top_k > 0 or settings.top_p < 1:
        return choose(_masked(logits, grammar, prefixes), uniform, settings)
    cumulative = _cumulative(logits, settings)
    token = _at(cumulative, uniform)
    refused = np.flatnonzero(~grammar.permits(prefixes, token.numpy()))
    if len(refused):
        rows = torch.from_numpy(refused)
        within = _within(cumulative[rows], token[rows], uniform[rows])
        token[rows] = choose(_masked(logits[rows], grammar, grammar.select(prefixes, refused)), within, settings)
    return token


def choose(logits: Tensor, uniform: Tensor, settings: Sampling) -> Tensor:
    """Pick tokens by inverting the cumulative distribution.

    Args:
        logits: (batch, vocabulary).
        uniform: (batch,) in [0, 1).
        settings: temperature, top-k and top-p are used.

    Returns:
        (batch,) token numbers; padding and the start token are never chosen.
    """
    return _at(_cumulative(logits, settings), uniform)


def _masked(logits: Tensor, grammar: Grammar[P], prefixes: P) -> Tensor:
    return logits.masked_fill(torch.from_numpy(~grammar.allowed(prefixes)), -torch.inf)


def _cumulative(logits: Tensor, settings: Sampling) -> Tensor:
    """(batch, vocabulary) cumulative probabilities; with top-p the last one is the mass kept."""
    scores = logits.double() / settings.temperature
    scores[:, [PAD, BOS]] = -torch.inf
    if 0 < settings.top_k < scores.shape[1]:
        scores = scores.masked_fill(scores < scores.topk(settings.top_k).values[:, -1:], -torch.inf)
    probabilities = scores.softmax(-1)
    if settings.top_p < 1:
        probabilities = _nucleus(probabilities, settings.top_p)
    return probabilities.cumsum(-1)


def _at(cumulative: Tensor, uniform: Tensor) -> Tensor:
    """(batch,) the tokens whose intervals hold the uniform numbers."""
    # a draw that rounding puts past the last probable token falls back to it
    target = torch.minimum(uniform[:, None] * cumulative[:, -1:], cumulative[:, -1:] * (1 - 1e-12))
    return torch.searchsorted(cumulative, target, right=True).flatten()


def _within(cumulative: Tensor, token: Tensor, uniform: Tensor) -> Tensor:
    """(batch,) where in the intervals of their tokens the uniform numbers lie: 0 begins one, 1 ends it."""
    end = cumulative.gather(1, token[:, None]).flatten()
    # the first two tokens, padding and start, are never chosen: there always is one before
    begin = cumulative.gather(1, token[:, None] - 1).flatten()
    return ((uniform * cumulative[:, -1] - begin) / (end - begin)).clamp(0.0, 1.0)


def _nucleus(probabilities: Tensor, mass: float) -> Tensor:
    ordered, order = probabilities.sort(descending=True)
    outside = ordered.cumsum(-1) - ordered >= mass
    kept = ordered.masked_fill(outside, 0.0)
    return torch.zeros_like(probabilities).scatter(1, order, kept)


def _until_end(row: np.ndarray) -> list[int]:
    tokens: list[int] = []
    for token in row.tolist():
        if token in (EOS, PAD):
            break
        tokens.append(token)
    return tokens
