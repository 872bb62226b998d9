"""A property learned by fine-tuning an encoder: fully, by adapters inside its blocks, or by LoRA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sekkei.core.errors import UserError
from sekkei.core.types import Floats, Problem
from sekkei.data.encoders import Encoder
from sekkei.models.adapters import Method, adapt, trained
from sekkei.models.dmpnn import DMPNN
from sekkei.models.heads import Answers, Kind
from sekkei.predict.fit import Learned, Task
from sekkei.predict.forest import Features
from sekkei.predict.gate import gated
from sekkei.predict.predictor import Guess
from sekkei.train.tune import Examples, Pace, tune

KINDS: dict[Task, tuple[Kind, ...]] = {"number": ("number",), "class": ("class",), "gated": ("class", "number")}
"""What the heads answer: of a gated property the chance of not being zero, and how much it is then."""

GRAPH_PACE = Pace(1e-3, epochs=30)
"""How a D-MPNN is fine-tuned unless told otherwise; chosen on lipophilicities kept aside from a training set."""

JUDGES = 0.1
"""Share of the objects that decide which moment of a run was best."""

_RATES: dict[Method, float] = {"full": 5e-4, "adapter": 6e-3, "lora": 6e-3}
"""Peak learning rates; those of adapters and LoRA were chosen on compositions by ``benchmarks.transfer.rates``."""

_LEAST = 1000
"""Fewest steps, which small tables need: on 200 steels full fine-tuning errs by 99 MPa, after 300 by 115 (the same
benchmark, two seeds)."""

_BATCH = 256
_BY_ANSWER = ("centre", "scale", "head.4.weight", "head.4.bias")


def default_pace(method: Method, encoder: Encoder) -> Pace:
    """The usual pace; wide networks (those of the hub) learn more slowly, message passing faster."""
    if isinstance(encoder.network, DMPNN):
        return GRAPH_PACE
    return Pace(_RATES[method] * min(1.0, 256 / encoder.network.width) ** 2, least=_LEAST)


@dataclass(frozen=True)
class Networks:
    """What fine-tuned networks have learned: the mean of one or several on one base.

    Attributes:
        encoder: the base, which stays as it is.
        method: how it was fine-tuned.
        rank: of LoRA, or width of the adapters.
        task: what kind of answer they give.
        states: of each network, the weights that the base does not have.
        steady: whether errors are taken to be the same everywhere.
    """

    encoder: Encoder
    method: Method
    rank: int
    task: Task
    states: tuple[Mapping[str, Tensor], ...] = field(repr=False)
    steady: bool = False

    def __call__(self, items: Sequence[Any], rows: Features) -> Guess:  # noqa: ARG002 - they read the objects
        """Value and expected error of n objects."""
        data, net = self.encoder.sequences(items), fresh(self.encoder, self.method, self.rank, self.task)
        each = []
        for state in self.states:
            fill(net, state)
            each.append(answers(net, data, self.task))
        values = np.mean([guess for guess, _ in each], axis=0)
        if self.steady or self.task == "class":
            return Guess(values, None)
        # the networks' own doubt, and how far they disagree
        inner = np.mean([error for _, error in each], axis=0)
        return Guess(values, np.sqrt(inner**2 + np.var([guess for guess, _ in each], axis=0)))

    def unread(self, items: Sequence[Any]) -> list[Problem | None]:
        """What is longer than the base reads."""
        return self.encoder.unread(items)

    def even(self) -> Networks:
        """The same without expected errors."""
        return replace(self, steady=True)


@dataclass(frozen=True)
class Tuning:
    """How an encoder is fine-tuned.

    Attributes:
        encoder: the base.
        method: ``full``, ``adapter`` or ``lora``.
        task: what kind of answer is wanted.
        rank: of LoRA, or width of the adapters.
        folds: how many networks are averaged, each trained without another part of the data; 1 trains one on all.
        pace: how long and how fast; the usual one where None.
        augment: whether training shows a molecule as another SMILES each time to a network that reads SMILES; what
            judges and answers reads its canonical one.
        start: weights of such a network that knows something like the property, none of what will judge it; those of
            the base where None.
    """

    encoder: Encoder
    method: Method
    task: Task = "number"
    rank: int = 4
    folds: int = 1
    pace: Pace | None = None
    augment: bool = True
    start: Mapping[str, Tensor] | None = field(default=None, repr=False)

    def learn(self, items: Sequence[Any], rows: Features, values: Floats, seed: int) -> Learned:  # noqa: ARG002
        """Fine-tune on n objects; a tenth of those a network learns from decides which moment was best."""
        return self.learn_together(items, values[:, None], seed)[0]

    def learn_together(self, items: Sequence[Any], values: Floats, seed: int) -> list[Learned]:
        """Fine-tune one encoder with heads for several properties; each then keeps the encoder and its own heads.

        Args:
            items: n objects.
            values: (n, properties), NaN where unknown; the moment is chosen by all of them.
            seed: of everything random.

        Returns:
            What was learned of each property.
        """
        data, labels = self.encoder.sequences(items), torch.cat([head_labels(one, self.task) for one in values.T], 1)
        random, many = np.random.default_rng(seed), values.shape[1]
        fold = random.permutation(len(items)) % self.folds if self.folds > 1 else np.full(len(items), -1)
        out, states = np.full(values.shape, np.nan), [list[dict[str, Tensor]]() for _ in range(many)]
        pace = self.pace or default_pace(self.method, self.encoder)
        for one in range(self.folds):
            seen, unseen = random.permutation(np.flatnonzero(fold != one)), np.flatnonzero(fold == one)
            cut = max(1, round(JUDGES * len(seen)))
            net, alone = (self.untrained(seed + one, heads) for heads in (many, 1))
            shown = self.encoder.augmented(items, data, seed + one) if self.augment else None
            tune(net, data, labels, seen[cut:], seen[:cut], pace, seed + one, shown)
            for place, mine in enumerate(states):
                mine.append(part_of(kept(net), place, many))
                if len(unseen):
                    fill(alone, mine[-1])
                    out[unseen, place] = answers(alone, data, self.task, unseen)[0]
        minds = [Networks(self.encoder, self.method, self.rank, self.task, tuple(mine)) for mine in states]
        return [Learned(mind, out[:, place]) for place, mind in enumerate(minds)]

    def untrained(self, seed: int, properties: int = 1) -> Answers:
        """The base with fresh adapters and heads, or the network to start from."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            net = fresh(self.encoder, self.method, self.rank, self.task, properties)
        if self.start:
            fill(net, self.start)
        return net

    def counts(self) -> tuple[int, int, int]:
        """Parameters trained in the encoder, in the head, and of the encoder in all."""
        net = self.untrained(0)
        sizes = {name: p.numel() for name, p in net.named_parameters() if p.requires_grad}
        head = sum(size for name, size in sizes.items() if name.startswith("head."))
        return sum(sizes.values()) - head, head, sum(p.numel() for p in self.encoder.network.parameters())


def fresh(encoder: Encoder, method: Method, rank: int, task: Task, properties: int = 1) -> Answers:
    """A copy of the base, made ready for a method, with untrained heads."""
    network = deepcopy(encoder.network)
    adapt(network, method, rank)
    return Answers(network, network.width, properties * KINDS[task]).eval()


def kept(net: Answers) -> dict[str, Tensor]:
    """What is kept of a fine-tuned network: weights in half precision, the scale of the labels in full."""
    weights = {name: tensor.half() for name, tensor in trained(net).items()}
    return {**weights, "centre": net.centre.clone(), "scale": net.scale.clone()}


def part_of(state: Mapping[str, Tensor], place: int, of: int) -> dict[str, Tensor]:
    """What one of several properties needs of a network's weights: all of them, but only its own answers."""
    return {name: t.chunk(of)[place].clone() if name in _BY_ANSWER else t for name, t in state.items()}


def fill(net: Answers, state: Mapping[str, Tensor]) -> None:
    """Put what was kept into a network made by :func:`fresh`.

    Raises:
        UserError: a weight is missing, unknown or of another shape.
    """
    wanted = {*trained(net), "centre", "scale"}
    if wanted != set(state):
        odd = ", ".join(sorted(wanted ^ set(state))[:5])
        raise UserError(f"these weights are missing or unknown: {odd}", "predictor", "copy or train it again")
    if not all(bool(tensor.isfinite().all()) for tensor in state.values()):
        raise UserError("a weight is no number", "predictor", "copy or train it again")
    try:
        net.load_state_dict({name: tensor.float() for name, tensor in state.items()}, strict=False)
    except RuntimeError as error:
        raise UserError(f"the weights do not fit: {error}", "predictor", "copy or train it again") from error


def head_labels(values: Floats, task: Task) -> Tensor:
    """(n, tasks) labels of the heads; how much is unknown to the heads where a gated property is zero."""
    if task != "gated":
        return torch.from_numpy(values[:, None].astype(np.float32))
    filled = np.where(np.isnan(values), np.nan, values > 0)
    return torch.from_numpy(np.stack([filled, np.where(filled == 1, values, np.nan)], axis=1).astype(np.float32))


@torch.inference_mode()
def answers(net: Answers, data: Examples, task: Task, rows: Any = None) -> tuple[Floats, Floats]:
    """Value and expected absolute error of objects, all or some of them: two (n,)."""
    net.eval()
    chosen = np.arange(len(data.lengths)) if rows is None else rows
    order = np.argsort(data.lengths[chosen], kind="stable")
    values, errors = np.zeros(len(chosen)), np.zeros(len(chosen))
    for first in range(0, len(order), _BATCH):
        part = order[first : first + _BATCH]
        value, error = (tensor.double().numpy() for tensor in net.answer(*data.batch(chosen[part])))
        values[part], errors[part] = (
            gated(value[:, 0], value[:, 1], error[:, 1]) if task == "gated" else (value[:, 0], error[:, 0])
        )
    return values, errors
