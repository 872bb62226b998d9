"""Pre-training of a D-MPNN: tell every descriptor and every environment of a molecule from its graph."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.data.graphs import Graphs
from sekkei.models.dmpnn import DMPNN, DMPNNConfig
from sekkei.models.heads import Describing
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.features import compared, features, unknown
from sekkei.molecules.graphs import BONDS, TRAITS, Graph, graph
from sekkei.train.course import Course, Loss, Tensors
from sekkei.train.log import json_lines, line
from sekkei.train.loop import Plan, Progress, train
from sekkei.train.pretrain import save_encoder
from sekkei.train.pretrain_data import begun

TASK = "descriptors"

HELD_OUT = 0.02
"""Share of the molecules by which the network is judged."""

_FARTHEST = 6.0  # standard deviations; RDKit has descriptors with wild tails
_HELD_OUT_BATCH = 256
_CHUNK = 1000
_MOST_HELD_OUT = 10_000


@dataclass(frozen=True)
class Described:
    """Molecules with what there is to tell of them.

    Attributes:
        data: n molecules.
        numbers: float16 (n, numbers), each column of mean 0 and deviation 1, at most 6 deviations off.
        flags: (n, flags / 8) one bit for each counted environment: whether it is there.
    """

    data: Graphs = field(repr=False)
    numbers: NDArray[np.float16] = field(repr=False)
    flags: NDArray[np.uint8] = field(repr=False)

    def course(self, rows: NDArray[np.int64]) -> Course:
        """Show some of the molecules, ask for all that is known of them."""
        return Course(self.data.lengths, rows, self.batch, loss)

    def batch(self, rows: NDArray[np.int64], _random: np.random.Generator) -> Tensors:
        """Numbers and flags of some molecules, then the molecules as the network takes them."""
        numbers = torch.from_numpy(self.numbers[rows].astype(np.float32))
        flags = torch.from_numpy(np.unpackbits(self.flags[rows], axis=1))
        return numbers, flags, *self.data.batch(rows)


def loss(network: Any, batch: Tensors) -> Loss:
    """How far off a network is on a batch."""
    numbers, flags, *inputs = batch
    told, present = network(*inputs)
    total = objective(told, present, numbers, flags)
    return Loss(total, float(total.detach()))


def objective(told: Tensor, present: Tensor, numbers: Tensor, flags: Tensor) -> Tensor:
    """Mean squared error of the numbers plus the mean nats of the flags, each flag counted ten times.

    Most flags are not set, so their nats are small; ten makes both parts weigh about the same at the end.
    """
    return functional.mse_loss(told, numbers) + 10.0 * functional.binary_cross_entropy_with_logits(
        present, flags.float()
    )


def check_alone(tasks: Sequence[str]) -> None:
    """Refuse the task beside others.

    Raises:
        UserError: another one is named with it.
    """
    if list(tasks) != [TASK]:
        raise UserError(f"{TASK} is the task of another network than the others", "--task", "give it alone")


def pretrain_graphs(
    data: str, out: Path, plan: Plan, *, resume: bool = False, say: Callable[[str], None] = print
) -> Path:
    """Pre-train a D-MPNN: read → describe → train → save.

    The idea is that of CheMeleon (Burns et al. 2025, arXiv:2506.15792): a network that can tell descriptors has learned
    what chemists found worth telling, and is taught a property with few labels.

    Args:
        data: known data sets separated by commas, such as ``zinc250k,aqsoldb``, or a file of SMILES.
        out: folder of the encoder.
        plan: how long and how fast.
        resume: go on with an unfinished run in ``out``.
        say: called with one line per log entry.

    Returns:
        The folder.

    Raises:
        UserError: unreadable data, ``out`` holds a run and ``resume`` is not set, or another run than this one.
    """
    smiles, sources, run = begun(data, (TASK,), out, plan, say, resume=resume)
    say(f"describing {len(smiles):,} molecules")
    known = described(smiles, os.cpu_count() or 1)
    held_out = np.random.default_rng(0).random(len(known.data)) < HELD_OUT
    rows = np.flatnonzero(~held_out)
    network = DMPNN(DMPNNConfig(sum(TRAITS.values()), BONDS))
    whole = Describing(network, network.width, known.numbers.shape[1], 8 * known.flags.shape[1])
    say(f"training on {len(rows):,} molecules, {int(held_out.sum()):,} held out")
    log = json_lines(out / "log.jsonl", lambda entry: say(line(entry, plan.total)))
    progress = train(whole, known.course(rows), plan, out / "state.pt", log)
    about = {"tasks": [TASK], "sources": sources, "things": "molecules"}
    measured = judged(whole, known, np.flatnonzero(held_out))
    return save_encoder(network, out, run.record(progress, Progress()) | about, held_out, measured)


def described(smiles: Sequence[str], workers: int) -> Described:
    """Molecules as graphs with everything there is to tell of them; what cannot be described is left out."""
    chunks = [smiles[start : start + _CHUNK] for start in range(0, len(smiles), _CHUNK)]
    if min(workers, len(chunks)) == 1:
        parts = [_describe(chunk) for chunk in chunks]
    else:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            parts = list(pool.map(_describe, chunks))
    numbers = np.concatenate([part[1] for part in parts])
    spread = numbers.std(axis=0, dtype=np.float64)
    scaled = (numbers - numbers.mean(axis=0, dtype=np.float64)) / np.where(spread > 0, spread, 1.0)
    flags = np.concatenate([part[2] for part in parts])
    graphs = Graphs.of([one for part in parts for one in part[0]])
    return Described(graphs, np.clip(scaled, -_FARTHEST, _FARTHEST).astype(np.float16), flags)


def _describe(smiles: Sequence[str]) -> tuple[list[Graph], NDArray[np.float32], NDArray[np.uint8]]:
    read = [MOLECULES.parse(text) for text in smiles]
    items = [item for item in read if not isinstance(item, Problem) and unknown(item) is None]
    found, first = features(items), compared()
    return [graph(item) for item in items], found[:, :first].copy(), np.packbits(found[:, first:] > 0, axis=1)


@torch.inference_mode()
def judged(network: Describing, known: Described, rows: NDArray[np.int64]) -> dict[str, float]:
    """On held-out molecules: the mean objective, and the share of the variance of the numbers that is told."""
    rows = rows[:_MOST_HELD_OUT]
    if not len(rows):
        return {}
    network.eval()
    random, losses, missed, spread = np.random.default_rng(0), 0.0, 0.0, 0.0
    for first in range(0, len(rows), _HELD_OUT_BATCH):
        numbers, flags, *inputs = known.batch(rows[first : first + _HELD_OUT_BATCH], random)
        told, present = network(*inputs)
        losses += float(objective(told, present, numbers, flags)) * len(numbers)
        missed += float((told - numbers).square().sum())
        spread += float(numbers.square().sum())
    return {"objective": losses / len(rows), "told": 1.0 - missed / max(spread, 1e-9)}
