"""Compositions by latent diffusion beside other ways to make vectors for the same decoder, and beside the GPT.

python -m benchmarks.diffusion.compositions --model matdiffusion --beside matgpt

No masks anywhere. The judges of targets learn all labels, which the generators know too: the figures compare the ways,
and are no proof of what they find; that is in ``benchmarks/compositions/twins``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.compositions.run import figures
from benchmarks.compositions.twins import ROWS, shares
from benchmarks.diffusion.rivals import chapter_of, gan_of, prior_of, standardised
from benchmarks.record import circumstances, line_of, save, table

from sekkei.core.seeds import uniforms
from sekkei.core.types import Floats
from sekkei.data.compositions import known_compositions
from sekkei.data.encode import EncodedSet
from sekkei.generate.materials import AIMED, MaterialModel, load
from sekkei.generate.sample import Sampling
from sekkei.generate.write import decoded, normals, write_tokens
from sekkei.materials.novelty import KnownMaterials
from sekkei.models.diffusion import Walk
from sekkei.models.latent_diffusion import LatentDiffusion
from sekkei.predict.judge import judged_by
from sekkei.train.labels import filled, usable, written_out

HERE = Path(__file__).parent
Way = Callable[[Floats, int], list[str]]
"""Conditions (n, 4) and a seed to raw texts."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="matdiffusion", help="latent diffusion of compositions")
    parser.add_argument("--beside", default="matgpt")
    parser.add_argument("-n", type=int, default=10_000, help="raw samples per seed")
    parser.add_argument("--aimed", type=int, default=3000, help="raw samples per seed under each target")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--gan-steps", type=int, default=3000)
    parser.add_argument("--work", type=Path, default=Path("build/diffusion"))
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    model, beside = load(asked.model), load(asked.beside)
    known = usable(known_compositions())
    judge = judged_by(known)
    ways = ways_of(model, beside, written_out(filled(known, judge), model.codec), asked)
    everything = {item.formula for item in known.items}
    free, told = (np.tile([np.nan, np.nan, np.nan, charges], (asked.n, 1)) for charges in (np.nan, 1.0))
    result: dict[str, Any] = {"n": asked.n, "aimed": asked.aimed, "seeds": asked.seeds, "raw": {}, "targets": {}}
    for name, way in ways.items():
        result["raw"][name] = {
            kind: [raw(way, conditions, seed, model.known) for seed in asked.seeds]
            for kind, conditions in (("free", free), ("told to balance", told))
        }
        print(name, result["raw"][name]["told to balance"][0], flush=True)
    for name in (name for name in ways if name.startswith(("diffusion", asked.beside))):
        result["targets"][name] = {
            row: [
                shares(ways[name](under(wanted, asked.aimed), seed), wanted, judge, everything) for seed in asked.seeds
            ]
            for row, wanted in ROWS.items()
        }
    result |= {"circumstances": circumstances(model), "beside": beside.hash}
    result["reconstructed"] = model.training["reconstructed"]
    save(HERE, "compositions", result)
    (HERE / "compositions.md").write_text(page(result), encoding="utf-8")


def ways_of(model: MaterialModel, beside: MaterialModel, data: EncodedSet, asked: argparse.Namespace) -> dict[str, Way]:
    network = model.network
    if not isinstance(network, LatentDiffusion):
        raise SystemExit(f"{model.name} is no diffusion model")
    rows = np.arange(len(data))
    real = standardised(network, data, rows)
    asked.work.mkdir(parents=True, exist_ok=True)
    state, seen = asked.work / f"chapter-{model.hash}.pt", model.training["denoised"]
    chapter = chapter_of(network, real, data.values, seen, state)
    vectors = {"prior of the autoencoder": prior_of(network), "latent GAN": gan_of(network, real, asked.gan_steps),
               "the chapter's network, DDPM 1,000": chapter}  # fmt: skip

    def written(source: Any) -> Way:
        def way(conditions: Floats, seed: int) -> list[str]:
            randoms = uniforms(seed, 0, len(conditions), model.longest)
            tokens = decoded(network, source(conditions, seed), randoms, Sampling(grammar=False), None)
            return [model.codec.decode(one) for one in tokens]

        return way

    def all_steps(conditions: Floats, seed: int) -> Floats:
        noise = torch.from_numpy(normals(seed, 0, len(conditions), network.config.denoiser.size)).float()
        walked = network.new(noise, torch.from_numpy(conditions).float(), Walk(1000, method="ddpm"))
        return np.asarray(walked.double().numpy())

    return {
        "diffusion, DDIM 50": of(model),
        "diffusion, DDIM 20": of(model, 20),
        "diffusion, DDPM 1,000": written(all_steps),
        **{name: written(source) for name, source in vectors.items()},
        asked.beside: of(beside),
    }


def of(one: MaterialModel, steps: int = 50) -> Way:
    def way(conditions: Floats, seed: int) -> list[str]:
        under_targets = bool(np.isfinite(conditions[:, :-1]).any())
        settings = replace(AIMED if under_targets else Sampling(), grammar=False, steps=steps)
        tokens = write_tokens(one.network, conditions, seed, 0, one.longest, settings, None)
        return [one.codec.decode(line) for line in tokens]

    return way


def raw(way: Way, conditions: Floats, seed: int, known: KnownMaterials) -> dict[str, float]:
    started = time.perf_counter()
    texts = way(conditions, seed)
    return figures(texts, time.perf_counter() - started, known)


def under(wanted: Sequence[float], n: int) -> Floats:
    return np.tile([*wanted, np.nan], (n, 1))


def mean(runs: Sequence[dict[str, float]], figure: str) -> float:
    return float(np.mean([run[figure] for run in runs]))


def page(result: dict[str, Any]) -> str:
    columns = list(next(iter(result["raw"].values()))["free"][0])
    parts = ["# Compositions by latent diffusion"]
    parts.append(
        f"The autoencoder gives back {result['reconstructed']:.1%} of 2,000 held-out compositions token for token. "
        f"{result['n']:,} raw samples per seed, no masks."
    )
    for kind in ("free", "told to balance"):
        rows = [
            [name, *(f"{mean(runs[kind], figure):.4g}" for figure in columns)] for name, runs in result["raw"].items()
        ]
        parts.append(f"{kind[0].upper()}{kind[1:]}:\n\n" + table(["way", *columns], rows))
    targets = [
        [row, *(" ".join((f"{mean(ways[row], 'inside'):.3f}", f"({mean(ways[row], 'unique'):.2f})"))
                for ways in result["targets"].values())]
        for row in ROWS
    ]  # fmt: skip
    about = (
        f"Under targets, {result['aimed']:,} raw samples per seed, temperature {AIMED.temperature:g} and guidance "
        f"{AIMED.guidance:g}: share of unique novel samples inside the windows (share that is unique). Judges and "
        "generators share their labels here."
    )
    parts.append(about + "\n\n" + table(["target", *result["targets"]], targets))
    return "\n\n".join([*parts, line_of(result)]) + "\n"


if __name__ == "__main__":
    main()
