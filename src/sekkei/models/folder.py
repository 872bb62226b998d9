"""What every model folder has: weights in half precision, the record of the run, a card, and a hash over what counts.

Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from sekkei.core.errors import UserError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Shape = TypeVar("Shape", bound="DataclassInstance")

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


def read_shape(path: Path, head: tuple[int, str], title: str, shape: type[Shape], most: Mapping[str, int]) -> Shape:
    """The shape of a network, from a config that :func:`save_folder` wrote.

    Args:
        path: the file.
        head: its format and kind.
        title: of the kind, for messages.
        shape: a dataclass of whole numbers and of ``dropout``, a share below one.
        most: greatest of each whole number; the least is 1, or 0 where 0 is usual.

    Raises:
        UserError: it is missing, malformed, of another kind, or describes what would not fit.
    """
    raw = read_json(path)
    if (raw.pop("format", None), raw.pop("kind", None)) != head:
        raise UserError(f"is not a format-{head[0]} {title}", str(path), "update sekkei or train the model again")
    try:
        found = shape(**raw)
    except TypeError as error:
        raise UserError(f"cannot be read: {error}", str(path)) from error
    usual = {one.name: one.default for one in fields(shape)}
    sizes = ((getattr(found, name), 0 if usual[name] == 0 else 1, largest) for name, largest in most.items())
    share = getattr(found, "dropout", 0.0)
    fits = all(type(size) is int and least <= size <= largest for size, least, largest in sizes)
    if not (fits and type(share) in (int, float) and 0 <= share < 1):
        raise UserError("describes a network of an impossible or unreasonable size", str(path))
    return found


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
