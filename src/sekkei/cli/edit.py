"""``sekkei edit`` and ``sekkei interpolate``: molecules made from given ones, by a model of latent diffusion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from sekkei.cli.generate import Guidance, Steps
from sekkei.cli.output import Json, cell, print_json, print_table, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL

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
    strength: Annotated[float, typer.Option(help="Above 0 to 1: how much is changed.")] = 0.5,
    similarity: Annotated[float, typer.Option(help="Least Tanimoto similarity to the start, 0 to 1.")] = 0.4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same analogues.")] = 0,
    steps: Steps = 50,
    guidance: Guidance = None,
    out: Out = None,
    extrapolate: Annotated[bool, typer.Option("--extrapolate", help="Go beyond the training data.")] = False,
    as_json: Json = False,
) -> int:
    """Analogues of a molecule under new targets, those that meet them best in front."""
    from sekkei.generate.edit import USUAL, Edit, analogues
    from sekkei.generate.model import load
    from sekkei.generate.sample import usual

    source = load(model)
    settings = replace(usual(aimed=True, guidance=guidance, under_targets=USUAL), steps=steps)
    how = Edit(strength, similarity, extrapolate)
    found = analogues(source, smiles, n, target, seed, how, settings)
    rows = [
        {"smiles": one.smiles, "similarity": one.similarity, "satisfied": one.satisfied, **one.values} for one in found
    ]
    _finish(rows, {"model": source.name, "hash": source.hash, "seed": seed, "start": smiles}, out, as_json)
    if len(found) < n:
        say(f"only {len(found)} of {n} found: raise --strength, or lower --similarity")
        return EXIT_PARTIAL
    return EXIT_OK


@interpolate_app.command("molecules")
def interpolate(
    first: Annotated[str, typer.Argument(help="SMILES at the beginning.")],
    last: Annotated[str, typer.Argument(help="SMILES at the end.")],
    model: ModelName = "diffusion",
    steps: Annotated[int, typer.Option(help="Places on the way, both ends included.")] = 9,
    seed: Annotated[int, typer.Option(help="Of what the decoder is not sure of.")] = 0,
    out: Out = None,
    as_json: Json = False,
) -> int:
    """Molecules on the way from one to another; a place that decodes to none says so."""
    from sekkei.generate.edit import between
    from sekkei.generate.model import load

    source = load(model)
    found = between(source, first, last, steps, seed)
    rows = [
        {"place": place, "smiles": text, "problem": "" if text else "the vector stands for no molecule"}
        for place, text in enumerate(found)
    ]
    _finish(rows, {"model": source.name, "hash": source.hash, "seed": seed}, out, as_json)
    return EXIT_OK if all(found) else EXIT_PARTIAL


def _finish(rows: list[dict[str, Any]], about: dict[str, Any], out: Path | None, as_json: bool) -> None:
    import pandas as pd

    from sekkei.core.files import write_text

    table = pd.DataFrame(rows)
    if out:
        write_text(out, table.to_csv(index=False, lineterminator="\n"))
        say(f"{len(rows)} rows in {out}")
    if as_json:
        print_json({**about, "molecules": rows})
    elif not out:
        print_table([str(name) for name in table.columns], [tuple(map(cell, row.values())) for row in rows])
