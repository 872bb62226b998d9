"""Fine-tuning with few parameters: LoRA on attention's queries and values, bottleneck adapters inside every block.

Both wrap linear layers and freeze all else; both begin as nothing, so that an adapted network is at first what it was.
LoRA is that of the library peft, which takes seconds to import and is imported where it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

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


def adapt_writer(network: nn.Module, rank: int) -> None:
    """Make a network built on GPT-2 ready for LoRA, in place: only what is added will be trained.

    The layer that GPT-2 has for queries, keys and values together gets one pair of thin matrices.
    """
    names = [
        name for name, part in network.named_modules() if isinstance(part, Conv1D) and name.endswith("attn.c_attn")
    ]
    _add_lora(network, names, rank)


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
    if method == "lora":
        _add_lora(network, list(layers), rank)
        return
    network.requires_grad_(False)
    _replace(network, {name: Bottleneck(layer, rank) for name, layer in layers.items()})


def check_adaptable(network: nn.Module, method: Method) -> None:
    """Refuse a method that finds nothing to adapt.

    Raises:
        UserError: the network has no attention.
    """
    if method != "full" and not _layers(network, PLACES[method]):
        raise UserError(f"'{method}' finds no attention to adapt in this network", "method", "fine-tune it by full")


def merge(network: nn.Module) -> None:
    """Put every LoRA into the layer it wraps, in place: the same answers as before at the cost of the plain network."""
    from peft.tuners.lora import LoraLayer  # noqa: PLC0415

    wrapped = {name: part for name, part in network.named_modules() if isinstance(part, LoraLayer)}
    for part in wrapped.values():
        part.merge()
    _replace(network, {name: part.get_base_layer() for name, part in wrapped.items()})


def trained(network: nn.Module) -> dict[str, Tensor]:
    """The parameters that training may change, by name."""
    return {name: p.detach() for name, p in network.named_parameters() if p.requires_grad}


def _add_lora(network: nn.Module, names: list[str], rank: int) -> None:
    """LoRA (Hu et al. 2021, arXiv:2106.09685, sec. 4.1) on some layers, scaled by alpha / rank = 2."""
    from peft import LoraConfig, inject_adapter_in_model  # noqa: PLC0415

    fused = isinstance(network.get_submodule(names[0]), Conv1D)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=names, fan_in_fan_out=fused)
    inject_adapter_in_model(config, network)


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
