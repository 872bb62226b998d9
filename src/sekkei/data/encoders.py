"""Encoders that understand compositions and molecules: where networks and chemistry meet."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sekkei import zoo
from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Problem, marked
from sekkei.data.graphs import Graphs
from sekkei.data.sequences import Sequences
from sekkei.materials.domain import COMPOSITIONS
from sekkei.materials.features import table
from sekkei.materials.formula import NUMBERS, SYMBOLS, Composition
from sekkei.materials.traits import traits
from sekkei.models import dmpnn
from sekkei.models.chemberta import ChemBERTa
from sekkei.models.dmpnn import DMPNN
from sekkei.models.folder import CONFIG, RECORD, card_of, checked_record, folder_hash, read_json
from sekkei.models.heads import pooled
from sekkei.models.matbert import CLS, FIRST, KIND, MatBERT
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.enumerate import enumerated
from sekkei.molecules.graphs import BONDS, TRAITS, graph

FOLDER = zoo.FOLDER / "encoders"
"""Where the shipped encoders lie, one folder each."""

DOMAINS: dict[str, Any] = {"materials": COMPOSITIONS, "molecules": MOLECULES}

DEFAULT = {"materials": "matbert", "molecules": "chemberta"}
"""The encoder of each domain that reads sequences: what embeds, and what adapters and LoRA are put into."""

GRAPHS = "dmpnn"
"""The encoder of molecules that is fine-tuned as a whole; it has no attention to adapt."""

_BATCH = 256


@dataclass(frozen=True)
class Encoder:
    """A pre-trained encoder of one domain.

    Attributes:
        name: what it was asked for by: a shipped encoder, a folder, or a name on the hub.
        domain: ``materials`` or ``molecules``.
        network: in evaluation mode.
        hash: 12 hex digits of the files it was read from, or of tokens and weights where it came from the hub.
        card: its card, in Markdown.
    """

    name: str
    domain: str
    network: MatBERT | ChemBERTa | DMPNN = field(repr=False)
    hash: str
    card: str = field(repr=False)

    def sequences(self, items: Sequence[Any]) -> Sequences | Graphs:
        """Objects of the domain (parsed, not text) as tokens, or as graphs where the network reads those."""
        if isinstance(self.network, DMPNN):
            return Graphs.of([graph(item) for item in items])
        if isinstance(self.network, ChemBERTa):
            return Sequences.of(self.network.tokens([MOLECULES.text(item) for item in items]), self.network.pad)
        return composition_sequences(items)

    def augmented(self, items: Sequence[Any], data: Sequences | Graphs, seed: int) -> Sequences | Graphs | Rewritten:
        """What :meth:`sequences` gave to learn from: SMILES written otherwise each time, all else as it is."""
        if not isinstance(self.network, ChemBERTa):
            return data
        random = np.random.default_rng(seed)
        return Rewritten(self.network, [MOLECULES.text(item) for item in items], data.lengths, random)

    def read(self, texts: Sequence[str]) -> list[Any]:
        """Formulas or SMILES as objects, a Problem where one cannot be read or is longer than the network reads."""
        return marked([DOMAINS[self.domain].parse(text) for text in texts], self.unread)

    def unread(self, items: Sequence[Any]) -> list[Problem | None]:
        """Why the network cannot read an object as a whole, None where it can; (n) -> (n)."""
        if not isinstance(self.network, ChemBERTa):
            return [None] * len(items)
        most, sizes = self.network.longest, self.network.sizes([MOLECULES.text(item) for item in items])
        words = "has {} tokens; the encoder reads {}"
        return [Problem("too_long", words.format(size, most)) if size > most else None for size in sizes]

    def embed(self, items: Sequence[Any]) -> NDArray[np.float32]:
        """What it makes of n objects: float32 (n, width), the mean of the last hidden vectors.

        Args:
            items: n objects of the domain, or texts; what cannot be read, or is a Problem, has NaN in its row.
        """
        parse = DOMAINS[self.domain].parse
        given = marked([parse(item) if isinstance(item, str) else item for item in items], self.unread)
        good = np.array([row for row, item in enumerate(given) if not isinstance(item, Problem)], dtype=int)
        found = np.full((len(items), self.network.width), np.nan, dtype=np.float32)
        data = self.sequences([given[row] for row in good])
        order = np.argsort(data.lengths, kind="stable")
        with torch.inference_mode():
            for first in range(0, len(order), _BATCH):
                rows = order[first : first + _BATCH]
                found[good[rows]] = pooled(self.network, *data.batch(rows)).numpy()
        return found


@dataclass(frozen=True)
class Rewritten:
    """Molecules that stand as another SMILES in every batch.

    Attributes:
        network: whose tokens these are.
        smiles: n molecules.
        lengths: (n,) tokens of the SMILES as given, by which batches are cut.
        random: source of randomness.
    """

    network: ChemBERTa = field(repr=False)
    smiles: Sequence[str] = field(repr=False)
    lengths: NDArray[np.int64] = field(repr=False)
    random: np.random.Generator

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """Tokens (batch, longest) of some of them."""
        found = rewritten(self.network, [self.smiles[row] for row in rows], self.random)
        return found.batch(np.arange(len(rows)))


def rewritten(network: ChemBERTa, smiles: Sequence[str], random: np.random.Generator) -> Sequences:
    """Molecules begun at another atom and walked in another order, as tokens of a network."""
    return Sequences.of(network.tokens(enumerated(smiles, int(random.integers(2**30)))), network.pad)


def composition_sequences(items: Sequence[Composition]) -> Sequences:
    """Start token and one token per element, with atomic fractions."""
    tokens = [[CLS, *(FIRST + NUMBERS[symbol] - 1 for symbol in item.symbols)] for item in items]
    shares = [[0.0, *(amount / item.atoms for _, amount in item.amounts)] for item in items]
    return Sequences.of(tokens, MatBERT.pad, shares)


@cache
def element_traits() -> NDArray[np.float32]:
    """What is known of the elements by atomic number: place in the periodic table, usual charges, 35 properties.

    Returns:
        float32 (118, 79), each column of mean 0 and deviation 1 over the elements it is known of, 0 where unknown.
    """
    known, beyond = table()[2], len(SYMBOLS) - len(table()[0])
    columns = np.hstack([traits(SYMBOLS), np.vstack([known, np.full((beyond, known.shape[1]), np.nan)])])
    spread = np.nanstd(columns, axis=0)
    scaled = (columns - np.nanmean(columns, axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(np.nan_to_num(np.clip(scaled, -5.0, 5.0)), dtype=np.float32)


def usual_encoder(domain: str, method: str) -> str:
    """The encoder that is fine-tuned by a method where none is named."""
    return GRAPHS if domain == "molecules" and method not in ("adapter", "lora") else DEFAULT[domain]


def shipped_encoders() -> list[str]:
    """Names of the encoders in the package."""
    return sorted(path.parent.name for path in FOLDER.glob(f"*/{CONFIG}"))


def load_encoder(name: str) -> Encoder:
    """A shipped encoder by name, a folder that ``sekkei pretrain`` wrote, or a ChemBERTa in the hub's format.

    Args:
        name: such as ``matbert``, a path, or ``seyonec/ChemBERTa-zinc-base-v1``.

    Raises:
        UserError: there is none, or its folder is damaged.
    """
    folder = FOLDER / name if name in shipped_encoders() else Path(name)
    if folder.is_dir():
        return _from_folder(name, folder)
    if "/" not in name or name.startswith((".", "/")):
        raise UserError(f"no encoder '{name}'", "model", did_you_mean(name, shipped_encoders()))
    network = ChemBERTa.from_pretrained(name)
    return Encoder(name, "molecules", network, weights_hash(network), "")


def weights_hash(network: ChemBERTa) -> str:
    """12 hex digits of the tokens, and of names and values of all weights."""
    digest = hashlib.sha256(repr(sorted(network.tokenizer.get_vocab().items())).encode())
    for key, tensor in sorted(network.state_dict().items()):
        digest.update(key.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def _from_folder(name: str, folder: Path) -> Encoder:
    kind = read_json(folder / CONFIG).get("kind")
    if kind == dmpnn.KIND:
        graphs = DMPNN.from_pretrained(folder)
        if (graphs.config.traits, graphs.config.bonds) != (sum(TRAITS.values()), BONDS):
            raise UserError("reads other graphs than this version makes", str(folder), "train the encoder again")
        return Encoder(name, "molecules", graphs, folder_hash(folder), card_of(folder))
    if kind == KIND:
        network: MatBERT | ChemBERTa = MatBERT.from_pretrained(folder)
        return Encoder(name, "materials", network, folder_hash(folder), card_of(folder))
    if (folder / RECORD).is_file():  # a folder of our own making, whose hash can be checked
        checked_record(folder, (CONFIG,))
    network = ChemBERTa.from_pretrained(str(folder))
    return Encoder(name, "molecules", network, folder_hash(folder), card_of(folder))
