"""``sekkei predict``: properties of given structures, each with an interval and a word on its domain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekkei.cli.output import Json, Line, count_problems, finish_frame, print_json, print_table, say
from sekkei.core.errors import UserError

if TYPE_CHECKING:
    from sekkei.predict.predictor import Predictor

app = typer.Typer(
    help="Predict properties, each with a 90 % interval and whether it can be trusted.", no_args_is_help=True
)

Property = Annotated[
    str, typer.Option("-p", "--property", help="Properties, separated by commas, or folders of your own predictors.")
]
Out = Annotated[Path | None, typer.Option(help="CSV file to write; a table on the screen where absent.")]
ColumnName = Annotated[str | None, typer.Option(help="Heading of the column, where it cannot be guessed.")]


@app.command()
def materials(
    file: Annotated[Path, typer.Argument(help="Formulas: .txt .csv .tsv .jsonl .parquet, also .gz.")],
    properties: Property,
    out: Out = None,
    column: ColumnName = None,
    as_json: Json = False,
) -> int:
    """Predict properties of every formula of a file; one that cannot be read keeps its row and says why."""
    predictors = _predictors("materials", properties)
    from sekkei.materials.files import read_formulas

    return _run("materials", read_formulas(file, column), predictors, out, as_json)


@app.command()
def molecules(
    file: Annotated[Path, typer.Argument(help="SMILES or structures: .smi .txt .csv .tsv .sdf .parquet, also .gz.")],
    properties: Property,
    out: Out = None,
    column: ColumnName = None,
    as_json: Json = False,
) -> int:
    """Predict properties of every molecule of a file; one that cannot be read keeps its row and says why."""
    predictors = _predictors("molecules", properties)
    from sekkei.molecules.files import read_molecules

    return _run("molecules", read_molecules(file, column), predictors, out, as_json)


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

    found = sekkei.predict.load(domain, name)
    typer.echo(found.card.rstrip())
    typer.echo(f"\nhash {found.version}")


def _predictors(domain: str, properties: str) -> list[Predictor]:
    names = list(dict.fromkeys(name.strip() for name in properties.split(",") if name.strip()))
    if not names:
        raise UserError("no property is named", "-p", "see `sekkei predict list`")
    import sekkei.predict

    return [sekkei.predict.load(domain, name) for name in names]


def _run(domain: str, lines: Sequence[Line], predictors: Sequence[Predictor], out: Path | None, as_json: bool) -> int:
    from sekkei.predict.table import predict_table

    frame = predict_table(domain, [line.text for line in lines], predictors)
    finish_frame(frame, lines, out, as_json)
    for one in predictors:
        outside = int((frame[f"{one.name} in_domain"] == "no").sum())
        if outside:
            say(f"{one.name}: {outside} of {len(frame)} rows lie outside its domain; '{one.name} note' says why")
    return count_problems(int((frame["problem"] != "").sum()), len(frame))


def _error(found: Predictor) -> str:
    errors = found.training["held_out"]
    return f"MAE {errors['mae']:.3g}" if "mae" in errors else f"ROC-AUC {errors['auc']:.3f}"


def _percent(found: Predictor) -> str:
    return f"{100 * found.training['held_out']['coverage']:.1f} %"
