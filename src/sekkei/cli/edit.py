"""``sekkei edit`` and ``sekkei interpolate``: molecules made from given ones, by a model of latent diffusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekkei.cli.output import Json, cell, print_json, print_table, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL
from sekkei.core.types import Problem

if TYPE_CHECKING:
    from sekkei.generate.model import Model

app = typer.Typer(help="Change a structure of your own towards new targets.", no_args_is_help=True)
interpolate_app = typer.Typer(help="Structures on the way from one to another.", no_args_is_help=True)

ModelName = Annotated[str, typer.Option(help="A model of latent diffusion; diffusion is the shipped one.")]
Out = Annotated[Path | None, typer.Option(help="CSV file to write; a table on the screen where absent.")]


@app.command("molecules")
def edit(
    smiles: Annotated[str, typer.Argument(help="The molecule to start from.")],
    target: Annotated[list[str], typer.Option(metavar="TARGET", help='A target such as "logp=2.5±0.4"; repeatable.')],
    model: ModelName = "diffusion",
    n: Annotated[int, typer.Option("-n", help="How many.")] = 50,
    strength: Annotated[float, typer.Option(help="Above 0, at most 1: how much is changed.")] = 0.5,
    similarity: Annotated[float, typer.Option(help="Least Tanimoto similarity to the start, 0 to 1.")] = 0.4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same analogues.")] = 0,
    steps: Annotated[int, typer.Option(help="Steps from noise to a vector.")] = 50,
    guidance: Annotated[
        float | None, typer.Option(help="Push towards the targets, 1 is plain. [default: 5]", show_default=False)
    ] = None,
    out: Out = None,
    extrapolate: Annotated[bool, typer.Option("--extrapolate", help="Go beyond the training data.")] = False,
    as_json: Json = False,
) -> int:
    """Analogues of a molecule under new targets, those that meet them best in front."""
    from sekkei.generate.edit import UNLIKE, Edit, analogues
    from sekkei.generate.model import load, read_wishes
    from sekkei.generate.sample import DIFFUSED, usual
    from sekkei.report.words import goal_words

    source = load(model)
    settings = replace(usual(aimed=True, guidance=guidance, under_targets=DIFFUSED), steps=steps)
    how = Edit(strength, similarity, extrapolate)
    _warn_where_misread(source, smiles)
    wanted = read_wishes(target)
    for warning in source.check_coverage(wanted, extrapolate):
        say(f"warning: {warning}")
    say(f"satisfied: {', '.join(f'{one.name} {goal_words(one)}' for one in wanted)}")
    found = analogues(source, smiles, n, target, seed, how, settings)
    rows = [
        {
            "smiles": one.smiles,
            "similarity": round(one.similarity, 4),
            "satisfied": one.satisfied,
            **_headed(one.values),
        }
        for one in found.analogues
    ]
    about = {"model": source.name, "hash": source.hash, "seed": seed, "start": smiles}
    shown = ["smiles", "similarity", "satisfied", *dict.fromkeys(one.measure.heading for one in wanted)]
    _finish(rows, {**about, "attempts": found.attempts, "lost": dict(found.lost)}, out, as_json, shown)
    reasons = ", ".join(f"{count} {why}" for why, count in found.lost.most_common())
    say(f"{found.attempts} attempts{f', of these lost: {reasons}' if reasons else ''}")
    if len(rows) < n:
        unlike = found.lost[UNLIKE] >= max(found.lost.values(), default=0)
        hint = "lower --strength or --similarity" if unlike else "raise --strength"
        say(f"only {len(rows)} of {n} found: {hint}")
        return EXIT_PARTIAL
    return EXIT_OK


@interpolate_app.command("molecules")
def interpolate(
    first: Annotated[str, typer.Argument(help="SMILES at the beginning.")],
    last: Annotated[str, typer.Argument(help="SMILES at the end.")],
    model: ModelName = "diffusion",
    steps: Annotated[int, typer.Option(help="Places on the way, both ends included.")] = 9,
    seed: Annotated[int, typer.Option(help="Of the decoder's choices between molecules.")] = 0,
    out: Out = None,
    as_json: Json = False,
) -> int:
    """Molecules on the way from one to another; a place that decodes to none says so."""
    from sekkei.generate.edit import between
    from sekkei.generate.model import load

    source = load(model)
    for smiles in (first, last):
        _warn_where_misread(source, smiles)
    found = between(source, first, last, steps, seed)
    rows = [
        {"place": place, "smiles": "", "problem": f"the vector stands for no molecule: {one.message}"}
        if isinstance(one, Problem)
        else {"place": place, "smiles": one, "problem": ""}
        for place, one in enumerate(found)
    ]
    _finish(rows, {"model": source.name, "hash": source.hash, "seed": seed}, out, as_json)
    return EXIT_PARTIAL if any(row["problem"] for row in rows) else EXIT_OK


def _headed(values: dict[str, float]) -> dict[str, float]:
    from sekkei.molecules.properties import PROPERTIES

    return {PROPERTIES[name].measure.heading: round(value, 4) for name, value in values.items()}


def _warn_where_misread(source: Model, smiles: str) -> None:
    from sekkei.generate.edit import read_as
    from sekkei.molecules.domain import MOLECULES

    read, given = read_as(source, smiles), MOLECULES.parse(smiles)
    if isinstance(read, Problem) or isinstance(given, Problem) or read != MOLECULES.text(given):
        what = "no molecule at all" if isinstance(read, Problem) else read
        say(f"warning: '{source.name}' takes {smiles} for {what}: it is unlike what the model has learned")


def _finish(
    rows: list[dict[str, Any]], about: dict[str, Any], out: Path | None, as_json: bool, shown: Sequence[str] = ()
) -> None:
    """Write all columns, or print a table of those that are shown, all where none is named."""
    import pandas as pd

    from sekkei.core.files import write_text

    table = pd.DataFrame(rows)
    if out:
        write_text(out, table.to_csv(index=False, lineterminator="\n"))
        say(f"{len(rows)} rows in {out}")
    if as_json:
        print_json({**about, "molecules": rows})
    elif not out:
        names = list(shown) or [str(name) for name in table.columns]
        print_table(names, [tuple(cell(row[name]) for name in names) for row in rows])
