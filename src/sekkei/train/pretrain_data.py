"""What each encoder is pre-trained on, and the whole runs: ``sekkei pretrain``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.data.compositions import by_system, every_composition
from sekkei.data.encoders import composition_sequences, element_traits, rewritten
from sekkei.data.own_compositions import compositions_of
from sekkei.data.sequences import Sequences
from sekkei.data.views import USUAL, Changes, changed
from sekkei.materials.formula import Composition
from sekkei.models.chemberta import ChemBERTa
from sekkei.models.matbert import MatBERT, MatBERTConfig
from sekkei.train.loop import Plan
from sekkei.train.place import check_place
from sekkei.train.pretrain import Arrays, Material, pretrain
from sekkei.train.recipes import CODEC_SAMPLE, Size, read_smiles
from sekkei.train.run import Run

OWN = "mp"
"""Name of the union of all tables of compositions in the data folder."""

HELD_OUT = 0.05
"""Share of the chemical systems, or of the molecules, by which an encoder is judged."""

FEWEST = 20
"""Fewest different structures an encoder is pre-trained on."""

MOST_ELEMENTS = 12
"""Compositions of more elements are left out of pre-training: hardly any, and mostly misread."""

CHEMBERTA = Size(vocabulary=512, width=256, layers=4, heads=4)
"""Shape of the shipped ChemBERTa: 3.3 million parameters."""


def matbert_config(*, blank: bool = False) -> MatBERTConfig:
    """Shape of the shipped MatBERT, 0.8 million parameters; a blank one is told nothing of the elements."""
    return MatBERTConfig(traits=0 if blank else element_traits().shape[1])


def pretrain_materials(
    data: str,
    tasks: Sequence[str],
    out: Path,
    plan: Plan,
    *,
    resume: bool = False,
    config: MatBERTConfig | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Pre-train MatBERT: read → encode → train → save.

    Args:
        data: ``mp`` for the tables of the data folder, or a file of formulas. Labels are not read.
        tasks: ``masked``, ``contrastive`` or both.
        out: folder of the encoder.
        plan: how long and how fast.
        resume: go on with an unfinished run in ``out``.
        config: shape of the network, that of :func:`matbert_config` where None.
        say: called with one line per log entry.

    Returns:
        The folder.

    Raises:
        UserError: unreadable data, ``out`` holds a run and ``resume`` is not set, or another run than this one.
    """
    check_place(out, resume=resume)
    items, sources, unread = _compositions(data, say)
    run = Run(data, plan, None, ",".join(tasks), unread)
    run.begin(out, len(items))
    shape = config or matbert_config()
    network = MatBERT(shape, torch.from_numpy(element_traits()) if shape.traits else None)
    return pretrain(network, composition_material(items, sources), tasks, out, plan, run, say)


def composition_material(items: Sequence[Composition], sources: Sequence[str], how: Changes = USUAL) -> Material:
    """Compositions with their views; whole chemical systems are held out."""
    encoded = composition_sequences(items)

    def plain(rows: NDArray[np.int64], _random: np.random.Generator) -> Arrays:
        return encoded.arrays(rows)

    def view(rows: NDArray[np.int64], random: np.random.Generator) -> Arrays:
        return changed(*encoded.arrays(rows), how, random)

    return Material(encoded, by_system(items, HELD_OUT, seed=0), plain, view, "compositions", sources)


def pretrain_molecules(
    data: str,
    tasks: Sequence[str],
    out: Path,
    plan: Plan,
    *,
    resume: bool = False,
    size: Size = CHEMBERTA,
    say: Callable[[str], None] = print,
) -> Path:
    """Pre-train ChemBERTa: read → clean → learn tokens → train → save.

    Args:
        data: known data sets separated by commas, such as ``moses,zinc250k``, or a file of SMILES.
        tasks: ``masked``, ``contrastive`` or both.
        out: folder of the encoder, in the hub's format.
        plan: how long and how fast.
        resume: go on with an unfinished run in ``out``.
        size: shape of the network.
        say: called with one line per log entry.

    Returns:
        The folder.

    Raises:
        UserError: unreadable data, ``out`` holds a run and ``resume`` is not set, or another run than this one.
    """
    smiles, sources, run = begun(data, tasks, out, plan, say, resume=resume)
    network = ChemBERTa.fresh(smiles[:CODEC_SAMPLE], size.vocabulary, size.width, size.layers, size.heads)
    return pretrain(network, molecule_material(network, smiles, sources), tasks, out, plan, run, say)


def begun(
    data: str, tasks: Sequence[str], out: Path, plan: Plan, say: Callable[[str], None], *, resume: bool
) -> tuple[list[str], list[str], Run]:
    """The SMILES to learn from, whose data they are, and the run that begins, or goes on, in ``out``.

    Raises:
        UserError: unreadable data, ``out`` holds a run and ``resume`` is not set, or another run than this one.
    """
    check_place(out, resume=resume)
    smiles, sources, unread = read_smiles(data, say)
    _check_enough(len(smiles), data)
    run = Run(data, plan, None, ",".join(tasks), unread)
    run.begin(out, len(smiles))
    return smiles, sources, run


def molecule_material(network: ChemBERTa, smiles: Sequence[str], sources: Sequence[str]) -> Material:
    """Molecules, each shown as another SMILES every time."""
    encoded = Sequences.of(network.tokens(smiles), network.pad)

    def view(rows: NDArray[np.int64], random: np.random.Generator) -> Arrays:
        return rewritten(network, [smiles[row] for row in rows], random).arrays(np.arange(len(rows)))

    held_out = np.random.default_rng(0).random(len(smiles)) < HELD_OUT
    return Material(encoded, held_out, view, view, "molecules", sources)


def _check_enough(count: int, data: str) -> None:
    if count < FEWEST:
        what = f"leaves {count} different structures to train on"
        raise UserError(what, data, f"give {FEWEST} or more; an encoder that is worth it has seen thousands")


def _compositions(data: str, say: Callable[[str], None]) -> tuple[list[Composition], list[str], int]:
    say("reading compositions")
    unread = 0
    if data == OWN:
        items, sources = every_composition()
    elif Path(data).is_file():
        known = compositions_of(Path(data), say)
        items, sources, unread = known.items, known.sources, len(known.unread)
    else:
        raise UserError(f"'{data}' is neither '{OWN}' nor a file", "data", f"give {OWN} or a file of formulas")
    kept = [item for item in items if len(item.amounts) <= MOST_ELEMENTS]
    if len(kept) < len(items):
        say(f"{len(items) - len(kept):,} compositions of more than {MOST_ELEMENTS} elements are left out")
    _check_enough(len(kept), data)
    return kept, sources, unread
