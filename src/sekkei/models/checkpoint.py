"""A trained generator as a folder: config.json, model.safetensors, codec.json, training.json, README.md (the card).

Weights are kept in half precision on disk and used in single precision. Nothing is ever unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekkei.core.errors import UserError
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.folder import CONFIG, WEIGHTS, card_of, checked_record, load_weights, read_json, save_folder

FORMAT = 1
_CODEC = "codec.json"
_TIED = "gpt.lm_head.weight"  # the output layer shares its tensor with the embedding
_MAX_PARAMETERS = 200_000_000


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
    network: ConditionalGPT
    codec: str
    training: dict[str, Any]
    card: str
    hash: str


def save_checkpoint(folder: Path, network: ConditionalGPT, codec: str, training: dict[str, Any], card: str) -> None:
    """Write a model folder; the hash of what is written goes into training.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _CODEC).write_text(codec, encoding="utf-8")
    config = {"format": FORMAT, "kind": "causal", **network.config.as_dict()}
    tensors = {k: v for k, v in network.state_dict().items() if k != _TIED}
    save_folder(folder, config, tensors, training, card)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a model folder strictly.

    Raises:
        UserError: a file is missing or malformed, a weight is absent or of the wrong shape, or the hash differs.
    """
    training = checked_record(folder, (CONFIG, WEIGHTS, _CODEC))
    network = ConditionalGPT(_config(folder / CONFIG))
    load_weights(network, folder / WEIGHTS, (_TIED,))
    network.gpt.tie_weights()
    codec = (folder / _CODEC).read_text(encoding="utf-8")
    return Checkpoint(folder, network.eval(), codec, training, card_of(folder), training["hash"])


def _config(path: Path) -> CausalConfig:
    raw = read_json(path)
    if raw.pop("format", None) != FORMAT or raw.pop("kind", None) != "causal":
        raise UserError("is not a format-1 causal model", str(path), "update sekkei or train the model again")
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    try:
        config = CausalConfig(**fields)
        size = config.layers * 12 * config.width**2 + (config.vocabulary + config.positions) * config.width
    except TypeError as error:
        raise UserError(f"cannot be read: {error}", str(path)) from error
    if size > _MAX_PARAMETERS:
        raise UserError(f"describes {size} parameters, above the limit of {_MAX_PARAMETERS}", str(path))
    return config
