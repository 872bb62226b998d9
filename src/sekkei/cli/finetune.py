"""``sekkei finetune``: a predictor from a table of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekkei.cli.output import Json, print_json, print_table, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

if TYPE_CHECKING:
    from sekkei.predict.lab import LabTable
    from sekkei.predict.predictor import Predictor

app = typer.Typer(help="Train a predictor on a table of your own.", no_args_is_help=True)

METHODS = ("baseline",)
_SHOWN = 10

Data = Annotated[Path, typer.Option(help="Table with a column of structures and one of numbers: .csv .tsv .parquet.")]
Target = Annotated[str, typer.Option(help="Heading of the column of numbers; it names the property.")]
Out = Annotated[Path, typer.Option(help="Folder for the predictor.")]
Unit = Annotated[str, typer.Option(help="Unit of the numbers.")]
Method = Annotated[str, typer.Option(help="How to train: baseline (gradient-boosted trees).")]
ColumnName = Annotated[str | None, typer.Option(help="Heading of the structures, where it cannot be guessed.")]
Low = Annotated[float, typer.Option(help="Smallest value that is possible.")]
High = Annotated[float, typer.Option(help="Largest value that is possible.")]


@app.command()
def materials(
    data: Data, target: Target, out: Out, unit: Unit = "", method: Method = "baseline", column: ColumnName = None,
    low: Low = float("-inf"), high: High = float("inf"), seed: int = 0, as_json: Json = False,
) -> int:  # fmt: skip
    """Learn a property of compositions from a table."""
    return _finetune("materials", data, target, out, unit, method, column, (low, high), seed, as_json)


@app.command()
def molecules(
    data: Data, target: Target, out: Out, unit: Unit = "", method: Method = "baseline", column: ColumnName = None,
    low: Low = float("-inf"), high: High = float("inf"), seed: int = 0, as_json: Json = False,
) -> int:  # fmt: skip
    """Learn a property of molecules from a table."""
    return _finetune("molecules", data, target, out, unit, method, column, (low, high), seed, as_json)


def _finetune(
    domain: str, data: Path, target: str, out: Path, unit: str, method: str, column: str | None,
    ends: tuple[float, float], seed: int, as_json: bool,
) -> int:  # fmt: skip
    _check(target, out, method)
    from sekkei.core.types import Measure
    from sekkei.predict.keep import save_predictor
    from sekkei.predict.lab import fit_lab, read_lab, with_card

    measure = Measure(target, unit, target, low=ends[0], high=ends[1], source=data.name)
    table = read_lab(domain, data, target, column)
    _warn(domain, table)
    found = with_card(fit_lab(domain, table, measure, data.name, seed))
    version = save_predictor(out, found)
    if as_json:
        unused = [{"row": row, "text": text, "problem": why.message} for row, text, why in table.problems]
        print_json({"folder": str(out), "hash": version, "unused_rows": unused, **found.training})
    else:
        _show(found)
    say(f"{out}, hash {version}; use it with `sekkei predict {domain} FILE -p {out}`")
    return EXIT_PARTIAL if table.problems else EXIT_OK


def _check(target: str, out: Path, method: str) -> None:
    if method not in METHODS:
        raise UserError(f"unknown method '{method}'", "--method", f"known: {', '.join(METHODS)}")
    if not target.isidentifier():
        raise UserError(
            f"'{target}' cannot be named in a target", "--target", "use letters, digits and _ in the heading"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError("is not an empty folder", str(out), "choose another place")


def _warn(domain: str, table: LabTable) -> None:
    from sekkei.predict.describe import describer
    from sekkei.predict.lab import conflicts

    unused = table.problems
    for row, text, why in unused[:_SHOWN]:
        say(f"row {row} '{text[:40]}' is not used: {why.message}")
    if len(unused) > _SHOWN:
        say(f"and {len(unused) - _SHOWN} more rows; --json lists all")
    twice = conflicts(table, describer(domain).key)
    if twice:
        say(f"{len(twice)} structures have different values, such as {_example(twice[0])}; the mean counts")


def _example(pair: tuple[str, Sequence[float]]) -> str:
    name, values = pair
    return f"{name}: {', '.join(f'{value:g}' for value in values[:5])}"


def _show(found: Predictor) -> None:
    errors, sizes = found.training["held_out"], found.training["objects"]
    how = "cross-validation" if found.training.get("cross_validated") else f"{sizes['test']} structures kept aside"
    print_table(
        ("trained on", "judged by", "mean absolute error", "of saying the mean", "90 % intervals that hold"),
        [
            (
                f"{sizes['train']}",
                how,
                f"{errors['mae']:.4g}",
                f"{errors['mad']:.4g}",
                f"{100 * errors['coverage']:.1f} %",
            )
        ],
    )
