"""Whole training runs, from data to a model folder."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Floats
from sekkei.data.catalogue import DATASETS
from sekkei.data.encode import EncodedSet
from sekkei.data.prepare import Labelled, label, prepare
from sekkei.data.reference import Reference
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.checkpoint import Network, load_gpt, save_checkpoint
from sekkei.molecules.codecs.smiles import SmilesCodec
from sekkei.molecules.datasets import label_each
from sekkei.molecules.files import read_molecules
from sekkei.molecules.novelty import KnownMolecules
from sekkei.molecules.properties import PROPERTIES
from sekkei.train.blend import blend
from sekkei.train.card import diffusion_card, model_card
from sekkei.train.course import next_tokens
from sekkei.train.lesson import KNOWN, encode, rehearsal, split
from sekkei.train.log import json_lines, line
from sekkei.train.loop import Log, Plan, Progress, held_out_nats, train
from sekkei.train.place import check_place
from sekkei.train.refine import NO_REFINEMENT, Refinement, Write, refine
from sekkei.train.run import UNIONS, Run, names_of, sources_of
from sekkei.train.shares import Fit, fit_shares
from sekkei.train.subject import Shape, Subject
from sekkei.train.sums import letter_counts, property_shares

REFERENCE = 10_000
CODEC_SAMPLE = 500_000

LATENT = Shape(wide=256, noise=4.0, mixed=0.8, read=True, doubt=4.0)
"""Shape of a latent diffusion model of molecules; so much noise, since a text that is slightly off is no molecule."""


@dataclass(frozen=True)
class Size:
    """Shape of a new network."""

    vocabulary: int = 512
    width: int = 256
    layers: int = 5
    heads: int = 4
    positions: int = 128


def train_molecules(
    data: str,
    out: Path,
    plan: Plan,
    *,
    resume: bool = False,
    start: Path | None = None,
    size: Size = Size(),
    refinement: Refinement = NO_REFINEMENT,
    write: Write | None = None,
    kept: float = 0.0,
    say: Callable[[str], None] = print,
) -> Path:
    """Train a molecule model: read → clean → label → encode → train → refine → save.

    Args:
        data: a known data set, ``druglike`` for the union, or a file of SMILES.
        out: folder of the model; it also keeps ``state.pt`` and ``log.jsonl`` of the run.
        plan: how long and how fast.
        resume: go on with an unfinished run in ``out``.
        start: model folder whose weights and codec the run starts from.
        size: shape of a new network; a started one keeps its own.
        refinement: how long to refine afterwards; not at all by default.
        write: samples sequences for the refinement.
        kept: share of the weights of ``start`` in the result; see :func:`~sekkei.train.blend.blend`.
        say: called with one line per step.

    Returns:
        The model folder.

    Raises:
        UserError: unreadable data, ``out`` holds a run and ``resume`` is not set, or another run than this one.
    """
    state = out / "state.pt"
    check_place(out, resume=resume)
    molecules = _read(data, say)
    run = Run(data, plan, start)
    run.begin(out, len(molecules.smiles))
    codec = _codec(molecules, out, start, size)
    shown, fresh = rehearsal(molecules, start, plan.seed)
    encoded = encode(shown, codec, size.positions, say)
    held_out, rows = split(len(encoded), plan.seed, fresh - (len(shown.smiles) - len(encoded)))
    network = new_network(encoded, rows, codec, size, start)
    say(f"training on {len(rows):,} molecules, {len(held_out):,} held out")
    log = json_lines(out / "log.jsonl", lambda entry: say(line(entry, plan.total)))
    if not state.exists():
        fit_shares(network, encoded, rows, Fit.of(len(rows), plan.seed), say)
    progress = train(network, next_tokens(encoded, rows), plan, state, log)
    written = Progress()
    if refinement.steps and write:
        written = _refine(network, codec, encoded, rows, refinement, write, out / "refine.pt", log)
    blend(network, start, kept)
    measured = [round(x, 3) for x in held_out_nats(network.eval(), encoded, held_out)]
    record = {
        **run.record(progress, written, refinement.variety, kept),
        "shown": len(encoded),
        "held_out": len(held_out),
        "held_out_nats": measured,
        "longest": int(encoded.lengths.max()),
    }
    finish(out, network, codec, molecules, shown, record)
    return out


def new_network(
    encoded: EncodedSet, rows: NDArray[np.int64], codec: SmilesCodec, size: Size, start: Path | None
) -> ConditionalGPT:
    """A fresh network scaled to the data, or one that starts from the weights of another model."""
    values = encoded.values[rows]
    centre = tuple(float(x) for x in np.nanmean(values, axis=0).astype(float).round(4))
    scale = tuple(float(x) for x in np.maximum(np.nanstd(values, axis=0), 1e-3).astype(float).round(4))
    before = load_gpt(start) if start else None
    shape = before.config if before else size
    config = CausalConfig(
        codec.size, shape.width, shape.layers, shape.heads, shape.positions, tuple(PROPERTIES), centre, scale
    )
    network = ConditionalGPT(config)
    network.tally.begin_with(letter_counts(codec))
    network.shares.begin_with(property_shares(encoded, rows, config)[0])
    if before:
        ours = {"conditions.centre", "conditions.scale"}
        kept = {name: tensor for name, tensor in before.state_dict().items() if name not in ours}
        network.load_state_dict(kept, strict=False)
    return network


def molecules_to_learn(data: str, out: Path, run: Run, say: Callable[[str], None], size: Size = Size()) -> Subject:
    """The molecules of a data set as a subject for a latent diffusion model; the run in ``out`` begins here.

    Raises:
        UserError: unreadable data, or ``out`` holds another run.
    """
    molecules = _read(data, say)
    run.begin(out, len(molecules.smiles))
    codec = _codec(molecules, out, run.start, size)
    encoded = encode(molecules, codec, size.positions, say)
    held_out, rows = split(len(encoded), run.plan.seed)

    def finished(network: Network, record: dict[str, Any]) -> None:
        finish(out, network, codec, molecules, molecules, record)

    names = tuple(PROPERTIES)
    return Subject("molecules", encoded, held_out, rows, codec.size, size.positions, names, finished, LATENT)


def _refine(
    network: ConditionalGPT,
    codec: SmilesCodec,
    encoded: EncodedSet,
    rows: NDArray[np.int64],
    refinement: Refinement,
    write: Write,
    state: Path,
    log: Log,
) -> Progress:
    """Refine with RDKit as the judge, on all cores; workers are started afresh, since forks of tensor threads hang."""
    workers = os.cpu_count() or 1

    def measure(written: Sequence[Sequence[int]], _: Floats) -> Floats:
        texts = [codec.decode(one) for one in written]
        share = -(-len(texts) // workers)
        chunks = [texts[first : first + share] for first in range(0, len(texts), share)]
        return np.concatenate(list(pool.map(label_each, chunks)))

    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return refine(network, encoded, rows, refinement, write, measure, state, log)


def finish(
    out: Path,
    network: Network,
    codec: SmilesCodec,
    molecules: Labelled,
    shown: Labelled,
    training: dict[str, Any],
) -> None:
    """Write everything a model folder holds.

    Args:
        out: the folder.
        network: trained.
        codec: its codec.
        molecules: all that count as known.
        shown: those it learned from, for the ranges and the reference sample.
        training: the record of the run.
    """
    sample = np.sort(np.random.default_rng(0).permutation(len(shown.smiles))[:REFERENCE])
    ranges = np.nanquantile(shown.values.astype(float), [0.0005, 0.9995], axis=0).T
    record = {
        **training,
        "molecules": len(molecules.smiles),
        "parameters": sum(p.numel() for p in network.parameters()),
        "vocabulary": codec.size,
        "ranges": {name: [round(float(x), 3) for x in pair] for name, pair in zip(PROPERTIES, ranges, strict=True)},
    }
    Reference([shown.smiles[row] for row in sample], shown.values[sample].astype(float)).save(out / "reference.npz")
    KnownMolecules.build(molecules.smiles).save(out / KNOWN)
    card = model_card if isinstance(network, ConditionalGPT) else diffusion_card
    save_checkpoint(out, network, codec.to_json(), record, card(out.name, record))


def _read(data: str, say: Callable[[str], None]) -> Labelled:
    def progress(done: int, of: int) -> None:
        say(f"labelled {done:,} of {of:,}")

    if names_of(data)[0] in DATASETS:
        return prepare(names_of(data), progress)
    if not Path(data).is_file():
        raise UserError(f"'{data}' is neither a data set nor a file", "data", did_you_mean(data, [*DATASETS, *UNIONS]))
    return read_own(Path(data), say)


def read_own(path: Path, say: Callable[[str], None]) -> Labelled:
    """The molecules of a file, each once, with their properties; what cannot be read is left out and counted.

    Raises:
        UserError: the file cannot be read, or nothing in it.
    """
    texts = [line.text for line in read_molecules(path) if line.text]
    found = label(texts, lambda done, of: say(f"labelled {done:,} of {of:,}"))
    if found.unread:
        hint = f"`sekkei score molecules {path} -e qed` says which cannot be read"
        say(f"{found.unread:,} of {len(texts):,} rows give no molecule with carbon of usual size; {hint}")
    return found


def read_smiles(data: str, say: Callable[[str], None]) -> tuple[list[str], list[str], int]:
    """Canonical SMILES of data sets or of a file, each molecule once, their sources, and how many rows gave none.

    Args:
        data: known data sets separated by commas, the name of a union, or a file of SMILES.
        say: called with a line now and then while they are cleaned for the first time.

    Raises:
        UserError: there is no such data set or file, or nothing in it can be read.
    """
    found = _read(data, say)
    return found.smiles, sources_of(data), found.unread if Path(data).is_file() else 0


def _codec(molecules: Labelled, out: Path, start: Path | None, size: Size) -> SmilesCodec:
    kept = (start or out) / "codec.json"
    if kept.is_file():
        return SmilesCodec.from_json(kept.read_text(encoding="utf-8"))
    codec = SmilesCodec.train(molecules.smiles[:CODEC_SAMPLE], size.vocabulary)
    (out / "codec.json").write_text(codec.to_json(), encoding="utf-8")
    return codec
