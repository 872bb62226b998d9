"""The training run of a generator of crystals, from data to a model folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Draw, Floats
from sekkei.data.crystals import TARGETS, KnownCrystals, crystals_of, known_crystals
from sekkei.data.encode import EncodedSet
from sekkei.data.reference import Reference
from sekkei.materials.codecs.wyckoff import LARGEST, WyckoffCodec, read_symmetric
from sekkei.materials.codecs.wyckoff_grammar import WyckoffGrammar
from sekkei.materials.constraints import MOST_ELEMENTS, Constraints
from sekkei.materials.geometry import GeometryProfile, check_geometry
from sekkei.materials.lines import examine
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.symmetry.occupation import occupation_of
from sekkei.materials.symmetry.sites import ORDER, SymmetricCrystal
from sekkei.materials.traits import traits
from sekkei.materials.wishes import CrystalWishes
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.checkpoint import load_gpt, save_checkpoint
from sekkei.train.course import next_tokens
from sekkei.train.crystal_card import crystal_card
from sekkei.train.lines import POSITIONS, Lines, lines_of, longest_line
from sekkei.train.log import json_lines, line
from sekkei.train.loop import Plan, Progress, held_out_nats, train
from sekkei.train.objectives import next_token_loss
from sekkei.train.place import check_place
from sekkei.train.recipes import REFERENCE, Size
from sekkei.train.refine import NO_REFINEMENT, Measure, Refinement, Write, refine
from sekkei.train.rules import Manners, WriteUnder, learn_rules
from sekkei.train.run import Run

SIZE = Size(width=192, layers=5, heads=6, positions=POSITIONS)
"""Shape of a new network: 2.6 million parameters."""

DATA = {"mp": "the training splits of MP-20 and MPTS-52", "mp-all": "these and their validation splits"}
"""Names of the data of the data folder: for choices and benchmarks, and for what ships afterwards."""

DROPOUT = 0.1
SOUND = CrystalWishes(Constraints(profile="cdvae"))
"""Refinement's definition of balanced charges."""

APART = GeometryProfile("apart", radii=0.55, volume=1.0, density=(0.01, 25.0), atom_density=(1e-5, 0.5))
"""Refinement's definition of atoms far enough apart: as LeMat-GenBench's, a little stricter; 1,499 of 1,500 training
crystals keep it."""

MEASURED = 2000
"""Held-out crystals that the likelihood is measured on."""


def train_crystals(
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
    manners: Plan | None = None,
    write_ruled: WriteUnder | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Train a generator of crystals: read → take apart → encode → train → refine → learn the rules → save.

    Properties are conditions as in other models; elements and composition are asked for by tokens before the line, and
    the space group is its first token. The sums over tokens that other models follow are left out: a gap or an energy
    is decided by the sites, which are a few tokens at the beginning.

    Args:
        data: ``mp``, ``mp-all`` (see :data:`DATA`), or a file or folder of structures.
        out: folder of the model; it also keeps ``state.pt`` and ``log.jsonl`` of the run.
        plan: how long and how fast.
        resume: go on with an unfinished run in ``out``.
        start: model folder whose weights the run starts from.
        size: shape of a new network; a started one keeps its own.
        dropout: share of activations set to zero while training; none when sampling.
        refinement: how long to refine afterwards, on what only a whole line tells; not at all by default.
        write: samples sequences for the refinement.
        manners: how long and how fast to learn the rules of lines at the end; not at all by default.
        write_ruled: samples sequences under rules.
        say: called with one line per step.

    Returns:
        The model folder.

    Raises:
        UserError: unreadable data, ``out`` holds a run and ``resume`` is not set, or another run than this one.
    """
    state = out / "state.pt"
    check_place(out, resume=resume)
    known = _read(data, say)
    run = Run(data, plan, start)
    run.begin(out, len(known.texts))
    codec = WyckoffCodec()
    longest = longest_line(load_gpt(start).config.positions if start else size.positions)
    lines, fits = lines_of(known, codec, longest)
    if len(fits) < len(known.texts):
        say(f"{len(known.texts) - len(fits):,} crystals are left out: too long, or of too many elements")
    kept = known.held_out[fits] & (data != "mp-all")
    held_out, rows = np.flatnonzero(kept), np.flatnonzero(~kept)
    network = new_network(lines.encoded, rows, codec, size, start)
    network.drop(dropout)
    say(f"training on {len(rows):,} crystals in {int(np.diff(lines.first)[rows].sum()):,} descriptions")
    log = json_lines(out / "log.jsonl", lambda entry: say(line(entry, plan.total, "crystals")))
    progress = train(network, next_tokens(lines.encoded, rows, lines.present), plan, state, log)
    refined = mannered = Progress()
    if refinement.steps and write:
        measure, kept_at = soundness_of(codec), out / "refine.pt"
        refined = refine(network, lines.encoded, rows, refinement, write, measure, kept_at, log, lines.present)
    if manners and write_ruled:
        rules = WyckoffGrammar(codec, most_tokens=longest, most_elements=MOST_ELEMENTS)
        how = Manners(manners, lambda wished, _: (wished, rules), write_ruled)
        mannered = learn_rules(network, lines.encoded, rows, how, longest + 1, lines.present, out, "crystals", say)
    record = {
        **run.record(progress, refined, ruled=mannered),
        "sources": known.sources,
        "shown": len(rows),
        "held_out": len(held_out),
        "longest": longest,
        **_measured(network.eval(), lines, held_out),
    }
    finish(out, network, codec, [known.texts[row] for row in fits[rows]], lines.encoded.values[rows], record)
    return out


def soundness_of(codec: WyckoffCodec) -> Measure:
    """What refinement can tell of a written crystal: whether its atoms keep their distances and its charges balance.

    The labels are left as they were wished: only a predictor could judge them, and the network would learn its errors.
    """

    def measure(written: Sequence[Sequence[int]], wished: Floats) -> Floats:
        rows = [examine(Draw(place, codec.decode(tokens)), SOUND) for place, tokens in enumerate(written)]
        found = np.nan_to_num(wished)
        found[[row.item is None or bool(row.problem or check_geometry(row.item, APART)) for row in rows]] = np.nan
        return found

    return measure


def new_network(
    encoded: EncodedSet, rows: NDArray[np.int64], codec: WyckoffCodec, size: Size, start: Path | None
) -> ConditionalGPT:
    """A fresh network that knows the periodic table, or one that goes on from the weights of another model."""
    if start:
        return load_gpt(start)
    values = encoded.values[rows].astype(float)
    known = np.isfinite(values).any(axis=0)
    centre, spread = np.zeros(len(TARGETS)), np.ones(len(TARGETS))
    centre[known], spread[known] = np.nanmean(values[:, known], axis=0), np.nanstd(values[:, known], axis=0)
    network = ConditionalGPT(
        CausalConfig(
            codec.size, size.width, size.layers, size.heads, size.positions, tuple(TARGETS),
            tuple(float(x) for x in centre.round(4)), tuple(float(x) for x in np.maximum(spread, 1e-3).round(4)),
            sums=False,
        )
    )  # fmt: skip
    network.tally.begin_with(token_traits(codec))
    return network


def token_traits(codec: WyckoffCodec) -> torch.Tensor:
    """What is known of each token before training: (vocabulary, traits), of the size of the embeddings.

    For an element its place in the periodic table and its usual charges, less where it is asked for, so that a running
    sum tells what has not been written yet; for an amount its size.
    """
    table = traits(ORDER)
    known = np.zeros((codec.size, table.shape[1] + 2))
    written, asked, amount = (codec.first[kind] for kind in ("element", "asked", "amount"))
    known[written : written + len(ORDER), : table.shape[1]] = table
    known[asked : asked + len(ORDER), : table.shape[1]] = -table
    amounts = np.arange(1, LARGEST + 1)
    known[amount : amount + LARGEST, -2:] = np.stack([np.log(amounts), amounts / 10.0], axis=1)
    return torch.from_numpy(known / 10.0).float()


def finish(
    out: Path,
    network: ConditionalGPT,
    codec: WyckoffCodec,
    texts: list[tuple[str, ...]],
    values: NDArray[np.float32],
    training: dict[str, Any],
) -> None:
    """Write everything a model folder holds.

    Args:
        out: the folder.
        network: trained.
        codec: its codec.
        texts: the lines it learned from, each crystal's of all origins with the canonical one in front, for the
            reference sample and the set of known materials.
        values: (n, 3) their labels, for the ranges and the reference sample.
        training: the record of the run.
    """
    labelled = np.flatnonzero(np.isfinite(values).any(axis=1))
    sample = np.sort(np.random.default_rng(0).permutation(labelled)[:REFERENCE])
    columns = dict(zip(TARGETS, values.T.astype(float), strict=True))
    record = {
        "domain": "materials",
        "level": "crystal",
        **training,
        "labelled": {name: int(np.isfinite(column).sum()) for name, column in columns.items()},
        "parameters": sum(p.numel() for p in network.parameters()),
        "vocabulary": codec.size,
        "ranges": {
            name: [round(float(x), 3) for x in np.nanquantile(column, [0.0005, 0.9995])]
            for name, column in columns.items()
            if np.isfinite(column).any()
        },
    }
    Reference([texts[row][0] for row in sample], values[sample].astype(float)).save(out / "reference.npz")
    apart = [[one for one in map(read_symmetric, lines) if isinstance(one, SymmetricCrystal)] for lines in texts]
    pairs = ((found[0].composition, found[0].group) for found in apart if found)
    KnownMaterials.build(pairs, [occupation_of(found) for found in apart if found]).save(out / "known.bin")
    save_checkpoint(out, network, codec.to_json(), record, crystal_card(out.name, record))


def _measured(network: ConditionalGPT, lines: Lines, held_out: NDArray[np.int64]) -> dict[str, object]:
    """Negative log-likelihood [nats per crystal]: alone, with its labels, behind its composition."""
    rows = np.sort(np.random.default_rng(0).permutation(held_out)[:MEASURED])
    if not len(rows):
        return {"held_out_nats": [], "held_out_nats_of_compositions": None}
    total = 0.0
    with torch.inference_mode():
        for start in range(0, len(rows), 100):
            tokens, labels = lines.behind_composition(rows[start : start + 100])
            free = torch.full((len(tokens), len(TARGETS)), torch.nan)
            total += float(next_token_loss(network, tokens, labels, free))
    nats = held_out_nats(network, lines.encoded, rows, size=100)
    return {
        "held_out_nats": [round(x, 3) for x in nats],
        "held_out_nats_of_compositions": round(total / len(rows), 3),
    }


def _read(data: str, say: Callable[[str], None]) -> KnownCrystals:
    def progress(done: int, of: int) -> None:
        say(f"taken apart {done:,} of {of:,} crystals")

    if data in DATA:
        return known_crystals(progress)
    if Path(data).exists():
        return crystals_of(Path(data), progress)
    raise UserError(f"'{data}' is neither {' nor '.join(DATA)} nor a file", "data", "give mp or structures of your own")
