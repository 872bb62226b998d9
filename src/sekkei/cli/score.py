"""``sekkei score``: run evaluators on given structures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sekkei.cli.output import Json, Line, check_ending, count_problems, finish_frame
from sekkei.core.errors import UserError

Out = Annotated[Path | None, typer.Option(help="CSV or Parquet file to write; a table on the screen where absent.")]

app = typer.Typer(help="Run evaluators on structures of your own.", no_args_is_help=True)


@app.command()
def molecules(
    file: Annotated[Path, typer.Argument(help="SMILES or structures: .smi .txt .csv .tsv .sdf .parquet, also .gz.")],
    evaluators: Annotated[str, typer.Option("-e", "--evaluators", help="Names, separated by commas.")],
    out: Annotated[
        Path | None, typer.Option(help="CSV or Parquet file to write; a table on the screen where absent.")
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="Heading of the SMILES column, where it cannot be guessed.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Evaluate every molecule of a file; one that cannot be read keeps its row and says why."""
    names = _names(evaluators, "qed,sa,logp")
    from sekkei.molecules.files import read_molecules

    return _finish("molecules", read_molecules(file, column, blanks=True), names, out, as_json)


@app.command()
def materials(
    file: Annotated[Path, typer.Argument(help="Formulas: .txt .csv .tsv .jsonl .parquet, text also .gz.")],
    evaluators: Annotated[str, typer.Option("-e", "--evaluators", help="Names, separated by commas.")],
    out: Annotated[
        Path | None, typer.Option(help="CSV or Parquet file to write; a table on the screen where absent.")
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="Heading of the column of formulas, where it cannot be guessed.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Evaluate every formula of a file; one that cannot be read keeps its row and says why."""
    names = _names(evaluators, "band_gap,e_above_hull,cost,hazard")
    from sekkei.materials.files import read_formulas

    return _finish("materials", read_formulas(file, column, blanks=True), names, out, as_json)


def _names(evaluators: str, such_as: str) -> list[str]:
    names = [name.strip() for name in evaluators.split(",") if name.strip()]
    if not names:
        raise UserError("no evaluator is named", "-e", f"such as -e {such_as}")
    return names


def _finish(domain: str, lines: Sequence[Line], names: list[str], out: Path | None, as_json: bool) -> int:
    from sekkei.campaign.score import score

    check_ending(out)
    frame = score([line.text for line in lines], names, domain)
    finish_frame(frame, lines, out, as_json)
    return count_problems(int((frame["problem"] != "").sum()), len(frame))
