"""A GPT-2 decoder that writes token sequences under any subset of property conditions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import Cache, GPT2Config, GPT2LMHeadModel

from sekkei.models.conditions import ConditionEncoder, Remainder
from sekkei.models.shares import Closing, Missing, TokenShares
from sekkei.models.tokens import BOS, EOS, PAD

TALLIED = 80
"""Size of the running tally."""

_SHORT = 128  # positions
_NEVER = -1e4  # a logit; not minus infinity, of which guidance would take differences


class Tally(nn.Module):
    """Running sums over the tokens so far, so that a network can count.

    Attention averages; it adds up badly. Targets such as a weight or a number of acceptors are sums over the whole
    sequence, so each position is given the sum of a learned vector per token up to and including itself. The output
    begins at zero: a network that gains a tally stays what it was.
    """

    def __init__(self, vocabulary: int, width: int) -> None:
        """Build it with empty vectors; :meth:`begin_with` fills them in."""
        super().__init__()
        self.contribution = nn.Embedding(vocabulary, TALLIED)
        self.project = nn.Linear(TALLIED, width, bias=False)
        nn.init.zeros_(self.contribution.weight)
        nn.init.zeros_(self.project.weight)

    def begin_with(self, counts: Tensor) -> None:
        """Start from known counts (vocabulary, at most TALLIED), such as how often each letter stands in a token."""
        with torch.no_grad():
            self.contribution.weight[:, : counts.shape[1]] = counts

    def forward(self, tokens: Tensor, before: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Add up.

        Args:
            tokens: (batch, length).
            before: (batch, TALLIED) sums over earlier tokens, none where absent.

        Returns:
            (batch, length, width) to add to the embeddings, and the sums (batch, TALLIED) after the last token.
        """
        sums: Tensor = self.contribution(tokens).cumsum(dim=1)
        if before is not None:
            sums = sums + before[:, None]
        return self.project(sums), sums[:, -1]


@dataclass(frozen=True)
class CausalConfig:
    """Everything needed to rebuild the network before its weights are loaded.

    Attributes:
        vocabulary: number of tokens, the three special ones included.
        width: size of the hidden vectors.
        layers: number of transformer blocks.
        heads: attention heads in each block.
        positions: longest sequence, start token included.
        properties: names of the properties that can condition it, in order.
        centre: mean of each property in the training data, in its unit.
        scale: standard deviation of each property, in its unit.
        sums: whether the properties are followed as sums over the tokens; see :class:`TokenShares`.
        amounts: number of the first token of the second kind, where tokens of two kinds take turns, such as an element
            and its amount; 0 where they do not.
    """

    vocabulary: int
    width: int
    layers: int
    heads: int
    positions: int
    properties: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    sums: bool = True
    amounts: int = 0

    def as_dict(self) -> dict[str, object]:
        """The fields as plain values, for ``config.json``."""
        return asdict(self)


class Entering(NamedTuple):
    """What :meth:`ConditionalGPT.embed` says of tokens.

    Attributes:
        vectors: (batch, length, width) that enter the first block.
        missing: what is left to each target, None where nothing is asked for in the whole batch.
        after: (batch, sums) what the call on the tokens after these needs to go on.
        barred: (batch, length, vocabulary) whose turn it is not, None where all may come.
    """

    vectors: Tensor
    missing: Missing | None
    after: Tensor
    barred: Tensor | None


class ConditionalGPT(nn.Module):
    """GPT-2 (Radford et al. 2019) whose every position carries the embedded conditions.

    The chapter puts the condition in front as a token of its own. Here it is added to the start token and to
    every later one, and so is what is still missing to it: the sequence stays one position shorter and each block sees
    the target directly. At the output each token is weighed by what it would leave.
    Activation is squared ReLU (So et al. 2021, arXiv:2109.08668), which trained faster than GELU at equal time.
    """

    def __init__(self, config: CausalConfig) -> None:
        """Build an untrained network."""
        super().__init__()
        self.config = config
        self.gpt = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=config.vocabulary,
                n_positions=config.positions,
                n_embd=config.width,
                n_layer=config.layers,
                n_head=config.heads,
                activation_function="relu2",
                resid_pdrop=0.0,
                embd_pdrop=0.0,
                attn_pdrop=0.0,
                bos_token_id=BOS,
                eos_token_id=EOS,
                pad_token_id=PAD,
            )
        )
        # at some ten tokens a sequence, plain matrix products beat the fused attention kernels of the CPU
        self.gpt.set_attn_implementation("eager" if config.positions <= _SHORT else "sdpa")
        if config.properties:
            self.conditions = ConditionEncoder(config.centre, config.scale, config.width)
        self.tally = Tally(config.vocabulary, config.width)
        if config.sums:
            self.shares = TokenShares(config.vocabulary, len(config.properties)).requires_grad_(False)
            self.remainder = Remainder(len(config.properties), config.width)
            self.closing = Closing(len(config.properties), config.width)

    def drop(self, share: float) -> None:
        """Set this share of what is embedded and what blocks add to zero while training (Srivastava et al. 2014).

        None when sampling, and none of the attention, whose fused kernel has no place for it.
        """
        for name, module in self.named_modules():
            if isinstance(module, nn.Dropout) and not name.endswith("attn_dropout"):
                module.p = share

    def forward(self, tokens: Tensor, values: Tensor) -> Tensor:
        """Score the next token at every position.

        Args:
            tokens: (batch, length) integers, starting with ``BOS``, padded on the right.
            values: (batch, properties) in their own units, NaN where free.

        Returns:
            Logits (batch, length, vocabulary).
        """
        return self.score(self.embed(tokens, self.condition(values)))

    def score(self, entering: Entering, cache: Cache | None = None) -> Tensor:
        """Logits (batch, length, vocabulary) of what :meth:`embed` returned; ``cache`` holds the tokens before it."""
        # by place: the second argument has been called past_key_values and cache
        out = self.gpt.transformer(None, cache, inputs_embeds=entering.vectors, use_cache=cache is not None)
        hidden = out.last_hidden_state
        logits: Tensor = self.gpt.lm_head(hidden)
        if entering.missing:
            logits = logits + self.closing(hidden, entering.missing, self.shares.brings.weight)
        return logits if entering.barred is None else logits.masked_fill(entering.barred, _NEVER)

    def condition(self, values: Tensor) -> Tensor:
        """All that :meth:`embed` needs to know of the conditions, one row for each sequence.

        Args:
            values: (batch, properties) in their own units, NaN where free.

        Returns:
            (batch, width + properties): the embedded conditions, and the standardised ones, NaN where free.
        """
        wished = self.conditions.standardise(values)
        return torch.cat([self.conditions(wished), wished], dim=1)

    def untold(self, values: Tensor) -> Tensor:
        """Values as :meth:`condition` takes them, with every target free."""
        return torch.full_like(values, torch.nan)

    def embed(self, tokens: Tensor, condition: Tensor, before: Tensor | None = None) -> Entering:
        """What enters the first block.

        Args:
            tokens: (batch, length).
            condition: (batch, width + properties) from :meth:`condition`.
            before: ``after`` of the call on the tokens before these.
        """
        embedded, wished = torch.split(condition, [self.config.width, len(self.config.properties)], dim=1)
        letters, sums = (None, None) if before is None else before.tensor_split([TALLIED], dim=1)
        counted, letters = self.tally(tokens, letters)
        vectors = self.gpt.get_input_embeddings()(tokens) + embedded[:, None, :] + counted
        barred = self._barred(tokens) if self.config.amounts else None
        if not self.config.sums or not wished.isfinite().any():
            return Entering(vectors, None, letters, barred)
        standing = self.shares(tokens, sums)
        left = wished[:, None] - standing.sums
        missing = Missing(left, standing.queries)
        after = torch.cat([letters, standing.after], dim=1)
        return Entering(vectors + self.remainder(left), missing, after, barred)

    def _barred(self, tokens: Tensor) -> Tensor:
        """Tokens of the kind whose turn it is not after each of ``tokens`` (batch, length); the end has no amount."""
        first = self.config.amounts
        amount_next = (tokens > EOS) & (tokens < first)
        is_amount = torch.arange(self.config.vocabulary, device=tokens.device) >= first
        return amount_next[..., None] != is_amount
