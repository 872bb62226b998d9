"""The page of latent diffusion, made from the raw results alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.compositions.twins import ROWS as TARGETS
from benchmarks.record import exchanged, line_of, number, table, with_spread, write_page
from matplotlib.figure import Figure

from sekkei.generate.materials import AIMED as USUAL
from sekkei.metrics.molecules import mean_and_spread

MOSES = ("valid", "unique@10000", "Novelty", "FCD/Test", "SNN/Test", "Scaf/Test", "IntDiv", "Filters")
AIMED = ("valid", "unique", "novelty", "diversity")
PLOT = "guidance.png"


def write(folder: Path) -> None:
    """Write ``RESULTS.md`` of what there is; the plot of guidance is drawn into the folder."""
    made = {"compositions": compositions, "molecules": partial(molecules, folder=folder), "crystals": crystals}
    paths = [(folder / "results" / f"{name}.json", part) for name, part in made.items()]
    raw_results = [(exchanged(json.loads(p.read_text(encoding="utf-8")), to_file=False), part)
                   for p, part in paths if p.is_file()]  # fmt: skip
    write_page(folder, "Latent diffusion", [part(result) for result, part in raw_results])


def molecules(result: dict[str, Any], folder: Path) -> str:
    made = {"raw": raw, "steps": steps, "doubt": doubt, "credit": credit, "edited": edited, "speed": speed}
    about = f"The autoencoder gives back {result['reconstructed']:.1%} of 2,000 held-out molecules token for token."
    parts = ["## Molecules", about, *(part(result[name]) for name, part in made.items() if name in result)]
    if "aimed" in result:
        parts.append(aimed(result["aimed"]))
        plot(result["aimed"]["ways"], folder / PLOT)
    return "\n\n".join(parts)


def crystals(result: dict[str, Any]) -> str:
    names = ("fit", "skeletons", "exact", "same", "hours")
    shown = table(["figure", "value"], [[name, f"{result[name]:.4g}"] for name in names])
    about = (
        f"{result['measured']:,} validation crystals by an autoencoder alone, of {result['parameters']:,} parameters, "
        f"that has seen {result['total']:,} descriptions of {result['shown']:,} training crystals, half of them "
        f"scrambled. Of the {result['size']} numbers of a vector {result['numbers']} are the free cell parameters and "
        "coordinates themselves; the others, found by the network, stand for the skeleton: space group, positions and "
        "elements. Fit: crystals with no more free coordinates than places. Skeletons: of those, the share that comes "
        "back. Exact: the whole crystal comes back, character for character. Same: by StructureMatcher."
    )
    return "\n\n".join(["## Crystals", f"{about} {result.get('stages', '')}".strip(), shown, line_of(result)])


def raw(part: dict[str, Any]) -> str:
    rows = [
        [name, str(len(runs)), *(with_spread(mean_and_spread(list(runs.values()))[figure]) for figure in MOSES)]
        for name, runs in part["ways"].items()
    ]
    ruled = " but where a grammar is named" if any("grammar" in name for name in part["ways"]) else ""
    about = (
        f"{part['n']:,} raw samples for each seed against the MOSES test set, none filtered, no token masked{ruled}. "
        "Mean ± standard deviation over the seeds. The GAN and the chapter's network learn vectors of 200,000 training "
        "molecules, the denoiser those of all; the chapter's has our average of weights:"
    )
    lines = [line_of({"circumstances": one}) for one in [*part["earlier"], part["circumstances"]]]
    return "\n\n".join(["### As they are", about, table(["way", "seeds", *MOSES], rows), *lines])


def steps(part: dict[str, Any]) -> str:
    slow = part["ways"]["DDPM 1,000"]
    rows = [
        [name, *(number(one[figure]) for figure in MOSES[:4]), f"{one['FCD/Test'] / slow['FCD/Test'] - 1:+.0%}",
         f"{one['seconds']:.0f}", f"{slow['seconds'] / one['seconds']:.1f}"]
        for name, one in part["ways"].items()
    ]  # fmt: skip
    headings = ["steps", *MOSES[:4], "FCD against DDPM", "seconds", "times faster"]
    about = f"{part['n']:,} raw samples of one seed (FCD falls with the number of samples):"
    return "\n\n".join(["### How many steps", about, table(headings, rows), line_of(part)])


def doubt(part: dict[str, Any]) -> str:
    figures = ("given back", *MOSES)
    rows = [[told, *(number(one[figure]) for figure in figures)] for told, one in part["told"].items()]
    about = (
        f"{part['n']:,} raw samples of one seed by how much noise the decoder is told that a vector holds [standard "
        "deviations]. The more, the more it goes by what it knows of molecules in general, and the less by the vector: "
        "given back is the share of 2,000 molecules of the MOSES test set that come back token for token from their "
        f"own vectors. What an encoder made is decoded at 0, what the denoiser made at {part['usual']:g}:"
    )
    return "\n\n".join(["### What the decoder is told", about, table(["told", *figures], rows), line_of(part)])


def credit(part: dict[str, Any]) -> str:
    rows = [
        [name, *(f"{mean(runs, 'mad'):.3f}" for runs in props.values()),
         f"{np.mean([mean(runs, 'valid') for runs in props.values()]):.3f}"]
        for name, props in part["ways"].items()
    ]  # fmt: skip
    names = list(next(iter(part["ways"].values())))
    about = (
        f"Which of the two networks is told the target: mean absolute deviation over three values of each property, "
        f"{part['n']:,} raw samples per value and seed, and the share that is valid:"
    )
    return "\n\n".join(["### Who aims", about, table(["told", *names, "valid"], rows), line_of(part)])


def edited(part: dict[str, Any]) -> str:
    every = part["molecules"]
    proposals, good, attempts, met = (
        sum(one[name] for one in every) for name in ("proposals", "good", "attempts", "good_attempts")
    )
    few = sum(one["proposals"] < part["proposals"] for one in every)
    text = (
        f"For each of {len(every)} molecules of the MOSES test set, {part['proposals']} proposals of `sekkei edit` "
        "with its usual settings and `--extrapolate`, logP to be one lower or one higher. Of eight attempts for each "
        "proposal it keeps those that are nearest by computed logP, all with a Tanimoto similarity of at least 0.4 to "
        f"the start. Inside ±0.4 of the target as well: {good / max(proposals, 1):.1%} of {proposals:,} proposals; "
        f"{few} molecules got fewer than asked, {sum(not one['good'] for one in every)} none that meets both. Of the "
        f"{attempts:,} different molecules among all attempts, before the best are taken: "
        f"{met / max(attempts, 1):.1%}. "
        f"{np.mean([one['seconds'] for one in every]):.1f} s a molecule."
    )
    return "\n\n".join(["### Editing", text, line_of(part)])


def speed(part: dict[str, Any]) -> str:
    rows = [[name, f"{rate:.0f}"] for name, rate in part["per_second"].items()]
    return "\n\n".join(["### Speed", table(["way", "molecules a second"], rows), line_of(part)])


def aimed(part: dict[str, Any]) -> str:
    rows = [
        [name, *(f"{deviation(props, prop):.3f}" for prop in props), *(f"{over_all(props, f):.3f}" for f in AIMED)]
        for name, props in part["ways"].items()
    ]
    props = list(next(iter(part["ways"].values())))
    about = (
        f"One target at a time, three values of each property, {part['n']:,} raw samples per value and seed: mean "
        "absolute deviation from the target by property, and means over all of the shares of valid, different and "
        "novel molecules and of IntDiv. Guidance is that of the decoder; the denoiser is told the target and walks "
        f"without any.\n\n![Accuracy against diversity]({PLOT})"
    )
    return "\n\n".join(["### One property asked for", about, table(["way", *props, *AIMED], rows), line_of(part)])


def deviation(props: dict[str, Any], prop: str) -> float:
    return float(np.mean([run["mad"] for runs in props[prop].values() for run in runs]))


def over_all(props: dict[str, Any], figure: str) -> float:
    return float(np.mean([run[figure] for values in props.values() for runs in values.values() for run in runs]))


def plot(ways: dict[str, Any], path: Path) -> None:
    """Deviation against diversity, one panel a property, a line through the guidance weights."""
    props: Sequence[str] = list(next(iter(ways.values())))
    figure = Figure(figsize=(4 * len(props), 3.6), layout="constrained")
    for axis, prop in zip(figure.subplots(1, len(props)), props, strict=True):
        line = [(spread(one[prop]), deviation(one, prop)) for name, one in ways.items() if name.startswith("diffusion")]
        axis.plot(*zip(*line, strict=True), "o-", label="diffusion")
        for name, one in ways.items():
            place = (spread(one[prop]), deviation(one, prop))
            if name.startswith("diffusion"):
                axis.annotate(name.rsplit(" ", 1)[1], place, xytext=(4, 4), textcoords="offset points", fontsize=8)
            else:
                axis.plot(*place, "s", label=name)
        axis.set(title=prop, xlabel="diversity (IntDiv)", ylabel="mean absolute deviation", ymargin=0.1)
        axis.set_ylim(bottom=0)
        axis.legend(fontsize=7)
    figure.suptitle("More guidance (numbers): nearer to the target, less diverse")
    figure.savefig(path, dpi=110)


def spread(values: dict[str, Any]) -> float:
    return float(np.mean([run["diversity"] for runs in values.values() for run in runs]))


def mean(runs: Sequence[dict[str, float]], figure: str) -> float:
    return float(np.mean([run[figure] for run in runs]))


def compositions(result: dict[str, Any]) -> str:
    columns = list(next(iter(result["raw"].values()))["free"][0])
    parts = ["## Compositions"]
    parts.append(
        f"The autoencoder gives back {result['reconstructed']:.1%} of 2,000 held-out compositions token for token. "
        f"{result['n']:,} raw samples per seed, no masks; in 1,000 steps {result['few']:,} of the first seed, so "
        "that more of them are different."
    )
    for kind in ("free", "told to balance"):
        rows = [
            [name, *(f"{mean(runs[kind], figure):.4g}" for figure in columns)] for name, runs in result["raw"].items()
        ]
        parts.append(f"{kind[0].upper()}{kind[1:]}:\n\n" + table(["way", *columns], rows))
    targets = [
        [row, *(" ".join((f"{mean(ways[row], 'inside'):.3f}", f"({mean(ways[row], 'unique'):.2f})"))
                for ways in result["targets"].values())]
        for row in TARGETS
    ]  # fmt: skip
    about = (
        f"Under targets, {result['aimed']:,} raw samples per seed, temperature {USUAL.temperature:g} and guidance "
        f"{USUAL.guidance:g}: share of unique novel samples inside the windows (share that is unique). Judges and "
        "generators share their labels here."
    )
    parts.append(about + "\n\n" + table(["target", *result["targets"]], targets))
    return "\n\n".join([*parts, line_of(result)])
