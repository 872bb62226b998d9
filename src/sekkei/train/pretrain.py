"""Pre-training of the encoders: hidden tokens, two views, one run to a model folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sekkei.core.errors import UserError, did_you_mean
from sekkei.data.sequences import Sequences
from sekkei.models.chemberta import ChemBERTa
from sekkei.models.dmpnn import DMPNN
from sekkei.models.heads import Pretraining
from sekkei.models.matbert import MatBERT
from sekkei.train.card import encoder_card
from sekkei.train.course import Course, Loss, Tensors
from sekkei.train.log import json_lines, line
from sekkei.train.loop import Plan, Progress, train
from sekkei.train.pretext import guess_loss, hide, info_nce, right_guesses
from sekkei.train.run import Run

TASKS = ("masked", "contrastive")
"""Guess hidden tokens; find the other view of the same thing."""

_HELD_OUT_BATCH = 256
_MOST_HELD_OUT = 5_000

Arrays = tuple[NDArray[np.int64], NDArray[np.float32]]
View = Callable[[NDArray[np.int64], np.random.Generator], Arrays]


@dataclass(frozen=True)
class Material:
    """What an encoder is pre-trained on.

    Attributes:
        data: every object as tokens.
        held_out: (n,) which of them are kept to judge it by.
        plain: of some rows what is shown with hidden tokens: the things themselves, as padded tokens and shares.
        view: of some rows a view, in the same form.
        things: what they are called.
        sources: whose data these are, one line each.
    """

    data: Sequences = field(repr=False)
    held_out: NDArray[np.bool_] = field(repr=False)
    plain: View = field(repr=False)
    view: View = field(repr=False)
    things: str
    sources: Sequence[str]


def check_tasks(text: str, known: Sequence[str] = TASKS) -> tuple[str, ...]:
    """One or several of the known tasks, separated by commas.

    Raises:
        UserError: another word, or none.
    """
    tasks = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for word in tasks or ("",):
        if word not in known:
            raise UserError(f"unknown task '{word}'", "--task", did_you_mean(word, known))
    return tasks


def course(network: MatBERT | ChemBERTa, material: Material, rows: NDArray[np.int64], tasks: Sequence[str]) -> Course:
    """What is shown: the things as they are with hidden tokens, or a view of them, and beside it another view.

    Args:
        network: whose tokens these are.
        material: the data.
        rows: which of them are shown.
        tasks: one or both of :data:`TASKS`.
    """
    ordinary, paired = network.ordinary.numpy(), material.data.shares is not None
    step = 2 if paired else 1

    def make(batch: NDArray[np.int64], random: np.random.Generator) -> Tensors:
        if "masked" in tasks:
            tokens, shares = material.plain(batch, random)
            shown, labels = hide(tokens, ordinary, network.mask, random)
        else:
            shown, shares = material.view(batch, random)
            labels = shown
        views = [(shown, shares), *([material.view(batch, random)] if "contrastive" in tasks else [])]
        arrays = [array for view in views for array in view[:step]]
        return (torch.from_numpy(labels), *(torch.from_numpy(array) for array in arrays))

    def loss(model: Any, batch: Tensors) -> Loss:
        labels, *inputs = batch
        logits, one = model(*inputs[:step])
        total = guess_loss(logits, labels) if "masked" in tasks else torch.zeros((), device=labels.device)
        if "contrastive" in tasks:
            total = total + info_nce(one, model(*inputs[step:])[1])
        return Loss(total, float(total.detach()))

    return Course(material.data.lengths, rows, make, loss)


def pretrain(
    network: MatBERT | ChemBERTa,
    material: Material,
    tasks: Sequence[str],
    out: Path,
    plan: Plan,
    run: Run,
    say: Callable[[str], None] = print,
) -> Path:
    """Pre-train an encoder and write its folder; ``state.pt`` and ``log.jsonl`` of the run stay in it.

    Args:
        network: untrained; changed in place.
        material: what it learns from.
        tasks: one or both of :data:`TASKS`.
        out: the folder.
        plan: how long and how fast.
        run: what the run is about, for the record.
        say: called with one line per log entry.
    """
    rows = np.flatnonzero(~material.held_out)
    say(f"training on {len(rows):,} {material.things}, {int(material.held_out.sum()):,} held out")
    torch.manual_seed(plan.seed)
    whole = Pretraining(network, network.width)
    log = json_lines(out / "log.jsonl", lambda entry: say(line(entry, plan.total, material.things)))
    progress = train(whole, course(network, material, rows, tasks), plan, out / "state.pt", log)
    about = {"tasks": list(tasks), "sources": list(material.sources), "things": material.things}
    measured = judged(whole, network, material, tasks)
    return save_encoder(network, out, run.record(progress, Progress()) | about, material.held_out, measured)


def save_encoder(
    network: MatBERT | ChemBERTa | DMPNN,
    out: Path,
    record: dict[str, Any],
    held_out: NDArray[np.bool_],
    measured: dict[str, float],
) -> Path:
    """Write the folder of an encoder and its card.

    Args:
        network: trained.
        out: the folder.
        record: of the run, with ``tasks``, ``sources`` and ``things``.
        held_out: (n,) which of the objects were kept to judge it by.
        measured: on those.
    """
    record |= {
        "domain": "materials" if isinstance(network, MatBERT) else "molecules",
        "objects": len(held_out),
        "held_out": int(held_out.sum()),
        "measured": {name: round(value, 4) for name, value in measured.items()},
        "parameters": sum(p.numel() for p in network.parameters()),
    }
    network.save(out, record, encoder_card(out.name, record))
    return out


@torch.inference_mode()
def judged(
    whole: Pretraining, network: MatBERT | ChemBERTa, material: Material, tasks: Sequence[str]
) -> dict[str, float]:
    """On held-out things, at most 5,000, always the same: the mean loss [nats], and the share of right guesses."""
    rows = np.flatnonzero(material.held_out)[:_MOST_HELD_OUT]
    if not len(rows):
        return {}
    whole.eval()
    shown, step = course(network, material, rows, tasks), 2 if material.data.shares is not None else 1
    losses, right, asked = [], 0, 0
    for first in range(0, len(rows), _HELD_OUT_BATCH):
        batch = shown.make(rows[first : first + _HELD_OUT_BATCH], np.random.default_rng((7, first)))
        losses.append(shown.loss(whole, batch).nats * len(batch[0]))
        if "masked" in tasks:
            hits, of = right_guesses(whole(*batch[1 : 1 + step])[0], batch[0])
            right, asked = right + hits, asked + of
    found = {"loss": sum(losses) / len(rows)}
    return {**found, "right": right / asked} if asked else found
