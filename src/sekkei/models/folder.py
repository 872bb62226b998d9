"""What every model folder has: weights in half precision, the record of the run, a card, and a hash over what counts.

Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from sekkei.core.errors import UserError

CONFIG, WEIGHTS, RECORD, CARD = "config.json", "model.safetensors", "training.json", "README.md"

HASHED = (CONFIG, WEIGHTS, "codec.json", "reference.npz", "known.bin",
          "tokenizer.json", "vocab.json", "merges.txt", "pytorch_model.bin")  # fmt: skip
"""Files a model's hash covers, those that are there: network, codec or tokenizer, and the training data that aiming and
novelty look at. The last one is of folders from the hub."""


def halves(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors as they are kept: in half precision and each in memory of its own."""
    return {k: v.half().contiguous() if v.is_floating_point() else v for k, v in tensors.items()}


def save_folder(
    folder: Path, config: dict[str, Any], tensors: dict[str, torch.Tensor], training: dict[str, Any], card: str
) -> None:
    """Write config and weights, then :func:`save_record`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
    save_file(halves(tensors), folder / WEIGHTS)
    save_record(folder, training, card)


def save_record(folder: Path, training: dict[str, Any], card: str) -> None:
    """Write the record of the run, with the hash of what is there, and the card."""
    record = {**training, "hash": folder_hash(folder)}
    (folder / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    (folder / CARD).write_text(card, encoding="utf-8")


def checked_record(folder: Path, needed: Collection[str]) -> dict[str, Any]:
    """The record of a folder whose files are all there and as they were written.

    Raises:
        UserError: a file is missing or malformed, or the hash differs.
    """
    for name in (*needed, RECORD):
        if not (folder / name).is_file():
            raise UserError(f"{name} is missing", str(folder), "a model folder is what training one writes")
    training = training_record(folder)
    found = folder_hash(folder)
    if training.get("hash") != found:
        raise UserError(
            f"the files have hash {found} but {RECORD} says {training.get('hash')}",
            str(folder),
            "the folder was changed or damaged: copy or train it again",
        )
    return training


def training_record(folder: Path) -> dict[str, Any]:
    """The record of the training run, as ``training.json`` has it.

    Raises:
        UserError: it is missing or damaged.
    """
    return read_json(folder / RECORD)


def card_of(folder: Path) -> str:
    """The card, empty where there is none."""
    path = folder / CARD
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def folder_hash(folder: Path) -> str:
    """First 12 hex digits of the SHA-256 of every file that decides what comes out, those that are there."""
    digest = hashlib.sha256()
    for name in HASHED:
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:12]


def load_weights(network: nn.Module, path: Path, tied: Collection[str] = ()) -> None:
    """Read weights strictly, in single precision.

    Args:
        network: what to read into.
        path: the file.
        tied: weights that are others under a second name, and not in the file.

    Raises:
        UserError: the file is damaged, or a weight is absent, unknown or of another shape.
    """
    try:
        tensors = {k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()}
        missing, unexpected = network.load_state_dict(tensors, strict=False)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise UserError(f"the weights do not fit: {error}", str(path)) from error
    names = ", ".join([*(name for name in missing if name not in tied), *unexpected])
    if names:
        raise UserError(
            f"these weights are missing or unknown: {names}",
            str(path),
            "the model is of another version of Sekkei: train it again, or use that version",
        )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        UserError: the file is missing, or holds something else.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot be read: {error}", str(path)) from error
    if not isinstance(raw, dict):
        raise UserError("is not a JSON object", str(path))
    return raw
