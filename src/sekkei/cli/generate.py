"""``sekkei generate``: sample a model, nothing more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekkei import zoo
from sekkei.cli.crystals import wishes_of, write_crystals
from sekkei.cli.output import Json, print_json, progress_bar, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

if TYPE_CHECKING:
    from sekkei.generate.materials import MaterialModel
    from sekkei.generate.model import Model
    from sekkei.generate.sample import Sampling
    from sekkei.materials.constraints import Constraints

Steps = Annotated[
    int | None, typer.Option(min=1, max=1000, help="Diffusion models: steps from noise to a vector. [default: 50]")
]
Guidance = Annotated[
    float | None,
    typer.Option(
        help="Push towards the targets, 1 is plain. [default: with targets 1.25, compositions 2.5, "
        "molecules by diffusion 5; else 1]"
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        help="Below 1 safer, above 1 more varied; not of diffusion models. [default: 0.92 with targets, else 1, "
        "crystals 0.9]"
    ),
]


app = typer.Typer(help="Sample structures from a model, without judging them.", no_args_is_help=True)


@app.command()
def molecules(
    n: Annotated[int | None, typer.Option("-n", help="How many. [default: 100, or the width of --beam]")] = None,
    target: Annotated[
        list[str] | None, typer.Option(metavar="TARGET", help='A target such as "logp=1.5±0.5"; repeatable.')
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same molecules.")] = 0,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output where absent.")] = None,
    model: Annotated[str, typer.Option(help="A shipped model or a model folder.")] = zoo.DEFAULT["molecules"],
    guidance: Guidance = None,
    temperature: Temperature = None,
    top_k: Annotated[int, typer.Option(help="Keep the k likeliest tokens; 0 keeps all.")] = 0,
    top_p: Annotated[float, typer.Option(help="Keep the likeliest tokens up to this probability.")] = 1.0,
    steps: Steps = None,
    beam: Annotated[int, typer.Option(help="Beam search of this width instead of sampling; 0 samples.")] = 0,
    raw: Annotated[bool, typer.Option("--raw", help="One line per attempt, invalid ones kept.")] = False,
    extrapolate: Annotated[bool, typer.Option("--extrapolate", help="Go beyond the training data.")] = False,
    as_json: Json = False,
) -> int:
    """Write valid, unique SMILES, or every attempt as it came with --raw.

    Targets steer the model; nothing is rejected for missing them. `sekkei design molecules` does that.
    """
    if beam and raw:
        raise UserError("beam search has no raw attempts", "--raw", "leave out --beam or --raw")
    from sekkei.core.files import write_text
    from sekkei.generate.model import load, read_wishes
    from sekkei.generate.sample import usual
    from sekkei.generate.shared import check_count

    n = (beam or 100) if n is None else n
    check_count(n)
    source = load(model)
    _check_sampler(source, temperature, steps)
    chosen = usual(bool(target), temperature, guidance, source.under_targets)
    settings = replace(chosen, top_k=top_k, top_p=top_p, steps=steps or chosen.steps)
    wanted = read_wishes(target)
    for warning in source.check_coverage(wanted, extrapolate):
        say(f"warning: {warning}")
    if raw:
        lines = [draw.text for draw in source.draw(source.conditions(wanted, n, seed), seed, settings=settings)]
    elif beam:
        lines = [text for text, _ in source.beam(beam, target, extrapolate)][:n]
    else:
        lines = source.generate(n, target, seed, settings, extrapolate)
    if out:
        write_text(out, "".join(f"{line}\n" for line in lines))
        say(f"{len(lines)} lines in {out}")
    if as_json:
        print_json({"model": source.name, "hash": source.hash, "seed": seed, "asked": n, "smiles": lines})
    elif not out:
        typer.echo("\n".join(lines))
    if len(lines) < n:
        say(f"only {len(lines)} of {n} found: loosen the targets, or widen the beam")
        return EXIT_PARTIAL
    return EXIT_OK


@app.command()
def materials(
    n: Annotated[int | None, typer.Option("-n", help="How many. [default: 100, or the width of --beam]")] = None,
    level: Annotated[str, typer.Option(help="What to generate: crystal or composition.")] = "crystal",
    target: Annotated[
        list[str] | None, typer.Option(metavar="TARGET", help='A target such as "band_gap=2.5±0.3"; repeatable.')
    ] = None,
    elements: Annotated[str, typer.Option(help="The only elements allowed, such as Li,O,P.")] = "",
    exclude: Annotated[str, typer.Option(help="Elements that must not occur, such as Pb,Cd.")] = "",
    contains: Annotated[str, typer.Option(help="Elements that must occur, such as Li.")] = "",
    system: Annotated[str, typer.Option(help="Chemical system: these elements, all of them: Li-P-S.")] = "",
    composition: Annotated[str, typer.Option(help="Crystals of this composition, such as SrTiO3.")] = "",
    spacegroup: Annotated[str, typer.Option(help="Crystals of these space groups, such as 225 or 221,225.")] = "",
    formula_pattern: Annotated[str, typer.Option(help="Formula type, each letter an element: ABX3.")] = "",
    min_elements: Annotated[int, typer.Option(help="Fewest different elements.")] = 1,
    max_elements: Annotated[int, typer.Option(help="Most different elements.")] = 8,
    max_atoms: Annotated[
        int | None, typer.Option(help="Most atoms in the formula [default: 128]; in a crystal's primitive cell [52].")
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Charge balance: smact, cdvae, charge_neutral, electronegativity_balanced or none.")
    ] = "smact",
    mixed_valence: Annotated[
        bool, typer.Option("--mixed-valence", help="Atoms of one element may differ in charge, as in Fe3O4.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same materials.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="CSV to write, also .csv.gz; for crystals .extxyz (a CSV goes beside it) or a folder of CIFs. "
            "Standard output where absent."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A shipped model or a model folder, or prototypes: known structure types of --composition."),
    ] = None,
    prototypes: Annotated[
        Path | None, typer.Option(help="With --model prototypes: file or folder of further structures to start from.")
    ] = None,
    guidance: Guidance = None,
    temperature: Temperature = None,
    top_k: Annotated[int, typer.Option(help="Keep the k likeliest tokens; 0 keeps all.")] = 0,
    top_p: Annotated[float, typer.Option(help="Keep the likeliest tokens up to this probability.")] = 1.0,
    steps: Steps = None,
    beam: Annotated[int, typer.Option(help="Beam search of this width instead of sampling; 0 samples.")] = 0,
    raw: Annotated[bool, typer.Option("--raw", help="One row per attempt, repetitions kept.")] = False,
    no_grammar: Annotated[
        bool,
        typer.Option(
            "--no-grammar", help="With --raw: the network alone, no mask; it is still told a strict --profile."
        ),
    ] = False,
    extrapolate: Annotated[bool, typer.Option("--extrapolate", help="Go beyond the training data.")] = False,
    as_json: Json = False,
) -> int:
    """Write different compositions or crystals that keep every constraint, or every attempt as it came with --raw.

    Constraints are masks while a formula or a crystal is written: nothing is thrown away for breaking them. Only
    charges and distances of crystals are looked at afterwards. Targets steer the model; nothing is rejected for missing
    them. `sekkei design materials` does that.
    """
    if no_grammar and not raw:
        raise UserError("samples without constraints", "--no-grammar", "add --raw to see every attempt")
    if beam and raw:
        raise UserError("beam search has no raw attempts", "--raw", "leave out --beam or --raw")
    from sekkei.generate import crystals
    from sekkei.generate import materials as compositions
    from sekkei.generate.sample import PLAIN, usual
    from sekkei.generate.shared import check_count
    from sekkei.materials.codecs.composition import LARGEST
    from sekkei.materials.constraints import Constraints, symbols

    n = (beam or 100) if n is None else n
    check_count(n)
    aimed, free = (crystals.AIMED, crystals.USUAL) if level == "crystal" else (compositions.AIMED, PLAIN)
    settings = usual(bool(target), temperature, guidance, aimed, free)
    settings = replace(settings, top_k=top_k, top_p=top_p, grammar=not no_grammar, steps=steps or settings.steps)
    crystal = level == "crystal"
    constraints = Constraints(
        symbols(elements), symbols(exclude), symbols(contains), system, formula_pattern, min_elements, max_elements,
        LARGEST if crystal or max_atoms is None else max_atoms, profile, mixed_valence,
    )  # fmt: skip
    if crystal:
        _not_for_crystals({"--beam": beam, "--no-grammar": no_grammar, "--steps": steps})
        asked = wishes_of(constraints, composition, spacegroup, max_atoms)
        return write_crystals(
            model or zoo.DEFAULT["crystals"], prototypes, asked, target, n, seed, settings, out,
            raw=raw, extrapolate=extrapolate, as_json=as_json,
        )  # fmt: skip
    if level != "composition":
        raise UserError(f"cannot generate '{level}'", "--level", "composition and crystal are what there is")
    if composition or spacegroup or prototypes:
        where = "--composition, --spacegroup or --prototypes"
        raise UserError("is for crystals", where, "leave out --level composition")
    return _compositions(
        model or zoo.DEFAULT["materials"], constraints, target, n, seed, settings, out, beam, temperature, steps,
        raw=raw, extrapolate=extrapolate, as_json=as_json,
    )  # fmt: skip


def _not_for_crystals(options: dict[str, int | None]) -> None:
    for name, given in options.items():
        if given:
            raise UserError("is not for crystals", name, "leave it out")


def _compositions(
    model: str,
    constraints: Constraints,
    target: list[str] | None,
    n: int,
    seed: int,
    settings: Sampling,
    out: Path | None,
    beam: int,
    temperature: float | None,
    steps: int | None,
    *,
    raw: bool,
    extrapolate: bool,
    as_json: bool,
) -> int:
    from sekkei.generate.materials import load, read_wishes

    if out and not out.name.endswith((".csv", ".csv.gz")):
        raise UserError("compositions are written as CSV", str(out), "give a name that ends in .csv or .csv.gz")
    source = load(model)
    _check_sampler(source, temperature, steps)
    wanted = read_wishes(target)
    for warning in source.check_coverage(wanted, extrapolate):
        say(f"warning: {warning}")
    scores: list[float] = []
    with progress_bar("compositions") as bar:
        if raw:
            drawn = source.draw(source.conditions(wanted, n, seed), seed, settings=settings, constraints=constraints)
            texts = [draw.text for draw in drawn]
        elif beam:
            likeliest = source.beam(beam, target, extrapolate, constraints)[:n]
            texts, scores = [text for text, _ in likeliest], [score for _, score in likeliest]
        else:
            texts = source.generate(n, target, seed, settings, extrapolate, constraints, bar or (lambda *_: None))
    return _write_compositions(source, texts, scores, constraints, n, seed, out, as_json)


def _check_sampler(source: Model | MaterialModel, temperature: float | None, steps: int | None = None) -> None:
    from sekkei.models.latent_diffusion import LatentDiffusion

    diffuses = isinstance(source.network, LatentDiffusion)
    if steps is not None and not diffuses:
        raise UserError("is for diffusion models; this one writes token by token", "--steps", "leave it out")
    if temperature is not None and diffuses:
        why = "is for models that write token by token; what varies here is the vector"
        raise UserError(why, "--temperature", "leave it out")


def _write_compositions(
    source: MaterialModel,
    texts: list[str],
    scores: list[float],
    constraints: Constraints,
    n: int,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> int:
    from sekkei.materials.files import table_text, write_table
    from sekkei.materials.listing import listing
    from sekkei.materials.validity import among_the_real

    rows = listing(texts, source.known, constraints)
    if scores:
        rows = [{**row, "log_probability [nats]": score} for row, score in zip(rows, scores, strict=True)]
    if out:
        write_table(out, rows)
        say(f"{len(rows)} rows in {out}")
    for words in among_the_real(constraints.profile):
        say(words)
    if as_json:
        print_json({
            "model": source.name, "hash": source.hash, "seed": seed, "asked": n,
            "constraints": constraints.words(), "compositions": rows,
        })  # fmt: skip
    elif not out:
        typer.echo(table_text(rows), nl=False)
    if len(rows) < n:
        say(f"only {len(rows)} of {n} found: loosen the constraints, or widen the beam")
        return EXIT_PARTIAL
    if any(row["problem"] for row in rows):
        return EXIT_PARTIAL
    return EXIT_OK
