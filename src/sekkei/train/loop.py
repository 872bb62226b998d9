"""The training loop: one visible loop that runs on CPU or GPUs, can be killed at any moment, and resumes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import nn

from sekkei.core.errors import UserError
from sekkei.core.files import replacing
from sekkei.core.memory import keep_freed_memory
from sekkei.data.encode import BUCKET, EncodedSet, batches
from sekkei.models.causal import ConditionalGPT
from sekkei.train.course import Course, Tensors
from sekkei.train.objectives import next_token_loss
from sekkei.train.optim import optimisers, schedule

Log = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train.

    Attributes:
        total: training examples to see, epochs counted in.
        batch: examples per step.
        rate: peak learning rate.
        warmup: steps of warm-up.
        decay: share of the run during which the rate falls to zero.
        seed: order of the data and the hidden conditions.
        save_every: seconds between two checkpoints.
        log_every: steps between two log lines.
    """

    total: int
    batch: int = 256
    rate: float = 3e-3
    warmup: int = 300
    decay: float = 0.5
    seed: int = 0
    save_every: float = 180.0
    log_every: int = 100

    def __post_init__(self) -> None:
        """Refuse numbers that train nothing, or that no optimiser survives."""
        for name in ("total", "batch"):
            if getattr(self, name) < 1:
                raise UserError(f"{getattr(self, name)} is too small", name, "give 1 or more")
        if not 0 < self.rate <= 1:
            raise UserError(f"{self.rate:g} is outside 0 to 1", "rate", "0.003 is usual")
        if not 0 <= self.seed < 2**63:
            raise UserError(f"the seed {self.seed} is out of range", "seed", "give an integer from 0 to 2**63 - 1")


@dataclass
class Progress:
    """Where a run stands: optimiser steps done, examples seen, seconds spent in all its parts, and what is missed.

    ``misses`` are a refinement's, one for each property [standard deviations].
    """

    step: int = 0
    seen: int = 0
    seconds: float = 0.0
    misses: tuple[float, ...] = ()


def train(network: nn.Module, course: Course, plan: Plan, state: Path, log: Log) -> Progress:
    """Train a network in place, on a GPU where there is one; it is on the CPU afterwards.

    Args:
        network: what to train.
        course: what it is shown, and how it is judged.
        plan: how long and how fast.
        state: checkpoint file; where it exists the run goes on from it.
        log: called every ``plan.log_every`` steps with step, seen, nats (per example), rate and examples per second.

    Returns:
        Where the run stands at its end.
    """
    keep_freed_memory()
    accelerator = Accelerator(mixed_precision="bf16" if bfloat16_pays() else "no", cpu=not torch.cuda.is_available())
    opts = optimisers(network, plan.rate)
    progress = load_state(state, network, opts) if state.exists() else Progress()
    model, *prepared = accelerator.prepare(network, *opts)
    network.train()  # one that was loaded to go on from does not drop anything otherwise
    clock = _Clock(plan, progress, log)
    for batch in _stream(course, plan, progress, accelerator):
        factor = schedule(progress.step, progress.seen, plan.total, plan.warmup, plan.decay)
        for opt in prepared:
            for group in opt.param_groups:
                group["lr"] = plan.rate * factor
        with accelerator.autocast():
            objective, nats = course.loss(model, batch)
        accelerator.backward(objective)
        accelerator.clip_grad_norm_(model.parameters(), 1.0)
        for opt in prepared:
            opt.step()
            opt.zero_grad(set_to_none=True)
        progress.step += 1
        progress.seen += len(batch[0]) * accelerator.num_processes
        if clock.tick(nats, factor) and accelerator.is_main_process:
            save_state(state, network, opts, progress)
    if accelerator.is_main_process:
        save_state(state, network, opts, progress)
    network.to("cpu")
    return progress


class _Clock:
    """Counts seconds, writes log lines, and says when a checkpoint is due."""

    def __init__(self, plan: Plan, progress: Progress, log: Log) -> None:
        self.plan, self.progress, self.log = plan, progress, log
        self.nats: float | None = None
        self.last = self.saved = self.logged = time.monotonic()
        self.logged_seen = progress.seen

    def tick(self, nats: float, factor: float) -> bool:
        now = time.monotonic()
        self.progress.seconds += now - self.last
        self.last = now
        self.nats = nats if self.nats is None else 0.99 * self.nats + 0.01 * nats
        if self.progress.step % self.plan.log_every == 0:
            speed = (self.progress.seen - self.logged_seen) / max(now - self.logged, 1e-9)
            self.log({
                "step": self.progress.step, "seen": self.progress.seen, "nats": self.nats,
                "rate": self.plan.rate * factor, "per_second": speed, "seconds": self.progress.seconds,
            })  # fmt: skip
            self.logged, self.logged_seen = now, self.progress.seen
        due = now - self.saved >= self.plan.save_every
        if due:
            self.saved = now
        return due


def _stream(course: Course, plan: Plan, progress: Progress, accelerator: Accelerator) -> Iterator[Tensors]:
    """Batches from where the run stands to its end; each process takes its own share.

    What is random in a batch belongs to its number, in the network too (dropout): so a killed run goes on to the same
    weights.
    """
    chunks, rest = divmod(len(course.rows), plan.batch * BUCKET)
    per_epoch = chunks * BUCKET + -(-rest // plan.batch)
    rank, world = accelerator.process_index, accelerator.num_processes
    while progress.seen < plan.total:
        epoch, done = divmod(progress.step * world, per_epoch)
        for number, batch in enumerate(batches(course.lengths, course.rows, plan.batch, plan.seed + epoch)):
            if number < done or number % world != rank:
                continue
            if progress.seen >= plan.total:
                return
            random = np.random.default_rng((plan.seed, epoch, number))
            made = course.make(batch, random)
            torch.manual_seed(int(random.integers(2**63)))
            yield tuple(tensor.to(accelerator.device) for tensor in made)


@torch.inference_mode()
def held_out_nats(network: ConditionalGPT, data: EncodedSet, rows: NDArray[np.int64], size: int = 250) -> list[float]:
    """Mean negative log-likelihood [nats per example] without any condition and with all of them."""
    network.eval()
    totals = [0.0, 0.0]
    for start in range(0, len(rows), size):
        tokens, labels, values = data.batch(rows[start : start + size])
        for kind, shown in enumerate((np.full_like(values, np.nan), values)):
            totals[kind] += float(next_token_loss(network, tokens, labels, torch.from_numpy(shown)))
    network.train()
    return [total / len(rows) for total in totals]


def save_state(path: Path, network: nn.Module, opts: list[torch.optim.Optimizer], progress: Progress) -> None:
    """Write a checkpoint beside the old one, then swap, so that a kill leaves one of the two whole."""
    state = {
        "network": network.state_dict(),
        "optimisers": [opt.state_dict() for opt in opts],
        "progress": astuple(progress),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        torch.save(state, temporary)


def load_state(path: Path, network: nn.Module, opts: list[torch.optim.Optimizer]) -> Progress:
    """Read a checkpoint into network and optimisers.

    Raises:
        UserError: the file is damaged or belongs to another network.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(state["network"])
        for opt, saved in zip(opts, state["optimisers"], strict=True):
            opt.load_state_dict(saved)
        return Progress(*state["progress"])
    except Exception as error:  # torch.load raises many kinds for a damaged file
        raise UserError(f"cannot be resumed: {error}", str(path), "delete it to start anew") from error


@cache
def bfloat16_pays() -> bool:
    """Whether this machine multiplies bfloat16 matrices clearly faster than float32 ones (measured, 50 ms)."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    seconds, own = [], torch.Generator().manual_seed(0)  # so that a run does not depend on whether this came first
    for kind in (torch.float32, torch.bfloat16):
        a, b = (torch.randn(shape, generator=own).to(kind) for shape in ((1024, 256), (256, 1024)))
        for _ in range(3):
            a @ b
        start = time.perf_counter()
        for _ in range(10):
            a @ b
        seconds.append(time.perf_counter() - start)
    return seconds[1] < 0.7 * seconds[0]
