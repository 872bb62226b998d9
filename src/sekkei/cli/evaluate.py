"""``sekkei evaluate``: measure a whole generated set, whoever generated it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from sekkei.cli.output import Json, number, print_json, print_table, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

app = typer.Typer(help="Measure generated sets with stated definitions and intervals.", no_args_is_help=True)


@app.command()
def molecules(
    file: Annotated[
        Path, typer.Argument(help="Generated molecules: .smi .txt .csv .tsv .sdf (also .gz), .parquet .json .jsonl.")
    ],
    reference: Annotated[str, typer.Option(help="moses, a file of molecules, or a model.")] = "moses",
    train: Annotated[
        str | None, typer.Option(help="Training molecules for novelty: a file or a model. [default: moses for moses]")
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(help="CSV of what was asked for: a row per sample, or one for all.")
    ] = None,
    with_baselines: Annotated[
        bool, typer.Option("--with-baselines", help="Measure sets beside it that need no model.")
    ] = False,
    column: Annotated[
        str | None, typer.Option(help="Heading of the SMILES column, where it cannot be guessed.")
    ] = None,
    set_size: Annotated[int, typer.Option(help="Attempts that measures of whole sets take.")] = 30_000,
    workers: Annotated[int, typer.Option(help="Processes for the chemistry.")] = 2,
    out: Annotated[Path | None, typer.Option(help="Folder for metrics.json and report.html.")] = None,
    as_json: Json = False,
) -> int:
    """Measure generated molecules against a reference; what cannot be read is counted, with reasons."""
    _check(workers)
    from sekkei.metrics.evaluation import Asked, evaluate

    asked = Asked(file, reference, train, targets, column, with_baselines, set_size)
    return _told(evaluate(asked, workers), out, as_json)


@app.command()
def materials(
    file: Annotated[
        Path,
        typer.Argument(
            help="Generated materials: .extxyz .cif POSCAR .parquet or a folder of these; .csv .txt .json .jsonl."
        ),
    ],
    reference: Annotated[Path, typer.Option(help="Reference materials, of the same kinds.")],
    train: Annotated[Path | None, typer.Option(help="Training materials for novelty. [default: the reference]")] = None,
    profile: Annotated[
        str, typer.Option(help="Whose rules and tolerances: cdvae, mattergen, lemat or wyformer.")
    ] = "cdvae",
    targets: Annotated[
        Path | None, typer.Option(help="CSV of what was asked for: a row per sample, or one for all.")
    ] = None,
    relaxed: Annotated[Path | None, typer.Option(help="The same crystals after relaxation, in the same order.")] = None,
    energies: Annotated[
        Path | None, typer.Option(help="Their e_above_hull [eV/atom], as `sekkei hull --out` writes it, in order.")
    ] = None,
    hull: Annotated[str, typer.Option(help="The hull behind the energies, in words.")] = "",
    potential: Annotated[str, typer.Option(help="What computed the energies, in words.")] = "",
    cutoffs: Annotated[str, typer.Option(help="Cut-offs of coverage: mp20, perov5 or carbon24.")] = "mp20",
    with_baselines: Annotated[
        bool, typer.Option("--with-baselines", help="Measure sets beside it that need no model.")
    ] = False,
    column: Annotated[str | None, typer.Option(help="Heading of the formulas or CIF texts.")] = None,
    set_size: Annotated[int, typer.Option(help="Attempts and reference materials that coverage takes.")] = 1_000,
    workers: Annotated[int, typer.Option(help="Processes for the chemistry.")] = 2,
    out: Annotated[Path | None, typer.Option(help="Folder for metrics.json and report.html.")] = None,
    as_json: Json = False,
) -> int:
    """Measure generated crystals or compositions against a reference; what cannot be read is counted, with reasons."""
    _check(workers)
    from sekkei.metrics.materials.evaluation import Asked, evaluate

    asked = Asked(
        file, reference, train, profile, targets, relaxed, energies, hull, potential, cutoffs, column, with_baselines,
        set_size,
    )  # fmt: skip
    return _told(evaluate(asked, workers), out, as_json)


@app.command()
def compare(
    folders: Annotated[list[Path], typer.Argument(help="Two or more folders that --out wrote.")],
    as_json: Json = False,
) -> int:
    """Print evaluations side by side, with intervals, and what makes them hard to compare."""
    from sekkei.metrics.compare import read_evaluation, side_by_side

    labels = [folder.name if folder.name not in ("", ".") else str(folder.resolve().name) for folder in folders]
    if len(set(labels)) < len(labels):
        labels = [str(folder) for folder in folders]
    both = side_by_side(labels, [read_evaluation(folder) for folder in folders])
    for difference in both["differences"]:
        say(f"warning: {difference}")
    if as_json:
        print_json(both)
        return EXIT_OK
    rows = [(name, *(_entry(one) for one in entries)) for name, entries in both["figures"].items()]
    print_table(("figure", *labels), rows)
    return EXIT_OK


def _check(workers: int) -> None:
    if workers < 1:
        raise UserError(f"{workers} is below 1", "--workers")


def _told(result: dict[str, Any], out: Path | None, as_json: bool) -> int:
    if out:
        _write(result, out)
    for warning in result["warnings"]:
        say(f"warning: {warning}")
    if as_json:
        print_json(result)
    else:
        _show(result)
    if result["unreadable"]["count"] == result["attempts"]:
        say(f"not one sample is a {result['domain'].removesuffix('s')}")
        return EXIT_PARTIAL
    return EXIT_OK


def _write(result: dict[str, Any], out: Path) -> None:
    from sekkei.core.files import cannot_write, write_text
    from sekkei.metrics.compare import METRICS, json_text
    from sekkei.report.evaluation import write_evaluation

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    write_text(out / METRICS, json_text(result))
    write_evaluation(result, out / "report.html")
    say(f"{METRICS} and report.html in {out}")


def _show(result: dict[str, Any]) -> None:
    unreadable, arrows = result["unreadable"], {"higher": "↑", "lower": "↓", "": ""}
    labels = list(result["baselines"])
    rows = []
    for figure in result["figures"]:
        definition = result["definitions"][figure["name"].partition("/")[0]]
        beside = [number(result["baselines"][label].get(figure["name"], math.nan)) for label in labels]
        name = f"{figure['name']} {arrows[definition['better']]}".strip()
        rows.append((name, number(figure["value"]), _range(figure), f"{figure['n']:,}", *beside))
    reasons = ", ".join(f"{kind} {count:,}" for kind, count in unreadable["reasons"].items())
    told = f"; unreadable {unreadable['count']:,} ({unreadable['share']:.2%}){': ' + reasons if reasons else ''}"
    title = f"{result['file']}: {result['attempts']:,} attempts{told}"
    print_table(("figure", "value", "95 % interval", "of", *labels), rows, title)
    print_table(("figure", "definition"), [(name, one["title"]) for name, one in result["definitions"].items()])


def _entry(one: dict[str, float] | None) -> str:
    if one is None:
        return "–"
    return f"{number(one['value'])} {_range(one)}".removesuffix(" –")


def _range(figure: dict[str, Any]) -> str:
    low, high = number(figure["low"]), number(figure["high"])
    return "–" if low == "–" else f"{low} to {high}"
