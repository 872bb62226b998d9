"""What ``sekkei finetune`` and ``sekkei compare`` share: options, teachers by name, and what is said of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekkei.cli.output import say
from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Problem

if TYPE_CHECKING:
    from sekkei.predict.fit import Teacher
    from sekkei.predict.lab_table import LabTable

TOLD = "The word for the domain may be left out where --model or the heading of the structures tells it."


METHODS = ("baseline", "full", "adapter", "lora", "blend")
TASKS = ("number", "class", "gated")
_SHOWN = 10

Data = Annotated[Path, typer.Option(help="Table with a column of structures and one of numbers: .csv .tsv .parquet.")]
Target = Annotated[str, typer.Option(help="Heading of the column of numbers; it names the property.")]
Wanted = Annotated[
    str | None,
    typer.Option(
        "--target",
        help="Heading of the numbers; it names the property. Several, separated by commas, are learned together. "
        "Without it --model is a generator.",
    ),
]
Out = Annotated[Path, typer.Option(help="Folder for the predictor or generator; of several targets one below it each.")]
Unit = Annotated[str, typer.Option(help="Unit of the numbers; of several targets one each, separated by commas.")]
Method = Annotated[
    str | None,
    typer.Option(
        help="baseline (gradient-boosted trees), an encoder by full, adapter or lora, or blend (trees and an encoder "
        "by full, averaged); a generator by full or lora. [default: baseline; generators lora]"
    ),
]
Methods = Annotated[str, typer.Option(help="Methods, separated by commas.")]
ModelName = Annotated[str | None, typer.Option(help="Encoder: a shipped one, a folder, or a ChemBERTa of the hub.")]
Task = Annotated[str, typer.Option(help="number; class (0 or 1); gated: a number that is often exactly zero.")]
Rank = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Rank of LoRA, or width of the adapters. [default: 4; generators 8]"),
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Passes over the table; the usual number where absent.")]
ColumnName = Annotated[str | None, typer.Option(help="Heading of the structures, where it cannot be guessed.")]
Low = Annotated[float, typer.Option(help="Smallest value that is possible.")]
High = Annotated[float, typer.Option(help="Largest value that is possible.")]
Folds = Annotated[int, typer.Option(help="Parts of the table, each judged by what was learned from the others.")]


def teacher_of(domain: str, method: str, model: str | None, task: str, rank: int | None, epochs: int | None) -> Teacher:
    """How a method learns.

    Raises:
        UserError: no such method, task or encoder.
    """
    if method not in METHODS:
        raise UserError(f"unknown method '{method}'", "--method", did_you_mean(method, METHODS))
    if task not in TASKS:
        raise UserError(f"unknown task '{task}'", "--task", did_you_mean(task, TASKS))
    from sekkei.predict.lab import lab_blending, lab_recipe, lab_tuning
    from sekkei.predict.networks import Tuning

    if method == "baseline":
        if model:
            raise UserError("trees need no encoder", "--model", "leave it out, or say --method full, adapter or lora")
        return lab_recipe(task)  # type: ignore[arg-type]
    rank = rank or Tuning.rank
    if method == "blend":
        return lab_blending(domain, model, "full", task, rank, epochs)  # type: ignore[arg-type]
    return lab_tuning(domain, model, method, task, rank, epochs)  # type: ignore[arg-type]


def tell(domain: str, tables: Sequence[LabTable], unused: Sequence[tuple[int, str, Problem]], task: str) -> None:
    """Say which rows are not used, and which structures have several values."""
    from sekkei.predict.describe import describer
    from sekkei.predict.lab_table import conflicts

    for row, text, why in unused[:_SHOWN]:
        say(f"row {row} '{text[:40]}' is not used: {why.message}")
    if len(unused) > _SHOWN:
        kinds = Counter(why.kind for _, _, why in unused[_SHOWN:])
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        say(f"and {len(unused) - _SHOWN} more rows ({counts}); --json lists all where the others can be learned from")
    how = "most count" if task == "class" else "the mean counts"
    for table in tables:
        twice = conflicts(table, describer(domain).key)
        if twice:
            key = describer(domain).key
            say(f"{len(twice)} structures have different values, such as {_example(table, key, twice[0][0])}; {how}")
            if domain == "molecules":
                say("stereoisomers, isotopes and ions of one molecule are one structure here")


def _example(table: LabTable, key: Callable[[Any], str], name: str) -> str:
    """What the rows of one structure say, as they are written."""
    rows = zip(table.texts, table.items, table.values.tolist(), strict=True)
    mine = [(text, value) for text, item, value in rows if not isinstance(item, Problem) and key(item) == name]
    return ", ".join(f"{text} {value:g}" for text, value in mine[:5])
