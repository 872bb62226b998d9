"""A trained generator as a folder: config.json, model.safetensors, codec.json, training.json, README.md (the card).

Weights are kept in half precision on disk and used in single precision. Nothing is ever unpickled.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.models.adapters import adapt_writer, merge, trained
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.folder import CONFIG, WEIGHTS, card_of, checked_record, load_weights, read_json, save_folder
from sekkei.models.latent_diffusion import LatentDiffusion, LatentDiffusionConfig

FORMAT = 1
_CODEC = "codec.json"
_TIED = "gpt.lm_head.weight"  # the output layer shares its tensor with the embedding
_MAX_PARAMETERS = 200_000_000

MOST_RANK = 1024
"""Largest rank of LoRA."""

_ADAPTED = "lora"

Network = ConditionalGPT | LatentDiffusion
"""What writes sequences of tokens under conditions."""


@dataclass(frozen=True)
class Checkpoint:
    """A model folder, read.

    Attributes:
        folder: where it was read from.
        network: the network in evaluation mode, float32, on the CPU.
        codec: text of codec.json.
        training: data, recipe, ranges and measurements of the training run.
        card: text of the model card.
        hash: first 12 hex digits of the SHA-256 of the files in :data:`sekkei.models.folder.HASHED`.
    """

    folder: Path
    network: Network
    codec: str
    training: dict[str, Any]
    card: str
    hash: str


@dataclass(frozen=True)
class Base:
    """What a fine-tuned generator was made from: a shipped model or a folder, its hash, and the rank of LoRA."""

    base: str
    base_hash: str
    rank: int


def save_checkpoint(folder: Path, network: Network, codec: str, training: dict[str, Any], card: str) -> None:
    """Write a model folder; the hash of what is written goes into training.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _CODEC).write_text(codec, encoding="utf-8")
    kind = "causal" if isinstance(network, ConditionalGPT) else "latent diffusion"
    config = {"format": FORMAT, "kind": kind, **network.config.as_dict()}
    tensors = {k: v for k, v in network.state_dict().items() if not k.endswith(_TIED)}
    save_folder(folder, config, tensors, training, card)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a model folder strictly.

    Raises:
        UserError: a file is missing or malformed, a weight is absent or of the wrong shape, or the hash differs.
    """
    training = checked_record(folder, (CONFIG, WEIGHTS, _CODEC))
    network = _adapted(folder) if read_json(folder / CONFIG).get("kind") == _ADAPTED else _whole(folder)
    codec = (folder / _CODEC).read_text(encoding="utf-8")
    return Checkpoint(folder, network.eval(), codec, training, card_of(folder), training["hash"])


def save_adapted(
    folder: Path, network: ConditionalGPT, base: Base, codec: str, training: dict[str, Any], card: str
) -> None:
    """Write a model folder of what LoRA added to a base, which it names by its hash.

    Args:
        folder: the folder.
        network: as :func:`~sekkei.models.adapters.adapt_writer` made it, trained.
        base: what it was made from.
        codec: of the base.
        training: the record of the run.
        card: of the model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _CODEC).write_text(codec, encoding="utf-8")
    config = {"format": FORMAT, "kind": _ADAPTED, **asdict(base)}
    save_folder(folder, config, trained(network), training, card)


def load_gpt(folder: Path) -> ConditionalGPT:
    """The network of a model folder that writes token by token.

    Raises:
        UserError: the folder is damaged, or it holds another kind of network.
    """
    network = load_checkpoint(folder).network
    if not isinstance(network, ConditionalGPT):
        raise UserError("is a diffusion model", str(folder), "start from one that writes token by token")
    return network


def _whole(folder: Path) -> Network:
    """The network of a folder that has all its weights."""
    network = _untrained(folder / CONFIG)
    decoder = network if isinstance(network, ConditionalGPT) else network.decoder
    load_weights(network, folder / WEIGHTS, [name for name in network.state_dict() if name.endswith(_TIED)])
    decoder.gpt.tie_weights()
    return network


def _adapted(folder: Path) -> Network:
    """The network of a folder that has only what LoRA added: it goes into the base."""
    raw = read_json(folder / CONFIG)
    name, expected, rank = raw.get("base"), raw.get("base_hash"), raw.get("rank")
    if not isinstance(name, str) or not isinstance(rank, int) or not 1 <= rank <= MOST_RANK:
        raise UserError("cannot be read: it names no base and rank", str(folder / CONFIG))
    place = zoo.FOLDER / name if name in zoo.shipped() else Path(name)
    if not place.is_dir():
        raise UserError(
            f"was made from the model '{name}', which is not there", str(folder), "put it back in its place"
        )
    found = checked_record(place, (CONFIG, WEIGHTS, _CODEC))["hash"]
    if found != expected:
        what = f"was made from the model {expected}, but '{name}' is {found}"
        raise UserError(what, str(folder), "use the model it was made from, or fine-tune again")
    network = _whole(place)
    if not isinstance(network, ConditionalGPT):
        raise UserError(f"was made from '{name}', which writes no tokens one by one", str(folder))
    adapt_writer(network, rank)
    load_weights(network, folder / WEIGHTS, [name for name in network.state_dict() if name not in trained(network)])
    merge(network)
    return network


def _untrained(path: Path) -> Network:
    """The network that a config describes, its size checked before anything is allocated."""
    raw = read_json(path)
    form, kind = raw.pop("format", None), raw.pop("kind", None)
    if form != FORMAT or kind not in ("causal", "latent diffusion"):
        raise UserError("is not a format-1 model that writes sequences", str(path), "update sekkei or train it again")
    try:
        if kind == "causal":
            fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
            causal = CausalConfig(**fields)
            _check_size(_size(causal.layers, causal.width, causal.vocabulary + causal.positions), path)
            return ConditionalGPT(causal)
        config = LatentDiffusionConfig.from_dict(raw)
        inner, outer = config.autoencoder, config.denoiser
        size = _size(inner.encoder + inner.decoder, inner.width, inner.vocabulary + inner.positions + inner.size)
        _check_size(size + _size(outer.layers, outer.width, outer.size), path)
        return LatentDiffusion(config)
    except (TypeError, KeyError, AttributeError) as error:
        raise UserError(f"cannot be read: {error}", str(path)) from error


def _size(layers: int, width: int, rows: int) -> int:
    """About how many parameters so many blocks and rows of embeddings have."""
    return layers * 12 * width**2 + rows * width


def _check_size(size: int, path: Path) -> None:
    if size > _MAX_PARAMETERS:
        raise UserError(f"describes {size} parameters, above the limit of {_MAX_PARAMETERS}", str(path))
