"""Refinement: the network writes under conditions, what it wrote is measured, and what came nearer becomes likelier.

Likelihood training shows a network real structures with their properties, never what its own near misses cost. Here
every wish is answered several times and each answer is set against its siblings: REINFORCE with the leave-one-out
baseline (Williams 1992, Mach. Learn. 8, 229; Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free").
Real ones in the same step keep the network's distribution where the data have it. An anchor, where one is set,
keeps it near the trained network in all that is not measured: the best network is then the trained one with each
sequence as much likelier as its reward says, exp(reward / anchor) (Ziegler et al. 2019, arXiv:1909.08593, eq. 2-3).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sekkei.core.memory import keep_freed_memory
from sekkei.core.types import Floats
from sekkei.data.encode import EncodedSet, pack
from sekkei.models.causal import ConditionalGPT
from sekkei.train.course import Present, presented
from sekkei.train.loop import Log, Progress, bfloat16_pays, load_state, save_state
from sekkei.train.objectives import sequence_losses
from sekkei.train.optim import optimisers
from sekkei.train.wishes import Span, missed, reward, single, wishes

Write = Callable[[ConditionalGPT, Floats, Floats], list[list[int]]]
"""Samples a token sequence for each row of conditions (n, properties) with its uniform numbers (n, longest)."""

Measure = Callable[[Sequence[Sequence[int]], Floats], Floats]
"""Properties (n, properties) of token sequences written for wishes (n, properties); a row of NaN where a sequence
stands for nothing. What can't be measured is what was wished, so that it neither gains nor costs, or 0 without a wish:
see ``told`` of :func:`refine`."""

Wish = Callable[[NDArray[np.float32], Span, Floats, np.random.Generator], Floats]
"""Conditions to answer; see :func:`sekkei.train.wishes.wishes`, which is the usual one."""

Worth = Callable[[Floats, Floats, Floats], Floats]
"""What answers are worth; see :func:`sekkei.train.wishes.reward`, which is the usual one."""

CROWDED = 2.0
"""Variety counts this many times where one property is asked for alone: there a few answers crowd out the others."""


@dataclass(frozen=True)
class Refinement:
    """How long and how hard to refine.

    Attributes:
        steps: optimiser steps; 0 refines nothing.
        wishes: different conditions in a step.
        answers: sequences written for each.
        real: real sequences shown beside them.
        again: of the written sequences so many are shown once more beside the real ones, under what they measured: an
            answer to another wish is an example of its own (hindsight, Andrychowicz et al. 2017, arXiv:1707.01495).
        rate: learning rate, falling linearly to zero.
        weight: of written sequences against real ones.
        variety: reward for each nat a written sequence was unexpected (an entropy bonus, Williams & Peng 1991,
            Connection Science 3, 241), so that likely answers do not crowd out the others.
        anchor: cost of each nat that a written sequence has become likelier than the trained network has it; 0 lets go.
        seed: wishes, answers and choice of real sequences.
        save_every: seconds between two checkpoints.
        log_every: steps between two log lines.
    """

    steps: int = 0
    wishes: int = 64
    answers: int = 4
    real: int = 128
    again: int = 0
    rate: float = 8e-4
    weight: float = 1.0
    variety: float = 0.03
    anchor: float = 0.0
    seed: int = 0
    save_every: float = 180.0
    log_every: int = 20


NO_REFINEMENT = Refinement()


def refine(
    network: ConditionalGPT,
    data: EncodedSet,
    rows: NDArray[np.int64],
    plan: Refinement,
    write: Write,
    measure: Measure,
    state: Path,
    log: Log,
    present: Present = presented,
    units: Floats | None = None,
    wish: Wish = wishes,
    worth: Worth = reward,
    told: NDArray[np.bool_] | None = None,
) -> Progress:
    """Refine a network in place.

    Args:
        network: trained on ``data``.
        data: real sequences with their properties.
        rows: which of them may be shown.
        plan: how long and how hard.
        write: samples from the network.
        measure: what the written sequences really have.
        state: checkpoint file; where it exists the refinement goes on from it.
        log: called every ``plan.log_every`` steps with step, gain (mean worth), valid (both since the
            last call) and seconds.
        present: how real sequences are shown.
        units: (properties,) what a miss of each is counted in; the standard deviations of the data where None.
        wish: draws what is asked for.
        worth: tells what an answer is worth.
        told: (properties,) which of them ``measure`` really tells; only these are said of what is shown again. All
            where None.

    Returns:
        Where it stands at its end; ``seen`` counts written sequences.
    """
    keep_freed_memory()
    network.eval()  # it writes first, and nothing may be dropped then
    trained = deepcopy(network) if plan.anchor else None
    opts = optimisers(network, plan.rate)
    progress = load_state(state, network, opts) if state.exists() else Progress()
    span, longest = Span.of(data.values[rows]), int(data.lengths.max())
    last = saved = time.monotonic()
    recent: list[tuple[float, float]] = []
    while progress.step < plan.steps:
        random = np.random.default_rng((plan.seed, progress.step))
        misses = np.array(progress.misses or np.ones(data.values.shape[1]))
        wished = wish(data.values[random.choice(rows, plan.wishes)], span, misses, random)
        wished = wished.repeat(plan.answers, axis=0)
        written = write(network, wished, random.random((len(wished), longest)))
        found = measure(written, wished)
        gains = worth(found, wished, span.deviation if units is None else units)
        rate = plan.rate * (1.0 - progress.step / plan.steps)
        real, own = random.choice(rows, plan.real), _measured(written, found, told, random)[: plan.again]
        shown = present(*_beside(data, real, own), random)
        torch.manual_seed(int(random.integers(2**63)))  # dropout on what is shown: a killed run goes on alike
        _step(network, opts, rate, plan, Answers.of(written, wished, gains), shown, trained)
        now = time.monotonic()
        progress = Progress(
            progress.step + 1,
            progress.seen + len(written),
            progress.seconds + now - last,
            missed(misses, wished, gains),
        )
        last = now
        recent.append((float(gains.mean()), float(np.isfinite(found).all(axis=1).mean())))
        if progress.step % plan.log_every == 0:
            gain, valid = np.mean(recent, axis=0).tolist()
            log({"step": progress.step, "gain": gain, "valid": valid, "seconds": progress.seconds})
            recent.clear()
        if now - saved >= plan.save_every or progress.step == plan.steps:
            save_state(state, network, opts, progress)
            saved = now
    return progress


def _measured(
    written: Sequence[Sequence[int]], found: Floats, told: NDArray[np.bool_] | None, random: np.random.Generator
) -> list[tuple[Sequence[int], Floats]]:
    """Written sequences that stand for something, with what they measured, in random order."""
    good = np.flatnonzero(np.isfinite(found).any(axis=1))
    found = found if told is None else np.where(told, found, np.nan)
    return [(written[row], found[row]) for row in random.permutation(good)]


def _beside(
    data: EncodedSet, rows: NDArray[np.int64], own: Sequence[tuple[Sequence[int], Floats]]
) -> tuple[EncodedSet, NDArray[np.int64]]:
    """Real sequences and written ones as one set, and all of its rows."""
    if not own:
        return data, rows
    sequences = [*(data.sequence(row) for row in rows), *(sequence for sequence, _ in own)]
    values = np.concatenate([data.values[rows], np.stack([found for _, found in own])])
    return pack(sequences, values), np.arange(len(sequences))


def advantages(gains: Floats, surprise: Floats, alone: NDArray[np.bool_], plan: Refinement) -> Floats:
    """Each reward, variety included, minus the mean of its siblings', in units of the step's spread.

    Args:
        gains: (n,) what `reward` gave, ``plan.answers`` siblings one after the other.
        surprise: (n,) negative log-probability of each answer [nats].
        alone: (n,) whether one property was asked for alone.
        plan: says how many siblings there are and what variety is worth.
    """
    worth = (gains + plan.variety * np.where(alone, CROWDED, 1.0) * surprise).reshape(-1, plan.answers)
    better = (worth - (worth.sum(axis=1, keepdims=True) - worth) / (plan.answers - 1)).ravel()
    return np.asarray(plan.weight * better / max(float(better.std()), 1e-6))


def anchored(gains: Floats, surprise: Floats, trained: Floats, anchor: float) -> Floats:
    """Rewards less the anchor's cost, (n,).

    Args:
        gains: (n,) what `reward` gave.
        surprise: (n,) negative log-probability of each answer [nats].
        trained: (n,) the same under the trained network.
        anchor: cost of a nat.
    """
    return gains + anchor * (surprise - trained)


@dataclass(frozen=True)
class Answers:
    """Written sequences as a batch, with what each gained."""

    tokens: Tensor
    labels: Tensor
    wished: Tensor
    gains: Floats

    @classmethod
    def of(cls, written: list[list[int]], wished: Floats, gains: Floats) -> Answers:
        """Pad and shift written sequences."""
        tokens, labels, values = pack(written, wished).batch(np.arange(len(written)))
        return cls(tokens, labels, torch.from_numpy(values), gains)

    def surprise(self, network: ConditionalGPT) -> Tensor:
        """(n,) negative log-probability [nats] under a network."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16_pays()):
            return sequence_losses(network, self.tokens, self.labels, self.wished)


def _step(
    network: ConditionalGPT,
    opts: list[torch.optim.Optimizer],
    rate: float,
    plan: Refinement,
    answers: Answers,
    real: tuple[Tensor, Tensor, Tensor],
    trained: ConditionalGPT | None,
) -> None:
    losses = answers.surprise(network)  # by the network that wrote them: nothing is dropped
    surprise, gains = _numbers(losses), answers.gains
    if trained:
        with torch.inference_mode():
            gains = anchored(gains, surprise, _numbers(answers.surprise(trained)), plan.anchor)
    better = advantages(gains, surprise, single(answers.wished.numpy()), plan)
    torch.autograd.backward((losses * torch.from_numpy(better).float()).sum() / (answers.labels >= 0).sum())
    network.train()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16_pays()):
        loss = sequence_losses(network, *real).sum() / (real[1] >= 0).sum()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    for opt in opts:
        for group in opt.param_groups:
            group["lr"] = rate
        opt.step()
        opt.zero_grad(set_to_none=True)
    network.eval()


def _numbers(tensor: Tensor) -> Floats:
    return np.asarray(tensor.detach().double().numpy())
