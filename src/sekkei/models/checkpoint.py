"""A trained model as a folder: config.json, model.safetensors, codec.json, training.json, README.md (the card).

Weights are kept in half precision on disk and used in single precision. Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from sekkei.core.errors import UserError
from sekkei.models.causal import CausalConfig, ConditionalGPT

FORMAT = 1
HASHED = ("config.json", "model.safetensors", "codec.json", "reference.npz", "known.bin")
"""Files a model's hash covers: network, codec, and the training molecules that aiming and novelty look at."""
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
        hash: first 12 hex digits of the SHA-256 of the files in :data:`HASHED`.
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
    config = {"format": FORMAT, "kind": "causal", **network.config.as_dict()}
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    # contiguous clones: the output layer shares its tensor with the embedding, and safetensors keeps each one once
    tensors = {k: v.half().contiguous() if v.is_floating_point() else v for k, v in _unshared(network).items()}
    save_file(tensors, folder / "model.safetensors")
    (folder / "codec.json").write_text(codec, encoding="utf-8")
    record = {**training, "hash": folder_hash(folder)}
    (folder / "training.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    (folder / "README.md").write_text(card, encoding="utf-8")


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a model folder strictly.

    Raises:
        UserError: a file is missing or malformed, a weight is absent or of the wrong shape, or the hash differs.
    """
    for name in ("config.json", "model.safetensors", "codec.json", "training.json"):
        if not (folder / name).is_file():
            raise UserError(f"{name} is missing", str(folder), "a model folder is what `sekkei train` writes")
    training = _read_json(folder / "training.json")
    found = folder_hash(folder)
    if training.get("hash") != found:
        raise UserError(
            f"the files have hash {found} but training.json says {training.get('hash')}",
            str(folder),
            "the folder was changed or damaged: copy or train it again",
        )
    network = ConditionalGPT(_config(folder / "config.json"))
    _load_weights(network, folder / "model.safetensors")
    card = (folder / "README.md").read_text(encoding="utf-8") if (folder / "README.md").is_file() else ""
    codec = (folder / "codec.json").read_text(encoding="utf-8")
    return Checkpoint(folder, network.eval(), codec, training, card, found)


def training_record(folder: Path) -> dict[str, Any]:
    """The record of the training run, as ``training.json`` has it.

    Raises:
        UserError: it is missing or damaged.
    """
    return _read_json(folder / "training.json")


def folder_hash(folder: Path) -> str:
    """First 12 hex digits of the SHA-256 of every file that decides what comes out, those that are there."""
    digest = hashlib.sha256()
    for name in HASHED:
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:12]


def _unshared(network: ConditionalGPT) -> dict[str, torch.Tensor]:
    return {k: v for k, v in network.state_dict().items() if k != "gpt.lm_head.weight"}


def _config(path: Path) -> CausalConfig:
    raw = _read_json(path)
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


def _load_weights(network: ConditionalGPT, path: Path) -> None:
    try:
        tensors = {k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()}
        missing, unexpected = network.load_state_dict(tensors, strict=False)
    except (SafetensorError, RuntimeError) as error:
        raise UserError(f"the weights do not fit: {error}", str(path)) from error
    absent = [name for name in missing if name != "gpt.lm_head.weight"]
    if unexpected or absent:
        names = ", ".join([*absent, *unexpected])
        raise UserError(
            f"these weights are missing or unknown: {names}",
            str(path),
            "the model is of another version of Sekkei: train it again, or use that version",
        )
    network.gpt.tie_weights()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot be read: {error}", str(path)) from error
    if not isinstance(raw, dict):
        raise UserError("is not a JSON object", str(path))
    return raw
