"""``sekkei generate``: sample a model, nothing more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekkei import zoo
from sekkei.cli.output import Json, print_json, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

app = typer.Typer(help="Sample structures from a model, without judging them.", no_args_is_help=True)


@app.callback()
def _generate() -> None:
    """Keep ``molecules`` a word of its own while it is the only domain."""


@app.command()
def molecules(
    n: Annotated[int | None, typer.Option("-n", help="How many. [default: 100, or the width of --beam]")] = None,
    target: Annotated[
        list[str] | None, typer.Option(metavar="TARGET", help='A target such as "logp=1.5±0.5"; repeatable.')
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same molecules.")] = 0,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output where absent.")] = None,
    model: Annotated[str, typer.Option(help="A shipped model or a model folder.")] = zoo.DEFAULT["molecules"],
    guidance: Annotated[float, typer.Option(help="Push towards the targets: 1 is plain, 1.5 to 3 is usual.")] = 1.0,
    temperature: Annotated[float, typer.Option(help="Below 1 safer, above 1 more varied.")] = 1.0,
    top_k: Annotated[int, typer.Option(help="Keep the k likeliest tokens; 0 keeps all.")] = 0,
    top_p: Annotated[float, typer.Option(help="Keep the likeliest tokens up to this probability.")] = 1.0,
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
    from sekkei.generate.model import check_count, load, read_wishes
    from sekkei.generate.sample import Sampling

    n = (beam or 100) if n is None else n
    check_count(n)
    settings = Sampling(temperature, top_k, top_p, guidance)
    source = load(model)
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
        say(f"only {len(lines)} of {n} found: loosen the targets, raise the temperature or widen the beam")
        return EXIT_PARTIAL
    return EXIT_OK
