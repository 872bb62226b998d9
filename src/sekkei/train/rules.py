"""A network learns the rules of what it writes: what a mask would refuse becomes unlikely without any mask.

Likelihood training shows only sequences that keep every rule. A grammar tells at each token which ones break it. So the
network writes under its masks, which keeps every prefix sound, and at each token it loses minus the logarithm of the
probability that the mask leaves: the semantic loss (Xu et al. 2018, arXiv:1711.11157, definition 1), a token at a time.
How likely each of the allowed tokens is beside the others is left to the real sequences shown in the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sekkei.core.types import Floats
from sekkei.data.encode import EncodedSet, pack
from sekkei.models.causal import ConditionalGPT
from sekkei.models.tokens import EOS
from sekkei.train.course import Course, Loss, Present, Tensors
from sekkei.train.log import json_lines, line
from sekkei.train.loop import Plan, Progress, train
from sekkei.train.objectives import drop_conditions, next_token_loss, of_similar_length

WRITTEN = 48
"""Sequences that the network writes in a step."""

WEIGHT = 50.0
"""Of a nat lost to what is forbidden, against one of a real sequence: no real sequence asks for the opposite."""

P = TypeVar("P")


class Rules(Protocol[P]):
    """A grammar, as sampling knows it."""

    def start(self, count: int) -> P:
        """The states of empty prefixes."""

    def allowed(self, prefixes: P) -> NDArray[np.bool_]:
        """(n, vocabulary): which token may come next."""

    def advance(self, prefixes: P, tokens: NDArray[np.int64]) -> P:
        """The states after one more token each."""


RulesFor = Callable[[Floats, np.random.Generator], tuple[Floats, Rules[Any]]]
"""From the wishes of a step (n, properties), NaN where free, to the wishes under which the network writes and the rules
that it then has to keep: who is told to balance the charges has to."""

WriteUnder = Callable[[ConditionalGPT, Floats, Floats, Any], list[list[int]]]
"""Samples a sequence for each row of conditions (n, properties), with its uniform numbers (n, longest), under rules."""


@dataclass(frozen=True)
class Manners:
    """How a network learns its rules at the end of a run.

    Attributes:
        plan: how long and how fast.
        rules: the rules to learn.
        write: samples from the network under them.
    """

    plan: Plan
    rules: RulesFor
    write: WriteUnder


def by_rules(
    network: ConditionalGPT, data: EncodedSet, rows: NDArray[np.int64], rules: RulesFor, write: WriteUnder,
    longest: int, present: Present,
) -> Course:  # fmt: skip
    """Learn what is forbidden beside real sequences; the nats that are followed are those lost to what is forbidden.

    Args:
        network: the one that is trained; it writes.
        data: real sequences with their properties.
        rows: which of them may be shown.
        rules: what the network is to keep of its own accord, chosen at each step.
        write: samples from the network under them.
        longest: tokens it may write.
        present: how real sequences are shown.
    """

    def make(batch: NDArray[np.int64], random: np.random.Generator) -> Tensors:
        shown = drop_conditions(data.values[random.choice(batch, min(WRITTEN, len(batch)), replace=False)], random)
        wished, kept = rules(shown.double().numpy(), random)
        network.eval()
        written = write(network, wished, random.random((len(wished), longest)), kept)
        network.train()
        tokens, labels, values = pack(written, wished).batch(np.arange(len(written)))
        own = tokens, labels, torch.from_numpy(values), torch.from_numpy(allowed_along(kept, written))
        return (*present(data, batch, random), *own)

    def loss(model: Any, batch: Tensors) -> Loss:
        tokens, labels, values, *own = batch
        real = next_token_loss(model, tokens, labels, values) / (labels >= 0).sum()
        lost = forbidden(model, *own)
        count = (own[1] >= 0).sum()
        return Loss(real + WEIGHT * lost.sum() / count, float(lost.detach().mean()))

    return Course(data.lengths, rows, make, loss)


def learn_rules(
    network: ConditionalGPT, data: EncodedSet, rows: NDArray[np.int64], manners: Manners, longest: int,
    present: Present, out: Path, things: str, say: Callable[[str], None],
) -> Progress:  # fmt: skip
    """Let a network learn its rules; see :func:`by_rules`. A run that was stopped goes on from ``out/rules.pt``.

    Args:
        network: the one that is trained, in place.
        data: real sequences with their properties.
        rows: which of them may be shown.
        manners: how.
        longest: tokens it may write.
        present: how real sequences are shown.
        out: folder of the run.
        things: what sequences stand for, for messages.
        say: called with one line per step.
    """
    plan = manners.plan
    course = by_rules(network, data, rows, manners.rules, manners.write, longest, present)
    log = json_lines(out / "log.jsonl", lambda entry: say(line(entry, plan.total, f"{things} beside rules")))
    return train(network, course, plan, out / "rules.pt", log)


def allowed_along(rules: Rules[Any], sequences: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
    """Which token may come at each place of sequences that keep the rules: (n, longest + 1, vocabulary), ends included.

    Behind the end of a sequence everything is allowed.
    """
    ended = [[*sequence, EOS] for sequence in sequences]
    along: list[NDArray[np.bool_]] = []
    for sequence in ended:
        prefixes, places = rules.start(1), []
        for token in sequence:
            places.append(rules.allowed(prefixes)[0])
            prefixes = rules.advance(prefixes, np.array([token]))
        along.append(np.stack(places))
    found = np.ones((len(ended), max(map(len, ended)), along[0].shape[1]), dtype=np.bool_)
    for row, places_ in enumerate(along):
        found[row, : len(places_)] = places_
    return found


def forbidden(network: Any, tokens: Tensor, labels: Tensor, values: Tensor, allowed: Tensor) -> Tensor:
    """Nats that each sequence loses to tokens that are not allowed, (n,).

    Args:
        network: the network.
        tokens: (n, length) from the start.
        labels: (n, length); negative where a sequence has ended.
        values: (n, properties) conditions, NaN where free.
        allowed: (n, length, vocabulary) bool.
    """
    groups, lost = of_similar_length(labels), []
    for rows, longest in groups:
        scores = network(tokens[rows, :longest], values[rows]).float()
        kept = scores.masked_fill(~allowed[rows, :longest], -torch.inf).logsumexp(-1)
        lost.append(((scores.logsumexp(-1) - kept) * (labels[rows, :longest] >= 0)).sum(dim=1))
    return torch.cat(lost)[torch.cat([rows for rows, _ in groups]).argsort()]
