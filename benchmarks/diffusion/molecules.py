"""Molecules by latent diffusion beside other ways to make vectors for the same decoder, and beside the GPT.

python -m benchmarks.diffusion.molecules --parts raw steps doubt credit aimed edited speed
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.conditional.run import TARGETS
from benchmarks.diffusion.page import write
from benchmarks.diffusion.told import credit, doubt, off, test_molecules
from benchmarks.diffusion.ways import ALL_STEPS, CHAPTER, GAN, every_step, of, ways_of
from benchmarks.record import circumstances, exchanged, sampling_options, save
from rdkit import Chem

from sekkei.core.types import Floats, Problem
from sekkei.data.encode import EncodedSet, pack
from sekkei.data.prepare import prepare
from sekkei.generate.edit import TRIES, Analogue, Edit, analogues
from sekkei.generate.model import Model, load
from sekkei.generate.sample import AIMED
from sekkei.metrics.molecules import set_metrics
from sekkei.metrics.parallel import processes
from sekkei.metrics.reference import moses_filters, moses_reference
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.properties import table as properties_of

HERE = Path(__file__).parent
PARTS = ("raw", "steps", "doubt", "credit", "aimed", "edited", "speed")
GUIDANCE = (1.0, 1.5, 2.0, 3.0, 5.0)
SHOWN_TO_RIVALS = 200_000
RULED = "under the grammar of SMILES:"
SHIFT, WINDOW, ALIKE, PROPOSALS = 1.0, 0.4, 0.4, 50


def main() -> None:
    parser = sampling_options(__doc__, 30_000, "raw samples per seed")
    parser.set_defaults(model="moldiffusion")
    parser.add_argument("--beside", default="moses")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--few", type=int, default=10_000, help="raw samples where DDPM walks all its steps")
    parser.add_argument("--aimed", type=int, default=2000, help="raw samples per target value, guidance and seed")
    parser.add_argument("--edited", type=int, default=200, help="molecules to edit")
    parser.add_argument("--gan-steps", type=int, default=10_000)
    parser.add_argument("--work", type=Path, default=Path("build/diffusion"))
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    model, beside = load(asked.model), load(asked.beside)
    path = HERE / "results" / "molecules.json"
    result = kept(path, model)
    whole = {"beside": beside.hash, "reconstructed": model.training["reconstructed"], "model": model.hash}

    def keep(part: str, found: dict[str, Any]) -> None:
        where = circumstances(model)
        result.update({part: {**found, "circumstances": where}, "circumstances": where, **whole})
        save(HERE, "molecules", result)

    with processes(asked.workers) as pool:
        for part in asked.parts:
            if part == "raw":
                raw(model, beside, asked, pool, result.get(part, {}), partial(keep, part))
            else:
                keep(part, MEASURED[part](model, beside, asked, pool))
    write(HERE)


def kept(path: Path, model: Model) -> dict[str, Any]:
    """What was measured of this very model before."""
    before = exchanged(json.loads(path.read_text(encoding="utf-8")), to_file=False) if path.is_file() else {}
    return before if before.get("model") == model.hash else {}


def learned(model: Model) -> EncodedSet:
    known = prepare(["moses"])
    chosen = np.sort(np.random.default_rng(0).permutation(len(known.smiles))[:SHOWN_TO_RIVALS])
    values = np.asarray(known.values, dtype=float)[chosen]
    return pack(model.codec.encode_all([known.smiles[row] for row in chosen]), values)


def raw(
    model: Model, beside: Model, asked: argparse.Namespace, pool: Executor | None, before: dict[str, Any],
    keep: Callable[[dict[str, Any]], None],
) -> None:  # fmt: skip
    """The figures of MOSES for every way that is not too slow for it; what an earlier run has measured stays."""
    ruled = {
        f"{RULED} DDIM 50": of(model, AIMED, model.grammar),
        f"{RULED} {asked.beside}": of(beside, AIMED, beside.grammar),
    }
    ways = ways_of(model, lambda: learned(model), AIMED, asked) | {asked.beside: of(beside, AIMED), **ruled}
    references = {"Test": moses_reference("test")}
    free = np.full((asked.n, len(model.properties)), np.nan)
    goes_on = before.get("n") == asked.n
    found = before["ways"] if goes_on else {}
    earlier = [*before.get("earlier", []), before["circumstances"]] if goes_on else []
    last = (GAN, CHAPTER)  # they have to learn first
    for name in sorted(set(ways) - {ALL_STEPS}, key=lambda one: (one in last, list(ways).index(one))):
        runs = found.setdefault(name, {})
        for seed in asked.seeds[:1] if name == CHAPTER else asked.seeds:
            if str(seed) not in runs:
                texts = ways[name](free, seed)
                runs[str(seed)] = set_metrics(texts, references, model.known, moses_filters(), pool)
                print(name, seed, runs[str(seed)], flush=True)
                keep({"n": asked.n, "seeds": asked.seeds, "ways": found, "earlier": earlier})


def steps(model: Model, _beside: Model, asked: argparse.Namespace, pool: Executor | None) -> dict[str, Any]:
    """How many steps it takes: DDIM in 10 to 100 and DDPM in all, with one seed."""
    ways = {f"DDIM {count}": of(model, replace(AIMED, steps=count)) for count in (10, 20, 50, 100)}
    ways["DDPM 1,000"] = every_step(model)
    references, seed = {"Test": moses_reference("test")}, asked.seeds[0]
    free = np.full((asked.few, len(model.properties)), np.nan)
    found: dict[str, Any] = {}
    for name, way in ways.items():
        started = time.perf_counter()
        texts = way(free, seed)
        seconds = time.perf_counter() - started
        figures = set_metrics(texts, references, model.known, moses_filters(), pool)
        found[name] = {**figures, "seconds": seconds}
        print(name, found[name], flush=True)
    return {"n": asked.few, "seeds": [seed], "ways": found}


def aimed(model: Model, beside: Model, asked: argparse.Namespace, pool: Executor | None) -> dict[str, Any]:
    """How far off molecules are from one target at a time, by guidance."""
    ways = {f"diffusion, guidance {g:g}": of(model, replace(AIMED, temperature=1, guidance=g)) for g in GUIDANCE}
    ways[f"{asked.beside}, guidance 1"] = of(beside, replace(AIMED, temperature=1, guidance=1))
    ways[f"{asked.beside}, usual"] = of(beside, AIMED)
    found: dict[str, Any] = {}
    for name, way in ways.items():
        found[name] = {
            prop: {f"{value:g}": [off(model, way, prop, value, seed, asked.aimed, pool) for seed in asked.seeds]
                   for value in values}
            for prop, values in TARGETS.items()
        }  # fmt: skip
        print(name, found[name]["logp"]["2"][0], flush=True)
    return {"n": asked.aimed, "seeds": asked.seeds, "ways": found}


def edited(model: Model, _beside: Model, asked: argparse.Namespace, _pool: Executor | None) -> dict[str, Any]:
    """Fifty proposals for each of so many MOSES test molecules, logP to be shifted by one up or down."""
    rows = []
    for number, smiles in enumerate(test_molecules(asked.edited)):
        start = float(properties_of([mol_of(smiles)])[0][model.properties.index("logp")])
        wanted = start + (SHIFT if number % 2 else -SHIFT)
        target = f"logp={wanted:.3f}±{WINDOW}"
        began = time.perf_counter()
        found = analogues(model, smiles, PROPOSALS, target, 0, Edit(extrapolate=True)).analogues
        seconds = time.perf_counter() - began
        how = Edit(least=0.0, extrapolate=True)
        every = analogues(model, smiles, PROPOSALS * TRIES, target, 0, how, tries=1).analogues
        rows.append({
            "start": smiles, "logp": start, "wanted": wanted, "seconds": seconds, "proposals": len(found),
            "good": sum(met(one, wanted) for one in found), "attempts": len(every),
            "good_attempts": sum(met(one, wanted) for one in every),
        })  # fmt: skip
    return {"proposals": PROPOSALS, "molecules": rows}


def met(one: Analogue, wanted: float) -> bool:
    return abs(dict(one.values)["logp"] - wanted) <= WINDOW and one.similarity >= ALIKE


def mol_of(smiles: str) -> Chem.Mol:
    mol = MOLECULES.parse(smiles)
    if isinstance(mol, Problem):
        raise SystemExit(f"{smiles}: {mol.message}")
    return mol


def speed(model: Model, _beside: Model, _asked: argparse.Namespace, _pool: Executor | None) -> dict[str, Any]:
    """Molecules a second in 20 and 50 steps, alone and under a target with guidance."""
    free = np.full((4096, len(model.properties)), np.nan)
    told: Floats = free.copy()
    told[:, model.properties.index("logp")] = 2.5
    found = {}
    for count in (20, 50):
        for name, conditions in (("free", free), ("under a target", told)):
            way = of(model, replace(AIMED, steps=count))
            way(conditions[:256], 1)
            started = time.perf_counter()
            texts = way(conditions, 0)
            found[f"{count} steps, {name}"] = len(texts) / (time.perf_counter() - started)
    print(found, flush=True)
    return {"n": len(free), "per_second": found}


MEASURED = {"steps": steps, "doubt": doubt, "credit": credit, "aimed": aimed, "edited": edited, "speed": speed}


if __name__ == "__main__":
    main()
