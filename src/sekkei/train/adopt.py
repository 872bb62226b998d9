"""Fine-tuning of a generator on structures of one's own, by all its weights or by LoRA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sekkei.core.errors import UserError
from sekkei.core.types import Floats
from sekkei.data.encode import EncodedSet, pack
from sekkei.data.own_compositions import compositions_of
from sekkei.data.reference import Reference
from sekkei.materials.codecs.composition import CompositionCodec
from sekkei.materials.constraints import MOST_ELEMENTS
from sekkei.materials.novelty import KnownMaterials
from sekkei.models.adapters import adapt_writer, merge, trained
from sekkei.models.causal import ConditionalGPT
from sekkei.models.checkpoint import Base, Checkpoint, load_checkpoint, save_adapted, save_checkpoint
from sekkei.molecules.codecs.smiles import SmilesCodec
from sekkei.molecules.novelty import KnownMolecules
from sekkei.train.card import adopted_card
from sekkei.train.labels import conditions_of
from sekkei.train.lesson import KNOWN, encode
from sekkei.train.loop import held_out_nats
from sekkei.train.objectives import drop_conditions, next_token_loss
from sekkei.train.recipes import read_own
from sekkei.train.tune import Pace, tune

METHODS = ("full", "lora")
RATES = {"full": 3e-4, "lora": 3e-3}
FEWEST = 20
"""Structures below which nothing is learned but these."""

HELD_OUT = 0.1
_MOST_HELD_OUT = 2000


@dataclass(frozen=True)
class Adoption:
    """How a generator is fine-tuned.

    Attributes:
        method: ``full`` trains all weights; ``lora`` thin matrices on queries, keys and values, kept in a small folder.
        rank: of LoRA.
        epochs: most passes over the structures; the moment that knows the held-out ones best is kept.
        seed: of the order and of what is held out.
    """

    method: str = "lora"
    rank: int = 8
    epochs: int = 20
    seed: int = 0


@dataclass(frozen=True)
class Own:
    """What a generator is shown: sequences with conditions, their texts, and what counts as known afterwards."""

    encoded: EncodedSet
    texts: list[str]
    known: KnownMolecules | KnownMaterials
    left_out: int


class Writer(nn.Module):
    """A generator as the fine-tuning loop takes it."""

    def __init__(self, network: ConditionalGPT, seed: int) -> None:
        """Wrap a network; the seed decides which conditions are hidden."""
        super().__init__()
        self.network = network
        self.random = np.random.default_rng(seed)

    def standardise(self, _labels: Tensor) -> None:
        """Nothing: the network has its scale."""

    def loss(self, inputs: tuple[Tensor, Tensor, NDArray[np.float32]], _labels: Tensor) -> Tensor:
        """Mean negative log-likelihood [nats per token], some conditions hidden; always the same ones in judgement."""
        tokens, following, values = inputs
        random = self.random if self.training else np.random.default_rng(0)
        told = drop_conditions(values, random).to(tokens.device)
        return next_token_loss(self.network, tokens, following, told) / (following >= 0).sum()


def adopt(base: Path, name: str, data: Path, out: Path, how: Adoption, say: Callable[[str], None]) -> Path:
    """Fine-tune a generator of molecules or compositions: read → encode → tune → save.

    Args:
        base: folder of the generator.
        name: what the result calls it: of a shipped model, or its path.
        data: file of SMILES, or of formulas with any of the columns of labels.
        out: folder of the new model.
        how: method and length.
        say: called with one line per step.

    Raises:
        UserError: the base is no such generator, or the file holds too little that it can read.
    """
    kept = load_checkpoint(base)
    if not isinstance(kept.network, ConditionalGPT) or kept.training.get("level") == "crystal":
        hint = "train one with `sekkei train materials --start`" if kept.training.get("level") else "name another"
        raise UserError(f"'{name}' cannot be fine-tuned here", "--model", hint)
    own = (_compositions if kept.training.get("domain") == "materials" else _molecules)(kept, data, say)
    count = len(own.encoded)
    if count < FEWEST:
        raise UserError(f"{count} structures are too few", str(data), f"give {FEWEST} or more different ones")
    order = np.random.default_rng(how.seed).permutation(count)
    cut = min(max(round(HELD_OUT * count), 2), _MOST_HELD_OUT)
    judges, rows = order[:cut], order[cut:]
    network = kept.network
    before = held_out_nats(network, own.encoded, judges)
    if how.method == "lora":
        adapt_writer(network, how.rank)
    changed = sum(tensor.numel() for tensor in trained(network).values())
    say(f"fine-tuning {changed:,} parameters on {len(rows):,} structures, {len(judges):,} held out")
    pace = Pace(RATES[how.method], epochs=how.epochs, least=50)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(how.seed)
        tune(Writer(network, how.seed), own.encoded, torch.zeros(count, 1), rows, judges, pace, how.seed)
    after = held_out_nats(network.eval(), own.encoded, judges)
    record = _record(kept, own, data, how, changed, (before, after)) | {"shown": len(rows), "held_out": len(judges)}
    _save(out, network, kept, Base(name, kept.hash, how.rank), own, record, how.method)
    return out


def _molecules(kept: Checkpoint, data: Path, say: Callable[[str], None]) -> Own:
    codec = SmilesCodec.from_json(kept.codec)
    found = read_own(data, say)
    encoded = encode(found, codec, kept.network.config.positions, say)
    known = KnownMolecules.load(kept.folder / KNOWN) | KnownMolecules.build(found.smiles)
    texts = [codec.decode(encoded.sequence(row)) for row in range(len(encoded))]
    return Own(encoded, texts, known, found.unread + len(found.smiles) - len(encoded))


def _compositions(kept: Checkpoint, data: Path, say: Callable[[str], None]) -> Own:
    codec = CompositionCodec.from_json(kept.codec)
    found = compositions_of(data, say)
    fits = [codec.fits(item) and len(item.amounts) <= MOST_ELEMENTS for item in found.items]
    items = [item for item, fit in zip(found.items, fits, strict=True) if fit]
    encoded = pack([codec.encode_item(item) for item in items], conditions_of(found)[fits])
    known = KnownMaterials.load(kept.folder / KNOWN) | KnownMaterials.build((item, None) for item in items)
    if len(items) < len(fits):
        say(f"{len(fits) - len(items):,} compositions are left out: too many elements or atoms")
    return Own(encoded, [item.formula for item in items], known, len(found.unread) + len(fits) - len(items))


def _record(
    kept: Checkpoint, own: Own, data: Path, how: Adoption, changed: int, nats: tuple[list[float], list[float]]
) -> dict[str, Any]:
    before, after = ([round(x, 3) for x in pair] for pair in nats)
    theirs = {k: v for k, v in kept.training.items() if k in ("domain", "level", "ranges", "longest", "vocabulary")}
    values = own.encoded.values.astype(np.float64)
    ranges = {
        name: [min(low, _end(values, column, np.nanmin, low)), max(high, _end(values, column, np.nanmax, high))]
        for column, (name, (low, high)) in enumerate(theirs["ranges"].items())
    }
    return {
        **theirs,
        "ranges": ranges,
        "longest": max(int(theirs["longest"]), int(own.encoded.lengths.max()) + 1),
        "data": data.name,
        "sources": [f"the user's file {data.name}"],
        "method": how.method,
        "rank": how.rank,
        "trained_parameters": changed,
        "parameters": sum(p.numel() for p in kept.network.parameters()),
        "held_out_nats": after,
        "held_out_nats_before": before,
        "left_out": own.left_out,
        "recipe": f"{how.method}, at most {how.epochs} epochs, AdamW, warm-up and cosine, seed {how.seed}",
        "started_from": f"{kept.folder.name} ({kept.hash})",
        "seen": 0,
        "hours": 0.0,
    }


def _end(values: Floats, column: int, which: Callable[[Floats], float], otherwise: float) -> float:
    known = values[np.isfinite(values[:, column]), column]
    return round(float(which(known)), 3) if len(known) else otherwise


def _save(
    out: Path, network: ConditionalGPT, kept: Checkpoint, base: Base, own: Own, record: dict[str, Any], method: str
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    theirs = Reference.load(kept.folder / "reference.npz")
    columns = theirs.properties.shape[1]
    both = np.concatenate([own.encoded.values[:, :columns].astype(np.float64), theirs.properties])
    Reference([*own.texts, *theirs.texts], both).save(out / "reference.npz")
    own.known.save(out / KNOWN)
    card = adopted_card(out.name, record)
    if method == "lora":
        save_adapted(out, network, base, kept.codec, record, card)
        merge(network)
    else:
        save_checkpoint(out, network, kept.codec, record, card)
