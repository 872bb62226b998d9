"""``sekkei predict``: properties of given structures, each with an interval and a word on its domain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekkei.cli.output import Json, Line, cell, check_ending, count_problems, finish_frame, print_json, print_table, say
from sekkei.core.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from sekkei.predict.predictor import Predictor

app = typer.Typer(
    help="Predict properties, each with a 90 % interval and whether it can be trusted.", no_args_is_help=True
)

Property = Annotated[
    list[str],
    typer.Option("-p", "--property", help="Properties, separated by commas, or folders of your own predictors."),
]
Out = Annotated[Path | None, typer.Option(help="CSV or Parquet file to write; a table on the screen where absent.")]
AsTrained = Annotated[
    bool, typer.Option("--as-trained", help="Ask a fine-tuned encoder even where the trees beside it erred less.")
]
ColumnName = Annotated[str | None, typer.Option(help="Heading of the column, where it cannot be guessed.")]


@app.command()
def materials(
    file: Annotated[Path, typer.Argument(help="Formulas: .txt .csv .tsv .jsonl .parquet, also .gz.")],
    properties: Property,
    out: Out = None,
    column: ColumnName = None,
    as_trained: AsTrained = False,
    as_json: Json = False,
) -> int:
    """Predict properties of every formula of a file; one that cannot be read keeps its row and says why."""
    check_ending(out)
    predictors = _predictors("materials", properties, as_trained)
    from sekkei.materials.files import read_formulas

    return _run("materials", read_formulas(file, column, blanks=True), predictors, out, as_json)


@app.command()
def molecules(
    file: Annotated[Path, typer.Argument(help="SMILES or structures: .smi .txt .csv .tsv .sdf .parquet, also .gz.")],
    properties: Property,
    out: Out = None,
    column: ColumnName = None,
    as_trained: AsTrained = False,
    as_json: Json = False,
) -> int:
    """Predict properties of every molecule of a file; one that cannot be read keeps its row and says why."""
    check_ending(out)
    predictors = _predictors("molecules", properties, as_trained)
    from sekkei.molecules.files import read_molecules

    return _run("molecules", read_molecules(file, column, blanks=True), predictors, out, as_json)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List what can be predicted, with the errors on held-out data."""
    import sekkei.predict
    from sekkei.predict.describe import DOMAINS

    found = [one for domain in DOMAINS for one in sekkei.predict.evaluators(domain)]
    if as_json:
        print_json(
            [
                {"domain": f.domain, "property": f.name, "unit": f.measure.unit, "hash": f.version, **f.training}
                for f in found
            ]
        )
        return
    print_table(
        ("domain", "property", "unit", "what it is", "held-out error", "intervals that hold"),
        [(f.domain, f.name, f.measure.unit, f.training["title"], _error(f), _percent(f)) for f in found],
    )


@app.command()
def show(
    domain: Annotated[str, typer.Argument(help="materials or molecules.")],
    name: Annotated[str, typer.Argument(help="A property, or the folder of a predictor.")],
) -> None:
    """Print the card of a predictor: data, errors, limits."""
    import sekkei.predict

    found = sekkei.predict.load(domain, name, as_trained=True)
    typer.echo(found.card.rstrip())
    typer.echo(f"\nhash {found.version}")
    if found.beaten:
        typer.echo(f"The trees beside it answer: {_error(found.better())}, hash {found.better().version}")


def _predictors(domain: str, properties: Sequence[str], as_trained: bool) -> list[Predictor]:
    names = list(dict.fromkeys(name.strip() for name in ",".join(properties).split(",") if name.strip()))
    if not names:
        raise UserError("no property is named", "-p", "see `sekkei predict list`")
    import sekkei.predict
    from sekkei.predict.predictor import NO_BETTER

    found = [sekkei.predict.load(domain, name, as_trained) for name in names]
    for one in found:
        if "instead_of" in one.training:
            say(f"{one.name}: trees answer, which erred less than the encoder on the same objects; or --as-trained")
        if one.no_better:
            say(f"{one.name}: {NO_BETTER}")
    return found


def _run(domain: str, lines: Sequence[Line], predictors: Sequence[Predictor], out: Path | None, as_json: bool) -> int:
    from sekkei.predict.table import predict_table

    frame = predict_table(domain, [line.text for line in lines], predictors)
    finish_frame(frame, lines, out, as_json, partial(_on_screen, domain, predictors))
    for one in predictors:
        outside = int((frame[f"{one.name} in_domain"] == "no").sum())
        if outside:
            where = f"'{one.name} note' " + ("says why" if out or as_json else "of --out or --json says why")
            say(f"{one.name}: {outside} of {len(frame)} rows lie outside its domain; {where}")
    return count_problems(int((frame["problem"] != "").sum()), len(frame))


def _on_screen(domain: str, predictors: Sequence[Predictor], frame: pd.DataFrame) -> pd.DataFrame:
    """The table as narrow as a terminal needs it: value, interval and a word on the domain in one column."""
    import pandas as pd

    from sekkei.predict.table import TEXT_COLUMN

    shown = frame[[name for name in ("line", "name", TEXT_COLUMN[domain]) if name in frame]].copy()
    for one in predictors:
        parts = (frame[name] for name in (one.measure.heading, *(f"{one.name} {end}" for end in ("low", "high"))))
        told = [f"{cell(value)} ({cell(low)} to {cell(high)})" for value, low, high in zip(*parts, strict=True)]
        beyond = frame[f"{one.name} in_domain"].map({"yes": "", "no": ", outside"})
        shown[one.measure.heading] = [
            "" if pd.isna(value) else text + mark
            for value, text, mark in zip(frame[one.measure.heading], told, beyond.fillna(""), strict=True)
        ]
    if (frame["problem"] != "").any():
        shown["problem"] = frame["problem"]
    return shown


def _error(found: Predictor) -> str:
    errors = found.training["held_out"]
    return f"MAE {errors['mae']:.3g}" if "mae" in errors else f"ROC-AUC {errors['auc']:.3f}"


def _percent(found: Predictor) -> str:
    return f"{100 * found.training['held_out']['coverage']:.1f} %"
