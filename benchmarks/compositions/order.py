"""Does a generator of compositions learn better from one order of the elements or from all of them?

python -m benchmarks.compositions.order --total 600000

Two networks of the shipped shape are trained alike on the same compositions, a tenth of the chemical systems kept out;
the one sees the cations first as the codec writes them, the other a random order at every look. Both are sampled
without masks.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.compositions.run import sampled
from benchmarks.compositions.twins import recovery
from benchmarks.record import circumstances, line_of, number, save, table
from numpy.typing import NDArray
from torch import Tensor

from sekkei.data.compositions import KnownCompositions, by_system, known_compositions
from sekkei.data.encode import EncodedSet, pack
from sekkei.generate.materials import load
from sekkei.generate.sample import Sampling
from sekkei.materials.codecs.composition import CompositionCodec
from sekkei.materials.constraints import MOST_ELEMENTS, Constraints
from sekkei.train.course import Present, next_tokens, presented
from sekkei.train.labels import usable, written_out
from sekkei.train.log import json_lines
from sekkei.train.loop import Plan, Progress, held_out_nats, train
from sekkei.train.materials import SIZE, finish, new_network
from sekkei.train.run import Run

HERE = Path(__file__).parent
HELD_OUT = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--total", type=int, default=600_000, help="compositions each network sees")
    parser.add_argument("-n", type=int, default=20_000, help="samples")
    parser.add_argument("--recover", type=int, default=200_000, help="samples for the recovery")
    parser.add_argument("--work", type=Path, default=Path("build/order"))
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    known = usable(known_compositions())
    left_out = by_system(known.items, 0.1, HELD_OUT)
    ways: dict[str, Present] = {"cations first": presented, "random order": shuffled}
    result: dict[str, Any] = {"n": asked.n, "total": asked.total, "recover": asked.recover, "seeds": [0]}
    result["ways"] = {name: measured(name, known, left_out, present, asked) for name, present in ways.items()}
    save(HERE / "order", "order", {"circumstances": circumstances(), **result})
    page = text(result | {"circumstances": circumstances()})
    (HERE / "order" / "RESULTS.md").write_text(page, encoding="utf-8")


def shuffled(data: EncodedSet, rows: NDArray[np.int64], random: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """The sequences with their pairs of element and amount in a random order."""
    pairs = [data.tokens[data.offsets[row] : data.offsets[row + 1]].reshape(-1, 2) for row in rows]
    moved = [random.permutation(one).ravel().tolist() for one in pairs]
    return presented(pack(moved, data.values[rows].astype(float)), np.arange(len(rows)), random)


def measured(
    name: str, known: KnownCompositions, left_out: NDArray[np.bool_], present: Present, asked: argparse.Namespace
) -> dict[str, float]:
    codec = CompositionCodec.standard()
    encoded = written_out(known, codec)
    rows = np.flatnonzero(~left_out)
    torch.manual_seed(0)
    network = new_network(encoded, rows, codec, SIZE, None)
    network.drop(0.1)
    out = asked.work / name.replace(" ", "-")
    out.mkdir(parents=True, exist_ok=True)
    log = json_lines(out / "log.jsonl", lambda entry: print(name, entry, flush=True))
    plan = Plan(asked.total)
    progress = train(network, next_tokens(encoded, rows, present), plan, out / "state.pt", log)
    nats = held_out_nats(network.eval(), encoded, np.flatnonzero(left_out))
    seen = known.of(rows)
    record = {
        **Run("mp", plan, None).record(progress, Progress(), 0.0),
        "sources": known.sources,
        "held_out": int(left_out.sum()),
        "held_out_nats": nats,
        "longest": 2 * MOST_ELEMENTS + 1,
    }
    finish(out, network, codec, seen, record)
    model = load(out)
    alone = Sampling(grammar=False)
    figures = sampled(model, asked.n, 0, alone, Constraints(profile="none"))
    found = recovery(model, [known.items[row].formula for row in np.flatnonzero(left_out)], asked.recover, alone)
    return {**figures, "recovered": found["recovered"]}


def text(result: dict[str, Any]) -> str:
    ways = result["ways"]
    rows = [[figure, *(number(way[figure]) for way in ways.values())] for figure in next(iter(ways.values()))]
    about = (
        f"Two networks, {result['total']:,} compositions seen by each, not refined. {result['n']:,} samples without "
        "masks or targets; recovered: share of the compositions of unseen chemical systems among "
        f"{result['recover']:,} samples."
    )
    return "\n\n".join(["# The order of the elements", about, table(["figure", *ways], rows), line_of(result)]) + "\n"


if __name__ == "__main__":
    main()
