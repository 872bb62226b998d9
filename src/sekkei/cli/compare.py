"""``sekkei compare``: which way of learning pays on a table of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sekkei.cli.domains import Told
from sekkei.cli.learning import (
    METHODS,
    TOLD,
    ColumnName,
    Data,
    Epochs,
    Folds,
    Methods,
    ModelName,
    Rank,
    Target,
    Task,
    teacher_of,
    tell,
)
from sekkei.cli.output import Json, print_json, print_table, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

if TYPE_CHECKING:
    from sekkei.predict.compare import Row

app = typer.Typer(help=f"Compare ways of learning from a table of your own. {TOLD}", cls=Told, no_args_is_help=True)


@app.command("materials")
def materials(
    data: Data, target: Target, methods: Methods = "full,adapter,lora,baseline", model: ModelName = None,
    folds: Folds = 5, task: Task = "number", rank: Rank = None, epochs: Epochs = None, column: ColumnName = None,
    seed: int = 0, as_json: Json = False,
) -> int:  # fmt: skip
    """Cross-validate ways of learning a property of compositions: error, trained parameters, time."""
    return _compare("materials", data, target, methods, model, folds, task, rank, epochs, column, seed, as_json)


@app.command("molecules")
def molecules(
    data: Data, target: Target, methods: Methods = "full,adapter,lora,baseline", model: ModelName = None,
    folds: Folds = 5, task: Task = "number", rank: Rank = None, epochs: Epochs = None, column: ColumnName = None,
    seed: int = 0, as_json: Json = False,
) -> int:  # fmt: skip
    """Cross-validate ways of learning a property of molecules: error, trained parameters, time."""
    return _compare("molecules", data, target, methods, model, folds, task, rank, epochs, column, seed, as_json)


def _compare(
    domain: str, data: Path, target: str, methods: str, model: str | None, folds: int, task: str, rank: int | None,
    epochs: int | None, column: str | None, seed: int, as_json: bool,
) -> int:  # fmt: skip
    names = list(dict.fromkeys(name.strip() for name in methods.split(",") if name.strip()))
    if not names:
        raise UserError("no method is named", "--methods", f"known: {', '.join(METHODS)}")
    made = [
        (name, teacher_of(domain, name, None if name == "baseline" else model, task, rank, epochs)) for name in names
    ]
    from sekkei.predict.compare import compare
    from sekkei.predict.lab import lab_labels
    from sekkei.predict.lab_table import read_lab, usable

    table = read_lab(domain, data, target, column, made[0][1].task)
    for _, teacher in made:
        table = usable(table, domain, teacher)
    tell(domain, [table], table.problems, task)
    labels = lab_labels(domain, table, target, made[0][1].task)
    rows = compare(domain, labels, made, folds, seed, say)
    if as_json:
        print_json([row.as_dict() for row in rows])
    else:
        _show_comparison(rows, task)
    return EXIT_PARTIAL if table.problems else EXIT_OK


def _show_comparison(rows: Sequence[Row], task: str) -> None:
    import numpy as np

    error, square = ("share of wrong answers", "√Brier") if task == "class" else ("mean absolute error", "RMSE")
    cells = []
    for row in rows:
        mean, deviation, root = f"{np.mean(row.error):.4g}", f"{np.std(row.error):.2g}", f"{np.mean(row.square):.4g}"
        trained = "trees" if row.trained is None else f"{row.trained[0]:,} + {row.trained[1]:,} in the head"
        share = "" if row.share is None else f"{100 * row.share:.2g} %"
        cells.append(
            (row.method, row.encoder or "", f"{mean} ± {deviation}", root, trained, share, f"{row.seconds:.0f} s")
        )
    print_table(("method", "encoder", error, square, "parameters trained", "of the encoder", "time"), cells)
