"""The autoencoder on the token sequences of crystals: how many validation crystals of MP-20 and MPTS-52 come back.

python -m benchmarks.diffusion.crystals --total 4000000 --threads 1
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from benchmarks.diffusion.page import write
from benchmarks.diffusion.skeletons import NUMBERS, line, numbers, skeleton
from benchmarks.record import circumstances, save
from numpy.typing import NDArray

from sekkei.core.types import Problem
from sekkei.data.crystals import KnownCrystals, known_crystals
from sekkei.data.encode import IGNORED, EncodedSet, pack
from sekkei.generate.sample import Sampling, sample_tokens
from sekkei.generate.write import SHARP
from sekkei.materials.codecs.wyckoff import WyckoffCodec, read_symmetric
from sekkei.materials.structures import groups
from sekkei.models.latent import Autoencoder, LatentConfig
from sekkei.train.course import Course, Tensors
from sekkei.train.latent import encoded, reconstruction
from sekkei.train.log import json_lines
from sekkei.train.log import line as log_line
from sekkei.train.loop import Plan, train

HERE = Path(__file__).parent
SIZE = 128
LONGEST = 106
"""Tokens of the skeleton of 52 sites, the most that a cell of MPTS-52 has, and the start."""
MEASURED = 4000
REPLACED = 8
"""Tokens of a skeleton that are replaced at most, on average, where it is scrambled."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--total", type=int, default=4_000_000, help="skeletons to see")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--noise", type=float, default=0.15)
    parser.add_argument("--work", type=Path, default=Path("build/crystal-autoencoder"))
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    asked.work.mkdir(parents=True, exist_ok=True)
    known, codec = known_crystals(), WyckoffCodec()
    shape = LatentConfig(codec.first["bar"], asked.width, 2, 3, 4, LONGEST + 1, SIZE - NUMBERS)
    data = skeletons(known, np.flatnonzero(~known.held_out), codec)
    network, plan = Autoencoder(shape), Plan(asked.total, batch=256, rate=3e-3, decay=0.6)
    log = json_lines(asked.work / "log.jsonl", lambda entry: print(log_line(entry, plan.total, "crystals"), flush=True))
    course = scrambled(reconstruction(data, np.arange(len(data)), shape, asked.noise), data)
    progress = train(network, course, plan, asked.work / "state.pt", log)
    rows = np.sort(np.random.default_rng(0).permutation(np.flatnonzero(known.held_out))[:MEASURED])
    result = {
        **measured(network.eval(), [known.texts[row][0] for row in rows], codec), "total": progress.seen,
        "noise": asked.noise, "hours": progress.seconds / 3600, "size": SIZE, "numbers": NUMBERS,
        "parameters": sum(p.numel() for p in network.parameters()),
        "shown": int((~known.held_out).sum()), "descriptions": len(data), "circumstances": circumstances(),
    }  # fmt: skip
    save(HERE, "crystals", result)
    write(HERE)


def skeletons(known: KnownCrystals, rows: NDArray[np.int64], codec: WyckoffCodec) -> EncodedSet:
    """Those of every description of some crystals that are short enough."""
    found = [skeleton(codec.encode(text), codec) for row in rows for text in known.texts[row]]
    short = [one for one in found if len(one) < LONGEST]
    return pack(short, np.empty((len(short), 0)))


def scrambled(course: Course, data: EncodedSet) -> Course:
    """Every second skeleton with up to so many of its tokens replaced by others of their kind, to be given back too.

    Crystals are few and their combinations many; an autoencoder that has only seen real ones learns them by heart. Of
    long ones with all tokens replaced no vector can hold what they say.
    """
    place = np.arange(len(data.tokens)) - np.repeat(data.offsets[:-1], data.lengths)
    kinds = [data.tokens[place == 0], *(data.tokens[(place > 0) & (place % 2 == half)] for half in (1, 0))]

    def make(batch: NDArray[np.int64], random: np.random.Generator) -> Tensors:
        tokens, labels, *rest = course.make(batch, random)
        most = np.minimum(1.0, REPLACED / data.lengths[batch])[:, None]
        share = most * random.random((len(batch), 1)) * (random.random((len(batch), 1)) < 0.5)
        shape = (len(batch), tokens.shape[1] - 1)
        chosen = torch.from_numpy(random.random(shape) < share)
        chosen &= labels[:, 1:] != IGNORED  # what follows is a token or the end: neither end nor padding is replaced
        other = np.empty(shape, dtype=np.int64)
        for kind, at in zip(kinds, (slice(0, 1), slice(1, None, 2), slice(2, None, 2)), strict=True):
            other[:, at] = random.choice(kind, size=other[:, at].shape)
        tokens[:, 1:] = torch.where(chosen, torch.from_numpy(other), tokens[:, 1:])
        labels[:, :-1] = torch.where(chosen, torch.from_numpy(other), labels[:, :-1])
        return tokens, labels, *rest

    return replace(course, make=make)


def measured(network: Autoencoder, texts: list[str], codec: WyckoffCodec) -> dict[str, float]:
    """What share of crystals comes back from vectors in single precision; those without places for all they are do not.

    Exact: character for character. Same: by StructureMatcher. Skeletons: of those that fit.
    """
    taken = [(skeleton(codec.encode(text), codec), numbers(text)) for text in texts]
    fits = [row for row, (one, kept) in enumerate(taken) if kept is not None and len(one) < LONGEST]
    short = pack([taken[row][0] for row in fits], np.empty((len(fits), 0)))
    vectors = encoded(network, short, np.arange(len(fits)))
    kept = np.array([taken[row][1] for row in fits], dtype=np.float32)
    randoms = np.random.default_rng(0).random((len(fits), LONGEST))
    again = sample_tokens(network.decoder, vectors.astype(float), randoms, Sampling(temperature=SHARP, grammar=False))
    found = [line(codec.decode(tokens), part) for tokens, part in zip(again, kept, strict=True)]
    pairs = [(one, texts[row]) for one, row in zip(found, fits, strict=True) if not isinstance(one, Problem)]
    exact = sum(one == text for one, text in pairs)
    return {
        "measured": len(texts), "fit": len(fits) / len(texts), "exact": exact / len(texts),
        "same": (exact + sum(one != text and matches(one, text) for one, text in pairs)) / len(texts),
        "skeletons": float(np.mean([one == taken[row][0] for one, row in zip(again, fits, strict=True)])),
    }  # fmt: skip


def matches(text: str, real: str) -> bool:
    read = [read_symmetric(one) for one in (text, real)]
    built = [one if isinstance(one, Problem) else one.crystal() for one in read]
    whole = [one for one in built if not isinstance(one, Problem)]
    return len(whole) == 2 and len(set(groups(whole))) == 1


if __name__ == "__main__":
    main()
