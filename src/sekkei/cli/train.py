"""``sekkei train``: the recipe that made the shipped model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from sekkei.cli.output import EXIT_INTERRUPTED, Json, print_json, say
from sekkei.core.errors import EXIT_OK, UserError, did_you_mean

if TYPE_CHECKING:
    from sekkei.core.types import Floats
    from sekkei.materials.codecs.composition import CompositionCodec
    from sekkei.models.latent_diffusion import LatentDiffusion
    from sekkei.train.loop import Plan
    from sekkei.train.rules import Manners
    from sekkei.train.run import Run
    from sekkei.train.subject import Subject

_MATERIALS = {"composition": (3_200_000, 256, 1400, 150), "crystal": (1_000_000, 128, 160, 200)}
"""Materials to see, materials per step, steps of refinement and steps of learning what masks forbid, by level."""

_VARIETY, _AGAIN = 0.01, 128
_REFINED, _PAID = 1500, 0.03  # steps and price of refinement of molecules
_RULES_RATE = 3e-4

Kind = Annotated[str, typer.Option(help="gpt writes token by token, diffusion makes vectors for a decoder.")]
Denoise = Annotated[int, typer.Option(min=1, help="Diffusion: noisy vectors that the denoiser sees.")]
_DENOISE = {"molecules": 12_000_000, "materials": 6_000_000}

app = typer.Typer(help="Train a model.", no_args_is_help=True)


@app.command()
def molecules(
    data: Annotated[str, typer.Option(help="A data set, the union 'druglike', or a file of SMILES.")],
    out: Annotated[Path, typer.Option(help="Folder of the model.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the unfinished run in --out.")] = False,
    start: Annotated[str | None, typer.Option(help="Model to start from: a shipped one or a folder.")] = None,
    total: Annotated[int, typer.Option(help="Molecules to see, repetitions counted.")] = 6_000_000,
    batch: Annotated[int, typer.Option(help="Molecules per step.")] = 256,
    rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 3e-3,
    refine: Annotated[
        int | None, typer.Option(min=0, help="Steps of refinement on molecules of its own. [default: 1500]")
    ] = None,
    variety: Annotated[
        float | None,
        typer.Option(min=0, help="What refinement pays for each nat an own molecule was unexpected. [default: 0.03]"),
    ] = None,
    kept: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Share of the weights of --start that the result keeps. [default: 0]"),
    ] = None,
    kind: Kind = "gpt",
    denoise: Denoise = _DENOISE["molecules"],
    seed: Annotated[int, typer.Option(help="Order of the data and first weights.")] = 0,
    as_json: Json = False,
) -> int:
    """Read, clean, label, encode, train and save. A run that was stopped goes on with --resume."""
    if _diffusion(kind, refine=refine, variety=variety, kept=kept):
        from sekkei.train.recipes import molecules_to_learn

        return _latent(molecules_to_learn, data, out, Pace(total, batch, rate, denoise, seed, start), resume, as_json)
    from sekkei.generate.model import load
    from sekkei.generate.sample import plain_samples
    from sekkei.train.loop import Plan
    from sekkei.train.recipes import train_molecules
    from sekkei.train.refine import Refinement

    plan = Plan(total=total, batch=batch, rate=rate, seed=seed)
    steps, paid = _REFINED if refine is None else refine, _PAID if variety is None else variety
    refinement = Refinement(steps, variety=paid, seed=seed)
    before = load(start).folder if start else None
    try:
        train_molecules(
            data, out, plan, resume=resume, start=before,
            refinement=refinement, write=plain_samples, kept=kept or 0.0, say=say,
        )  # fmt: skip
    except KeyboardInterrupt:
        return _stopped(out)
    return _trained(out, as_json)


@app.command()
def materials(
    out: Annotated[Path, typer.Option(help="Folder of the model.")],
    level: Annotated[str, typer.Option(help="What the model writes: crystal or composition.")] = "crystal",
    data: Annotated[
        str,
        typer.Option(
            help="'mp', or a file of formulas with columns of labels; for crystals also 'mp-all' (with the "
            "validation splits), or a file or folder of structures."
        ),
    ] = "mp",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the unfinished run in --out.")] = False,
    start: Annotated[str | None, typer.Option(help="Model to start from: a shipped one or a folder.")] = None,
    total: Annotated[
        int | None, typer.Option(help="Materials to see, repetitions counted. [default: 3200000; crystals 1000000]")
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Materials per step. [default: 256; crystals 128]")] = None,
    rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 3e-3,
    refine: Annotated[
        int | None, typer.Option(min=0, help="Steps of refinement on its own samples. [default: 1400; crystals 160]")
    ] = None,
    variety: Annotated[
        float | None,
        typer.Option(
            min=0, help="What refinement pays for each nat a sample was unexpected. [default: 0.01; crystals 0]"
        ),
    ] = None,
    rules: Annotated[
        int | None,
        typer.Option(min=0, help="Steps at the end that teach what the masks forbid. [default: 150; crystals 200]"),
    ] = None,
    kind: Kind = "gpt",
    denoise: Denoise = _DENOISE["materials"],
    seed: Annotated[int, typer.Option(help="Order of the data and first weights.")] = 0,
    as_json: Json = False,
) -> int:
    """Read, encode, train and save a generator of compositions or crystals. A stopped run goes on with --resume."""
    from sekkei.generate.sample import plain_samples, ruled_samples
    from sekkei.generate.shelf import load
    from sekkei.predict.judge import judged_by
    from sekkei.train.crystals import train_crystals
    from sekkei.train.loop import Plan
    from sekkei.train.materials import compositions_to_learn, train_compositions
    from sekkei.train.refine import Refinement

    if level not in _MATERIALS:
        raise UserError(f"cannot train '{level}'", "--level", "composition and crystal are what there is")
    usual_total, usual_batch, usual_steps, usual_rules = _MATERIALS[level]
    total, batch = usual_total if total is None else total, usual_batch if batch is None else batch
    if _diffusion(kind, refine=refine, variety=variety, rules=rules):
        if level != "composition":
            raise UserError("diffusion writes compositions, not crystals", "--kind", "add --level composition")
        learned = partial(compositions_to_learn, judged_by=judged_by)
        return _latent(learned, data, out, Pace(total, batch, rate, denoise, seed, start), resume, as_json)
    plan = Plan(total=total, batch=batch, rate=rate, warmup=200, seed=seed)
    before = load(start).folder if start else None
    steps, rules = usual_steps if refine is None else refine, usual_rules if rules is None else rules
    manners = Plan(rules * batch, batch, _RULES_RATE, warmup=20, decay=0.8, seed=seed, log_every=10) if rules else None
    try:
        if level == "crystal":
            train_crystals(
                data, out, plan, resume=resume, start=before, write=plain_samples, write_ruled=ruled_samples,
                refinement=Refinement(steps, variety=variety or 0.0, anchor=1.0, rate=2e-4, seed=seed),
                manners=manners, say=say,
            )  # fmt: skip
        else:
            refinement = Refinement(steps, again=_AGAIN, variety=_VARIETY if variety is None else variety, seed=seed)
            train_compositions(
                data, out, plan, resume=resume, start=before, refinement=refinement, write=plain_samples,
                judged_by=judged_by, manners=_compositions_by_rules(manners), say=say,
            )  # fmt: skip
    except KeyboardInterrupt:
        return _stopped(out)
    return _trained(out, as_json)


def _compositions_by_rules(plan: Plan | None) -> Callable[[CompositionCodec], Manners] | None:
    if plan is None:
        return None
    from sekkei.generate.rules import rules_to_learn
    from sekkei.generate.sample import ruled_samples
    from sekkei.train.rules import Manners

    return lambda codec: Manners(plan, rules_to_learn(codec), ruled_samples)


class Pace(NamedTuple):
    """How long and how fast the two parts of a diffusion model are trained, and from which model on."""

    total: int
    batch: int
    rate: float
    denoise: int
    seed: int
    start: str | None = None


def _diffusion(kind: str, **for_gpts: float | None) -> bool:
    if kind not in ("gpt", "diffusion"):
        raise UserError(f"unknown kind '{kind}'", "--kind", did_you_mean(kind, ("gpt", "diffusion")))
    given = [name for name, value in for_gpts.items() if value is not None]
    if kind == "diffusion" and given:
        raise UserError("is for models that write token by token", f"--{given[0]}", "leave it out")
    return kind == "diffusion"


def _latent(
    learned: Callable[[str, Path, Run, Callable[[str], None]], Subject], data: str, out: Path, pace: Pace, resume: bool,
    as_json: bool,
) -> int:  # fmt: skip
    import numpy as np

    from sekkei.generate.sample import Sampling
    from sekkei.generate.shared import folder_of
    from sekkei.generate.write import decoded
    from sekkei.train.latent_recipe import train_diffusion
    from sekkei.train.loop import Plan
    from sekkei.train.place import check_place
    from sekkei.train.run import Run

    check_place(out, resume=resume)
    start = folder_of(pace.start) if pace.start else None
    run = Run(data, Plan(pace.total, pace.batch, pace.rate, seed=pace.seed), start, "diffusion")
    denoise = Plan(pace.denoise, 1024, 1e-3, warmup=500, seed=pace.seed)
    try:
        subject = learned(data, out, run, say)

        def decode(network: LatentDiffusion, vectors: Floats) -> list[list[int]]:
            surest, randoms = Sampling(grammar=False, top_k=1), np.zeros((len(vectors), subject.positions - 1))
            return decoded(network, vectors, randoms, surest, None)

        train_diffusion(subject, out, run, denoise, decode, say=say)
    except KeyboardInterrupt:
        return _stopped(out)
    return _trained(out, as_json)


def _trained(out: Path, as_json: bool) -> int:
    from sekkei.models.checkpoint import load_checkpoint

    model = load_checkpoint(out)
    if as_json:
        print_json({"folder": str(out), "hash": model.hash, "training": model.training})
    else:
        say(f"model {model.hash} in {out}: use it with --model {out}")
    return EXIT_OK


def _stopped(out: Path) -> int:
    if (out / "state.pt").exists():
        say(f"stopped; the run is kept in {out}: the same command with --resume goes on")
    else:
        say("stopped before the first checkpoint: nothing is kept, the same command begins anew")
    return EXIT_INTERRUPTED
