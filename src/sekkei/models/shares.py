"""What each token adds to every property, given the tokens before it, and how that weighs what comes next."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sekkei.models.tokens import EOS, PAD

READ, CONTEXT, RANK = 96, 256, 24
"""Sizes of a token as it is read, of the memory of what was read, and of a token as it is weighed."""


class Standing(NamedTuple):
    """Where the sums stand after every token of a batch.

    Attributes:
        sums: (batch, length, properties) [standard deviations] of all shares so far.
        queries: (batch, length, properties, RANK); with a token's vector they give the share it would add next.
        after: (batch, properties + CONTEXT) what the next call needs to go on.
    """

    sums: Tensor
    queries: Tensor
    after: Tensor


class TokenShares(nn.Module):
    """A property of a sequence as a sum over its tokens, each share depending on the token and on all before it.

    The share of token v after a beginning with memory h is q_p(h) . u_v: a recurrent network (Cho et al. 2014) reads
    the beginning without knowing any condition, and one product gives what every possible next token would bring.
    It is fitted before the network that uses it and then left alone. Until it is, each token has a share of its own
    whatever stands before it (:meth:`begin_with`).
    """

    def __init__(self, vocabulary: int, properties: int) -> None:
        """Build it without knowledge of any token."""
        super().__init__()
        self.properties = properties
        self.read = nn.Embedding(vocabulary, READ)
        self.memory = nn.GRU(READ, CONTEXT, batch_first=True)
        self.query = nn.Linear(CONTEXT, properties * RANK)
        self.brings = nn.Embedding(vocabulary, RANK)
        nn.init.zeros_(self.query.weight)
        nn.init.zeros_(self.brings.weight)
        with torch.no_grad():
            self.query.bias.copy_(torch.eye(properties, RANK).flatten())

    def begin_with(self, shares: Tensor) -> None:
        """Set what each token adds on average (vocabulary, properties) [standard deviations].

        The start token's is the offset; the share of padding and of the end is zero.
        """
        with torch.no_grad():
            self.brings.weight.normal_(std=0.02)
            self.brings.weight[:, : self.properties] = shares
            self.brings.weight[[PAD, EOS]] = 0.0

    def forward(self, tokens: Tensor, before: Tensor | None = None) -> Standing:
        """Add up the shares of tokens (batch, length); ``before`` is ``after`` of the call on the tokens before."""
        if before is None:
            before = self.query.weight.new_zeros(len(tokens), self.properties + CONTEXT)
        sums, memory = torch.split(before, [self.properties, CONTEXT], dim=1)
        with torch.autocast(tokens.device.type, enabled=False):
            read, _ = self.memory(self.read(tokens), memory[None].contiguous())
            queries = self.query(torch.cat([memory[:, None], read], dim=1)).unflatten(2, (self.properties, RANK))
            shares = (queries[:, :-1] @ self.brings(tokens)[..., None]).squeeze(3)
            sums = sums[:, None] + shares.cumsum(dim=1)
        return Standing(sums, queries[:, 1:], torch.cat([sums[:, -1], read[:, -1]], dim=1))


class Missing(NamedTuple):
    """What is left to each target after every token, and what decides how far the next one goes.

    Attributes:
        left: (batch, length, properties) [standard deviations], NaN where nothing is asked for.
        queries: (batch, length, properties, RANK) from :class:`TokenShares`.
    """

    left: Tensor
    queries: Tensor


class Closing(nn.Module):
    """Weigh every possible next token by what it would leave of the remainder.

    Where a property is a sum of shares with an error of variance s^2, Bayes' rule multiplies the probability of a
    token that adds d to a remainder r by exp(-(r - d)^2 / 2 s^2). Up to a constant that adds k (2 r d - d^2) to its
    logit; k, one for each property asked for, is read from the hidden state, for the network knows how much is still
    to come, and so is a push towards more or less of a property. The output begins at zero.
    """

    upper: Tensor

    def __init__(self, properties: int, width: int) -> None:
        """Build it for so many properties and hidden vectors of this width."""
        super().__init__()
        self.weigh = nn.Linear(width, 2 * properties, bias=False)
        self.register_buffer("upper", torch.triu_indices(RANK, RANK), persistent=False)
        nn.init.zeros_(self.weigh.weight)

    def forward(self, hidden: Tensor, missing: Missing, brings: Tensor) -> Tensor:
        """Add to the logits.

        The squares are summed over the properties before they meet the vocabulary: sum_p k_p (q_p . u)^2 is one
        product of the matrix sum_p k_p q_p q_p^T with u u^T, of which a triangle suffices.

        Args:
            hidden: (batch, length, width).
            missing: for each property.
            brings: (vocabulary, RANK) vectors of the tokens.

        Returns:
            (batch, length, vocabulary).
        """
        left, queries = missing
        strength, push = self.weigh(hidden).chunk(2, dim=-1)
        with torch.autocast(hidden.device.type, enabled=False):
            given = left.isfinite().float()
            strength, push = strength.float() * given, push.float() * given
            linear = ((2 * strength * left.nan_to_num(0.0) + push)[..., None, :] @ queries).squeeze(-2)
            squares = queries.transpose(-1, -2) @ (strength[..., None] * queries)
            i, j = self.upper
            twice = torch.where(i == j, 1.0, 2.0)
            products = torch.cat([brings, -twice * brings[:, i] * brings[:, j]], dim=1)
            out: Tensor = torch.cat([linear, squares[..., i, j]], dim=-1) @ products.T
        return out
