"""``sekkei score``: run evaluators on given structures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from sekkei.cli.output import Json, number, print_json, print_table, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

if TYPE_CHECKING:
    import pandas as pd


class Line(Protocol):
    """A structure of a file, with its place there."""

    @property
    def line(self) -> int:
        """Where it stands."""

    @property
    def name(self) -> str:
        """Its name, empty where it has none."""

    @property
    def text(self) -> str:
        """The structure as the file has it."""


app = typer.Typer(help="Run evaluators on structures of your own.", no_args_is_help=True)


@app.command()
def molecules(
    file: Annotated[Path, typer.Argument(help="SMILES or structures: .smi .txt .csv .tsv .sdf .parquet, also .gz.")],
    evaluators: Annotated[str, typer.Option("-e", "--evaluators", help="Names, separated by commas.")],
    out: Annotated[Path | None, typer.Option(help="CSV file to write; a table on the screen where absent.")] = None,
    column: Annotated[
        str | None, typer.Option(help="Heading of the SMILES column, where it cannot be guessed.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Evaluate every molecule of a file; one that cannot be read keeps its row and says why."""
    names = _names(evaluators, "qed,sa,logp")
    from sekkei.molecules.files import read_molecules

    return _finish("molecules", read_molecules(file, column), names, out, as_json)


@app.command()
def materials(
    file: Annotated[Path, typer.Argument(help="Formulas: .txt .csv .tsv .jsonl .parquet, text also .gz.")],
    evaluators: Annotated[str, typer.Option("-e", "--evaluators", help="Names, separated by commas.")],
    out: Annotated[Path | None, typer.Option(help="CSV file to write; a table on the screen where absent.")] = None,
    column: Annotated[
        str | None, typer.Option(help="Heading of the column of formulas, where it cannot be guessed.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Evaluate every formula of a file; one that cannot be read keeps its row and says why."""
    names = _names(evaluators, "band_gap,e_above_hull,cost,hazard")
    from sekkei.materials.files import read_formulas

    return _finish("materials", read_formulas(file, column), names, out, as_json)


def _names(evaluators: str, such_as: str) -> list[str]:
    names = [name.strip() for name in evaluators.split(",") if name.strip()]
    if not names:
        raise UserError("no evaluator is named", "-e", f"such as -e {such_as}")
    return names


def _finish(domain: str, lines: Sequence[Line], names: list[str], out: Path | None, as_json: bool) -> int:
    """Evaluate, write or print, and count what went wrong."""
    from sekkei.campaign.score import score
    from sekkei.core.files import write_text

    frame = score([line.text for line in lines], names, domain)
    frame.insert(0, "line", [line.line for line in lines])
    if any(line.name for line in lines):
        frame.insert(1, "name", [line.name for line in lines])
    if out:
        write_text(out, frame.to_csv(index=False, lineterminator="\n"))
        say(f"{len(frame)} rows in {out}")
    if as_json:
        print_json(frame.to_dict(orient="records"))
    elif not out:
        _show(frame)
    broken = int((frame["problem"] != "").sum())
    if broken:
        say(f"{broken} of {len(frame)} rows have a problem; the column 'problem' says which")
        return EXIT_PARTIAL
    return EXIT_OK


def _show(frame: pd.DataFrame) -> None:
    rows = [
        tuple(number(cell) if isinstance(cell, float) else str(cell) for cell in row)
        for row in frame.itertuples(index=False)
    ]
    print_table([str(heading) for heading in frame.columns], rows)
