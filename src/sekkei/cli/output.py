"""What every verb prints: results on standard output, messages and progress on standard error."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

if TYPE_CHECKING:
    import pandas as pd

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]

EXIT_INTERRUPTED = 130

_PLAIN_WIDTH = 160


def say(message: str) -> None:
    """Print one message for a person, on standard error."""
    typer.echo(message, err=True)


def print_json(value: object) -> None:
    """Print a value as strict JSON; numbers that JSON lacks (NaN, infinities) become null."""
    typer.echo(json.dumps(_strict(value), ensure_ascii=False, indent=1, allow_nan=False))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Print a table on standard output, as wide as the terminal or as a plain file needs."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left")
    for heading in headings:
        # Text, not str: a SMILES such as [OH] would be taken for markup.
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False).print(table)


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


def check_ending(out: Path | None) -> None:
    """Refuse to write a table where its name would say that it is something else.

    Raises:
        UserError: the name ends neither in ``.csv`` nor in ``.parquet``.
    """
    if out and out.suffix not in (".csv", ".parquet"):
        raise UserError(f"'{out.suffix}' is no format for tables", str(out), "end the name with .csv or .parquet")


def finish_frame(
    frame: pd.DataFrame,
    lines: Sequence[Line],
    out: Path | None,
    as_json: bool,
    on_screen: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> None:
    """Put line and name before each row, and write or print the table.

    Args:
        frame: one row for each line, changed in place.
        lines: what stood in the file.
        out: CSV or Parquet file to write; a table on the screen where absent.
        as_json: print the rows as JSON.
        on_screen: makes a narrower table of it for the screen.
    """
    from sekkei.core.files import replacing, write_text

    frame.insert(0, "line", [line.line for line in lines])
    if any(line.name for line in lines):
        frame.insert(1, "name", [line.name for line in lines])
    if out and out.suffix == ".parquet":
        with replacing(out) as temporary:
            frame.to_parquet(temporary, index=False)
    elif out:
        write_text(out, frame.to_csv(index=False, lineterminator="\n"))
    if out:
        say(f"{len(frame)} rows in {out}")
    if as_json:
        print_json(frame.to_dict(orient="records"))
    elif not out:
        shown = on_screen(frame) if on_screen else frame
        rows = [tuple(map(cell, row)) for row in shown.itertuples(index=False)]
        print_table([str(heading) for heading in shown.columns], rows)


def count_problems(broken: int, rows: int) -> int:
    """Say how many of the rows have a problem; the exit code."""
    if broken:
        say(f"{broken} of {rows} rows have a problem; the column 'problem' says which")
        return EXIT_PARTIAL
    return EXIT_OK


def cell(value: object) -> str:
    """A value as a table shows it."""
    if isinstance(value, float):
        return number(value)
    return "" if value is None else str(value)


def number(value: float) -> str:
    """A number as a table shows it: three decimals at most, a dash where it is missing."""
    if math.isnan(value):
        return "–"
    text = f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:.3g}"
    return "0" if text == "-0" else text


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error that is told (done, total); None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _strict(value: object) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _strict(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_strict(part) for part in value]
    return value
