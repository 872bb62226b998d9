"""The training run of a generator of compositions, from data to a model folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.data.compositions import TARGETS, KnownCompositions, by_system, known_compositions
from sekkei.data.encode import EncodedSet
from sekkei.data.own_compositions import compositions_of
from sekkei.data.reference import Reference
from sekkei.materials.balance import BALANCED
from sekkei.materials.codecs.composition import SPECIAL, CompositionCodec
from sekkei.materials.constraints import MOST_ELEMENTS
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.traits import traits
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.checkpoint import Network, load_gpt, save_checkpoint
from sekkei.train.card import composition_card, diffusion_card
from sekkei.train.course import next_tokens, presented
from sekkei.train.labels import UNITS, Judge, filled, measure_of, told_by, usable, written_out
from sekkei.train.log import json_lines, line
from sekkei.train.loop import Plan, Progress, held_out_nats, train
from sekkei.train.place import check_place
from sekkei.train.recipes import REFERENCE, Size
from sekkei.train.refine import NO_REFINEMENT, Refinement, Write, refine
from sekkei.train.rules import Manners, learn_rules
from sekkei.train.run import Run
from sekkei.train.shares import Fit, fit_shares
from sekkei.train.subject import Shape, Subject
from sekkei.train.sums import property_shares
from sekkei.train.together import asked_together, shown_together, worth_together

SIZE = Size(width=128, layers=4, heads=4, positions=24)
"""Shape of the shipped network: 1.2 million parameters for 97,000 formulas of about 8 tokens."""

LATENT = Shape(width=128, encoder=2, decoder=3, heads=4, wide=256)
"""Shape of a latent diffusion model of compositions."""

Judged = Callable[[KnownCompositions, Callable[[str], None]], Judge]
"""Learns a judge from labels and says how good it is."""

OWN = "mp"
"""Name of the data the shipped model is trained on: the Materials Project's tables of the data folder."""

DROPOUT = 0.1
"""Each composition is seen some thirty times: without dropout the network learns them by heart."""

HELD_OUT = 0.05
"""Share of the chemical systems that is held out."""


def train_compositions(
    data: str,
    out: Path,
    plan: Plan,
    *,
    resume: bool = False,
    start: Path | None = None,
    size: Size = SIZE,
    dropout: float = DROPOUT,
    refinement: Refinement = NO_REFINEMENT,
    write: Write | None = None,
    judged_by: Judged | None = None,
    manners: Callable[[CompositionCodec], Manners] | None = None,
    leave_out: Callable[[KnownCompositions], NDArray[np.bool_]] | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Train a generator of compositions: read → join → encode → train → refine → learn the rules → save.

    Args:
        data: ``mp`` or a file of formulas with columns of labels.
        out: folder of the model; it also keeps ``state.pt`` and ``log.jsonl`` of the run.
        plan: how long and how fast.
        resume: go on with an unfinished run in ``out``.
        start: model folder whose weights the run starts from.
        size: shape of a new network; a started one keeps its own.
        dropout: share of activations set to zero while training (Srivastava et al. 2014); none when sampling.
        refinement: how long to refine afterwards; not at all by default.
        write: samples sequences for the refinement.
        judged_by: learns from the labels to predict those that are missing and what the refinement writes; without it
            they stay missing, and the refinement measures charges alone.
        manners: how to learn at the end what the masks forbid; not at all by default.
        leave_out: which compositions to keep from the model altogether, for a twin in a benchmark.
        say: called with one line per step.

    Returns:
        The model folder.

    Raises:
        UserError: unreadable data, ``out`` holds a run and ``resume`` is not set, or another run than this one.
    """
    state = out / "state.pt"
    check_place(out, resume=resume)
    known = _read(data, leave_out, say)
    run = Run(data, plan, start)
    run.begin(out, len(known.items))
    codec = CompositionCodec.standard()
    judge = judged_by(known, say) if judged_by else None
    encoded = written_out(filled(known, judge), codec)
    held_out = by_system(known.items, HELD_OUT, seed=0)
    rows = np.flatnonzero(~held_out)
    network = new_network(encoded, rows, codec, size, start)
    network.drop(dropout)
    say(f"training on {len(rows):,} compositions, {int(held_out.sum()):,} of other chemical systems held out")
    if not state.exists():
        fit_shares(network, encoded, rows, Fit.of(len(rows), plan.seed), say)
    log = json_lines(out / "log.jsonl", lambda entry: say(line(entry, plan.total, "compositions")))
    progress = train(network, next_tokens(encoded, rows), plan, state, log)
    written = mannered = Progress()
    if refinement.steps and write:
        written = refine(
            network, encoded, rows, refinement, write, measure_of(codec, judge), out / "refine.pt", log,
            shown_together, np.array(UNITS), asked_together, worth_together, told_by(judge, known),
        )  # fmt: skip
    if manners:
        longest = 2 * MOST_ELEMENTS + 1
        mannered = learn_rules(network, encoded, rows, manners(codec), longest, presented, out, "compositions", say)
    measured = [round(x, 3) for x in held_out_nats(network.eval(), encoded, np.flatnonzero(held_out))]
    record = {
        **run.record(progress, written, refinement.variety, ruled=mannered),
        "sources": known.sources,
        "held_out": int(held_out.sum()),
        "held_out_nats": measured,
        "filled": judge is not None,
        "longest": 2 * MOST_ELEMENTS + 1,
    }
    finish(out, network, codec, known, record)
    return out


def compositions_to_learn(
    data: str, out: Path, run: Run, say: Callable[[str], None], judged_by: Judged | None = None
) -> Subject:
    """Known compositions as a subject for a latent diffusion model; the run in ``out`` begins here.

    ``judged_by`` learns to predict the labels that are missing; without it they stay missing.

    Raises:
        UserError: unreadable data, or ``out`` holds another run.
    """
    known = _read(data, None, say)
    run.begin(out, len(known.items))
    codec = CompositionCodec.standard()
    judge = judged_by(known, say) if judged_by else None
    encoded = written_out(filled(known, judge), codec)
    left = by_system(known.items, HELD_OUT, seed=0)

    def finished(network: Network, record: dict[str, Any]) -> None:
        finish(out, network, codec, known, {**record, "sources": known.sources, "filled": judge is not None})

    held_out, rows = np.flatnonzero(left), np.flatnonzero(~left)
    names = (*TARGETS, BALANCED)
    return Subject(
        "compositions", encoded, held_out, rows, codec.size, SIZE.positions, names, finished, LATENT, (BALANCED,)
    )


def new_network(
    encoded: EncodedSet, rows: NDArray[np.int64], codec: CompositionCodec, size: Size, start: Path | None
) -> ConditionalGPT:
    """A fresh network that knows the periodic table, or one that goes on from the weights of another model."""
    if start:
        return load_gpt(start)
    values = encoded.values[rows].astype(float)
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, values, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, (values - centre) ** 2, 0.0).sum(axis=0) / count)
    config = CausalConfig(
        codec.size, size.width, size.layers, size.heads, size.positions, (*TARGETS, BALANCED),
        tuple(float(x) for x in centre.round(4)), tuple(float(x) for x in np.maximum(spread, 1e-3).round(4)),
        amounts=codec.first_amount,
    )  # fmt: skip
    network = ConditionalGPT(config)
    network.tally.begin_with(token_traits(codec))
    network.shares.begin_with(property_shares(encoded, rows, config)[0])
    return network


def token_traits(codec: CompositionCodec) -> torch.Tensor:
    """What is known of each token before training: (vocabulary, traits), of the size of the embeddings.

    For an element its place in the periodic table and its usual charges, for an amount its size.
    """
    table = traits(codec.symbols)
    known = np.zeros((codec.size, table.shape[1] + 2))
    known[SPECIAL : codec.first_amount, :-2] = table
    amounts = np.arange(1, codec.largest + 1)
    known[codec.first_amount :, -2:] = np.stack([np.log(amounts), amounts / 10.0], axis=1)
    return torch.from_numpy(known / 10.0).float()


def finish(
    out: Path, network: Network, codec: CompositionCodec, known: KnownCompositions, training: dict[str, Any]
) -> None:
    """Write everything a model folder holds.

    Args:
        out: the folder.
        network: trained.
        codec: its codec.
        known: all it may have seen, for the ranges, the reference sample and the set of known materials.
        training: the record of the run.
    """
    labelled = np.flatnonzero(np.isfinite(known.values).any(axis=1))
    sample = np.sort(np.random.default_rng(0).permutation(labelled)[:REFERENCE])
    ranges = {
        name: [round(float(x), 3) for x in np.nanquantile(column, [0.0005, 0.9995])]
        for name, column in zip(TARGETS, known.values.T.astype(float), strict=True)
        if np.isfinite(column).any()
    }
    record = {
        "domain": "materials",
        **training,
        "compositions": len(known.items),
        "labelled": {n: int(np.isfinite(c).sum()) for n, c in zip(TARGETS, known.values.T, strict=True)},
        "parameters": sum(p.numel() for p in network.parameters()),
        "vocabulary": codec.size,
        "ranges": ranges,
    }
    Reference([known.items[row].formula for row in sample], known.values[sample].astype(float)).save(
        out / "reference.npz"
    )
    KnownMaterials.build((item, None) for item in known.items).save(out / "known.bin")
    card = composition_card if isinstance(network, ConditionalGPT) else diffusion_card
    save_checkpoint(out, network, codec.to_json(), record, card(out.name, record))


def _read(
    data: str, leave_out: Callable[[KnownCompositions], NDArray[np.bool_]] | None, say: Callable[[str], None]
) -> KnownCompositions:
    say("reading the tables of known compositions")
    if data == OWN:
        known = known_compositions()
    elif Path(data).is_file():
        known = compositions_of(Path(data), say)
    else:
        raise UserError(f"'{data}' is neither '{OWN}' nor a file", "data", f"give {OWN} or a file of formulas")
    fitting = usable(known)
    if leave_out:
        left = leave_out(fitting)
        fitting = fitting.of(np.flatnonzero(~left))
    if len(fitting.items) < len(known.items):
        say(f"{len(known.items) - len(fitting.items):,} compositions are left out")
    if not fitting.items:
        raise UserError("leaves no composition to train on", "data")
    if len({item.system for item in fitting.items}) < 2:
        raise UserError("has one chemical system only, so none can be held out", "data", "add formulas of others")
    return fitting
