"""``sekkei models``: which models ship, and the card of one."""

from __future__ import annotations

from typing import Annotated

import typer

from sekkei.cli.output import Json, print_json, print_table

app = typer.Typer(help="List the shipped models and show their cards.", no_args_is_help=True)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the models that ship with Sekkei."""
    from sekkei.generate.shelf import available

    models = available()
    if as_json:
        print_json(
            [
                {"name": m.name, "domain": m.domain, "hash": m.hash, "parameters": m.parameters, "title": m.title}
                for m in models
            ],
        )
        return
    print_table(
        ("name", "domain", "hash", "parameters", "what it is"),
        [(m.name, m.domain, m.hash, f"{m.parameters:,}", m.title) for m in models],
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A shipped model or a model folder.")],
    as_json: Json = False,
) -> None:
    """Print the card of a model: data, recipe, cost, measurements, limits."""
    from sekkei.generate.shelf import load

    model = load(name)
    if as_json:
        print_json(
            {
                "name": model.name,
                "hash": model.hash,
                "properties": model.properties,
                "ranges": model.ranges,
                "training": model.training,
                "card": model.card,
            },
        )
        return
    typer.echo(model.card.rstrip())
    typer.echo(f"\nhash {model.hash}, folder {model.folder}")
    print_table(
        ("property", "covered from", "to"),
        [(name, f"{low:g}", f"{high:g}") for name, (low, high) in model.ranges.items()],
    )
