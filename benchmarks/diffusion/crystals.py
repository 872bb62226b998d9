"""The autoencoder on the token sequences of crystals: how many validation crystals of MP-20 and MPTS-52 come back.

python -m benchmarks.diffusion.crystals --total 1000000
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from benchmarks.diffusion.page import write
from benchmarks.record import circumstances, save
from numpy.typing import NDArray

from sekkei.core.types import Problem
from sekkei.data.crystals import known_crystals
from sekkei.data.encode import IGNORED, EncodedSet
from sekkei.generate.sample import Sampling, sample_tokens
from sekkei.generate.write import SHARP
from sekkei.materials.codecs.wyckoff import WyckoffCodec, read_symmetric
from sekkei.materials.structures import groups
from sekkei.models.latent import Autoencoder, LatentConfig
from sekkei.train.course import Course, Tensors
from sekkei.train.latent import encoded, reconstruction
from sekkei.train.lines import lines_of
from sekkei.train.log import json_lines, line
from sekkei.train.loop import Plan, train

HERE = Path(__file__).parent
LONGEST = 224
MEASURED = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--total", type=int, default=1_000_000, help="descriptions of crystals to see")
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--size", type=int, default=128, help="of the vectors")
    parser.add_argument("--noise", type=float, default=0.15)
    parser.add_argument("--work", type=Path, default=Path("build/crystal-autoencoder"))
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    asked.work.mkdir(parents=True, exist_ok=True)
    known, codec = known_crystals(), WyckoffCodec()
    lines, fits = lines_of(known, codec, LONGEST)
    held_out = known.held_out[fits]
    shown = np.flatnonzero(np.repeat(~held_out, np.diff(lines.first)))
    shape = LatentConfig(codec.size, asked.width, 3, 4, 6, LONGEST + 2, asked.size)
    network, plan = Autoencoder(shape), Plan(asked.total, batch=128, rate=3e-3)
    log = json_lines(asked.work / "log.jsonl", lambda entry: print(line(entry, plan.total, "crystals"), flush=True))
    course = scrambled(reconstruction(lines.others, shown, shape, asked.noise), lines.others.tokens)
    progress = train(network, course, plan, asked.work / "state.pt", log)
    rows = np.sort(np.random.default_rng(0).permutation(np.flatnonzero(held_out))[:MEASURED])
    result = {
        **measured(network.eval(), lines.encoded, rows, codec), "total": progress.seen, "noise": asked.noise,
        "hours": progress.seconds / 3600, "measured": len(rows), "size": asked.size,
        "parameters": sum(p.numel() for p in network.parameters()),
        "shown": int((~held_out).sum()), "descriptions": len(shown), "circumstances": circumstances(),
    }  # fmt: skip
    save(HERE, "crystals", result)
    write(HERE)


def scrambled(course: Course, every: NDArray[np.int16]) -> Course:
    """Every second line with some of its tokens replaced by others of the data, to be given back all the same.

    Crystals are few and their coordinates many; an autoencoder that has only seen real lines learns them by heart.
    """

    def make(batch: NDArray[np.int64], random: np.random.Generator) -> Tensors:
        tokens, labels, *rest = course.make(batch, random)
        share = random.random((len(batch), 1)) * (random.random((len(batch), 1)) < 0.5)
        chosen = torch.from_numpy(random.random((len(batch), tokens.shape[1] - 1)) < share)
        chosen &= labels[:, 1:] != IGNORED  # what follows is a token or the end: neither end nor padding is replaced
        other = torch.from_numpy(random.choice(every, size=chosen.shape).astype(np.int64))
        tokens[:, 1:] = torch.where(chosen, other, tokens[:, 1:])
        labels[:, :-1] = torch.where(chosen, other, labels[:, :-1])
        return tokens, labels, *rest

    return replace(course, make=make)


def measured(network: Autoencoder, data: EncodedSet, rows: np.ndarray, codec: WyckoffCodec) -> dict[str, float]:
    vectors = encoded(network, data, rows).astype(float)
    randoms = np.random.default_rng(0).random((len(vectors), LONGEST + 1))
    again = sample_tokens(network.decoder, vectors, randoms, Sampling(temperature=SHARP, grammar=False))
    real = [[int(token) for token in data.sequence(row)] for row in rows]
    pairs = list(zip(again, real, strict=True))
    alike = [np.mean([a == b for a, b in zip(one, other, strict=False)] + [False] * abs(len(one) - len(other)))
             for one, other in pairs]  # fmt: skip
    same = [one == other or matches(codec.decode(one), codec.decode(other)) for one, other in pairs]
    return {
        "exact": float(np.mean([one == other for one, other in pairs])), "tokens": float(np.mean(alike)),
        "same": float(np.mean(same)),
    }  # fmt: skip


def matches(text: str, real: str) -> bool:
    read = [read_symmetric(one) for one in (text, real)]
    built = [one if isinstance(one, Problem) else one.crystal() for one in read]
    whole = [one for one in built if not isinstance(one, Problem)]
    return len(whole) == 2 and len(set(groups(whole))) == 1


if __name__ == "__main__":
    main()
