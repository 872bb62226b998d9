"""Fine-tuning with few parameters: LoRA on attention's queries and values, bottleneck adapters inside every block.

Both wrap linear layers of a BERT or RoBERTa and freeze all else; both begin as nothing, so that an adapted network
is at first the network it was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.pytorch_utils import Conv1D

from sekkei.core.errors import UserError

Method = Literal["full", "adapter", "lora"]
METHODS: tuple[Method, ...] = ("full", "adapter", "lora")

PLACES: dict[Method, tuple[str, ...]] = {
    "full": (),
    "adapter": ("attention.output.dense", ".output.dense"),
    "lora": ("attention.self.query", "attention.self.value"),
}
"""How the names of the wrapped layers end: with adapters the last layer of attention and of the feed-forward part."""


class LoRA(nn.Module):
    """A frozen linear layer plus a product of two thin trained ones (Hu et al. 2021, arXiv:2106.09685, sec. 4.1)."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        """Wrap a layer; the change is scaled by alpha / rank with alpha = 2 rank."""
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))
        self.scale = 2.0

    def forward(self, x: Tensor) -> Tensor:
        """W x + scale up down x."""
        out: Tensor = self.base(x) + self.scale * functional.linear(functional.linear(x, self.down), self.up)
        return out

    def merged(self) -> nn.Linear:
        """One linear layer that gives the same."""
        layer = nn.Linear(self.base.in_features, self.base.out_features)
        with torch.no_grad():
            layer.weight.copy_(self.base.weight + self.scale * self.up @ self.down)
            layer.bias.copy_(self.base.bias)
        return layer


class Bottleneck(nn.Module):
    """A frozen linear layer followed by a small trained detour (Houlsby et al. 2019, arXiv:1902.00751, fig. 2).

    It stands before the block's skip connection and normalisation, so the next layer sees what it does.
    """

    def __init__(self, base: nn.Linear, size: int) -> None:
        """Wrap a layer; the detour is ``size`` wide."""
        super().__init__()
        self.base = base
        self.down = nn.Linear(base.out_features, size)
        self.up = nn.Linear(size, base.out_features)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Y + up(gelu(down(y))), where y is what the frozen layer says."""
        y: Tensor = self.base(x)
        out: Tensor = y + self.up(functional.gelu(self.down(y)))
        return out


class FusedLoRA(nn.Module):
    """LoRA on the queries and values of GPT-2's one layer for queries, keys and values; the keys stay as they are."""

    def __init__(self, base: Conv1D, rank: int) -> None:
        """Wrap a layer; scaled as :class:`LoRA`."""
        super().__init__()
        width = base.weight.shape[0]
        self.base = base
        self.down = nn.Parameter(torch.empty(2, rank, width))
        self.up = nn.Parameter(torch.zeros(2, width, rank))
        for part in self.down:
            nn.init.kaiming_uniform_(part, a=math.sqrt(5))
        self.scale = 2.0

    @property
    def change(self) -> Tensor:
        """(width, 3 width): what is added to the weights of the wrapped layer."""
        queries, values = self.scale * (self.up @ self.down).mT
        return torch.cat([queries, torch.zeros_like(queries), values], dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """X W + b + x change."""
        out: Tensor = self.base(x) + x @ self.change
        return out

    def merged(self) -> Conv1D:
        """One layer that gives the same."""
        layer = Conv1D(self.base.nf, self.base.weight.shape[0])  # type: ignore[no-untyped-call]
        with torch.no_grad():
            layer.weight.copy_(self.base.weight + self.change)
            layer.bias.copy_(self.base.bias)
        return layer


def adapt_writer(network: nn.Module, rank: int) -> None:
    """Make a network built on GPT-2 ready for LoRA, in place: only what is added will be trained."""
    network.requires_grad_(False)
    layers = {n: part for n, part in network.named_modules() if isinstance(part, Conv1D) and n.endswith("attn.c_attn")}
    _replace(network, {name: FusedLoRA(layer, rank) for name, layer in layers.items()})


def adapt(network: nn.Module, method: Method, rank: int = 4) -> None:
    """Make a network ready for a method of fine-tuning, in place.

    Args:
        network: an encoder built on BERT or RoBERTa.
        method: ``full`` trains everything, the others only what they add.
        rank: of the thin matrices, or width of the detours.

    Raises:
        UserError: the network has no attention.
    """
    if method == "full":
        return
    check_adaptable(network, method)
    layers = _layers(network, PLACES[method])
    network.requires_grad_(False)
    wrap = LoRA if method == "lora" else Bottleneck
    _replace(network, {name: wrap(layer, rank) for name, layer in layers.items()})


def check_adaptable(network: nn.Module, method: Method) -> None:
    """Refuse a method that finds nothing to adapt.

    Raises:
        UserError: the network has no attention.
    """
    if method != "full" and not _layers(network, PLACES[method]):
        raise UserError(f"'{method}' finds no attention to adapt in this network", "method", "fine-tune it by full")


def merge(network: nn.Module) -> None:
    """Put every LoRA into the layer it wraps, in place: the same answers as before at the cost of the plain network."""
    wrapped = {name: part for name, part in network.named_modules() if isinstance(part, LoRA | FusedLoRA)}
    _replace(network, {name: part.merged() for name, part in wrapped.items()})


def trained(network: nn.Module) -> dict[str, Tensor]:
    """The parameters that training may change, by name."""
    return {name: p.detach() for name, p in network.named_parameters() if p.requires_grad}


def _layers(network: nn.Module, endings: tuple[str, ...]) -> dict[str, nn.Linear]:
    return {
        name: part
        for name, part in network.named_modules()
        if isinstance(part, nn.Linear) and ".layer." in name and name.endswith(endings)
    }


def _replace(network: nn.Module, parts: Mapping[str, nn.Module]) -> None:
    for name, part in parts.items():
        parent, _, last = name.rpartition(".")
        setattr(network.get_submodule(parent), last, part)
