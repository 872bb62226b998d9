"""``sekkei finetune`` and ``sekkei compare``: predictors and generators from data of one's own, and which way pays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekkei.cli.domains import Told
from sekkei.cli.output import Json, print_json, print_table, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError, did_you_mean

if TYPE_CHECKING:
    from sekkei.core.types import Problem
    from sekkei.predict.compare import Row
    from sekkei.predict.fit import Teacher
    from sekkei.predict.lab import LabTable
    from sekkei.predict.predictor import Predictor

_TOLD = "The word for the domain may be left out where --model or the heading of the structures tells it."

app = typer.Typer(
    help=f"Teach a predictor or a generator with data of your own. {_TOLD}", cls=Told, no_args_is_help=True
)
compare_app = typer.Typer(
    help=f"Compare ways of learning from a table of your own. {_TOLD}", cls=Told, no_args_is_help=True
)

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


@app.command()
def materials(
    data: Data, out: Out, target: Wanted = None, unit: Unit = "", method: Method = None, model: ModelName = None,
    task: Task = "number", rank: Rank = None, epochs: Epochs = None, column: ColumnName = None,
    low: Low = float("-inf"), high: High = float("inf"), seed: int = 0, as_json: Json = False,
) -> int:  # fmt: skip
    """Learn a property of compositions from a table, or, without --target, teach a generator structures of your own."""
    if target is None:
        return _adopt(data, out, method or "lora", model, rank, epochs, seed, as_json)
    _check(target, out)
    teacher = _teacher("materials", method or "baseline", model, task, rank, epochs)
    return _finetune("materials", data, target, out, unit, teacher, column, (low, high), seed, as_json)


@app.command()
def molecules(
    data: Data, out: Out, target: Wanted = None, unit: Unit = "", method: Method = None, model: ModelName = None,
    task: Task = "number", rank: Rank = None, epochs: Epochs = None, column: ColumnName = None,
    low: Low = float("-inf"), high: High = float("inf"), seed: int = 0, as_json: Json = False,
) -> int:  # fmt: skip
    """Learn a property of molecules from a table, or, without --target, teach a generator structures of your own."""
    if target is None:
        return _adopt(data, out, method or "lora", model, rank, epochs, seed, as_json)
    _check(target, out)
    teacher = _teacher("molecules", method or "baseline", model, task, rank, epochs)
    return _finetune("molecules", data, target, out, unit, teacher, column, (low, high), seed, as_json)


@compare_app.command("materials")
def compare_materials(
    data: Data, target: Target, methods: Methods = "full,adapter,lora,baseline", model: ModelName = None,
    folds: Folds = 5, task: Task = "number", rank: Rank = None, epochs: Epochs = None, column: ColumnName = None,
    seed: int = 0, as_json: Json = False,
) -> int:  # fmt: skip
    """Cross-validate ways of learning a property of compositions: error, trained parameters, time."""
    return _compare("materials", data, target, methods, model, folds, task, rank, epochs, column, seed, as_json)


@compare_app.command("molecules")
def compare_molecules(
    data: Data, target: Target, methods: Methods = "full,adapter,lora,baseline", model: ModelName = None,
    folds: Folds = 5, task: Task = "number", rank: Rank = None, epochs: Epochs = None, column: ColumnName = None,
    seed: int = 0, as_json: Json = False,
) -> int:  # fmt: skip
    """Cross-validate ways of learning a property of molecules: error, trained parameters, time."""
    return _compare("molecules", data, target, methods, model, folds, task, rank, epochs, column, seed, as_json)


def _teacher(domain: str, method: str, model: str | None, task: str, rank: int | None, epochs: int | None) -> Teacher:
    if method not in METHODS:
        raise UserError(f"unknown method '{method}'", "--method", did_you_mean(method, METHODS))
    if task not in TASKS:
        raise UserError(f"unknown task '{task}'", "--task", did_you_mean(task, TASKS))
    from sekkei.predict.lab import lab_blending, lab_recipe, lab_tuning
    from sekkei.predict.networks import Tuning

    if method == "baseline":
        if model:
            raise UserError("trees need no encoder", "--model", "leave it out, or name another --method")
        return lab_recipe(task)  # type: ignore[arg-type]
    rank = rank or Tuning.rank
    if method == "blend":
        return lab_blending(domain, model, "full", task, rank, epochs)  # type: ignore[arg-type]
    return lab_tuning(domain, model, method, task, rank, epochs)  # type: ignore[arg-type]


def _finetune(
    domain: str, data: Path, target: str, out: Path, unit: str, teacher: Teacher, column: str | None,
    ends: tuple[float, float], seed: int, as_json: bool,
) -> int:  # fmt: skip
    from sekkei.core.types import Measure
    from sekkei.predict.keep import save_predictor
    from sekkei.predict.lab import read_lab, with_card
    from sekkei.predict.several import fit_several, unused

    ends = (max(ends[0], 0.0), min(ends[1], 1.0)) if teacher.task == "class" else ends
    names = _names(target)
    pairs = zip(names, _units(unit, len(names)), strict=True)
    measures = [Measure(name, one, name, low=ends[0], high=ends[1], source=data.name) for name, one in pairs]
    tables = [read_lab(domain, data, name, column) for name in names]
    problems = unused(tables)
    _warn(domain, tables, problems)
    made = []
    for found in map(with_card, fit_several(domain, tables, measures, data.name, seed, teacher)):
        folder = out if len(names) == 1 else out / found.name
        made.append({"folder": str(folder), "hash": save_predictor(folder, found), **found.training})
        if not as_json:
            _show(found)
        say(f"{folder}, hash {made[-1]['hash']}; use it with `sekkei predict {domain} FILE -p {folder}`")
    if as_json:
        rows = [{"row": row, "text": text, "problem": why.message} for row, text, why in problems]
        print_json({"unused_rows": rows, **(made[0] if len(names) == 1 else {"predictors": made})})
    return EXIT_PARTIAL if problems else EXIT_OK


def _adopt(
    data: Path,
    out: Path,
    method: str,
    model: str | None,
    rank: int | None,
    epochs: int | None,
    seed: int,
    as_json: bool,
) -> int:
    from sekkei import zoo
    from sekkei.generate.shared import folder_of
    from sekkei.generate.shelf import load
    from sekkei.train.adopt import METHODS as WAYS
    from sekkei.train.adopt import Adoption, adopt

    if model is None:
        hint = f"name a property with --target, or a generator with --model: {', '.join(zoo.shipped())}"
        raise UserError("nothing says what to learn", "--target", hint)
    if method not in WAYS:
        raise UserError(f"generators are not fine-tuned by '{method}'", "--method", did_you_mean(method, WAYS))
    _check_out(out)
    base = folder_of(model)
    name = model if model in zoo.shipped() else str(base.resolve())
    how = Adoption(method, rank or Adoption.rank, epochs or Adoption.epochs, seed)
    made = load(str(adopt(base, name, data, out, how, say)))
    if as_json:
        print_json({"folder": str(out), "hash": made.hash, "training": made.training})
    else:
        before, after = made.training["held_out_nats_before"][0], made.training["held_out_nats"][0]
        say(f"structures kept aside: {after:.2f} nats each, {before:.2f} before")
    say(f"model {made.hash} in {out}: use it with --model {out}")
    return EXIT_PARTIAL if made.training["left_out"] else EXIT_OK


def _compare(
    domain: str, data: Path, target: str, methods: str, model: str | None, folds: int, task: str, rank: int | None,
    epochs: int | None, column: str | None, seed: int, as_json: bool,
) -> int:  # fmt: skip
    names = list(dict.fromkeys(name.strip() for name in methods.split(",") if name.strip()))
    if not names:
        raise UserError("no method is named", "--methods", f"known: {', '.join(METHODS)}")
    made = [(name, _teacher(domain, name, None if name == "baseline" else model, task, rank, epochs)) for name in names]
    from sekkei.predict.compare import compare
    from sekkei.predict.lab import check_values, lab_labels, read_lab

    table = read_lab(domain, data, target, column)
    _warn(domain, [table], table.problems)
    labels = lab_labels(domain, table, target)
    check_values(labels.values, made[0][1].task, target)
    rows = compare(domain, labels, made, folds, seed, say)
    if as_json:
        print_json([row.as_dict() for row in rows])
    else:
        _show_comparison(rows, task)
    return EXIT_PARTIAL if table.problems else EXIT_OK


def _show_comparison(rows: Sequence[Row], task: str) -> None:
    error = "share of wrong answers" if task == "class" else "mean absolute error"
    cells = []
    for row in rows:
        numbers = row.as_dict()
        trained = "trees" if row.trained is None else f"{row.trained[0]:,} + {row.trained[1]:,} in the head"
        share = "" if row.share is None else f"{100 * row.share:.2g} %"
        spread = f"{numbers['mae']:.4g} ± {numbers['mae_deviation']:.2g}"
        cells.append(
            (row.method, row.encoder or "", spread, f"{numbers['rmse']:.4g}", trained, share, f"{row.seconds:.0f} s")
        )
    print_table(("method", "encoder", error, "RMSE", "parameters trained", "of the encoder", "time"), cells)


def _check(target: str, out: Path) -> None:
    for name in _names(target):
        if not name.isidentifier():
            raise UserError(
                f"'{name}' cannot be named in a target", "--target", "use letters, digits and _ in the heading"
            )
    _check_out(out)


def _names(target: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in target.split(",")))


def _units(unit: str, many: int) -> list[str]:
    units = [one.strip() for one in unit.split(",")] if unit and many > 1 else [unit] * many
    if len(units) != many:
        raise UserError(f"{len(units)} units for {many} targets", "--unit", "give one for each, separated by commas")
    return units


def _check_out(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError("is not an empty folder", str(out), "choose another place")


def _warn(domain: str, tables: Sequence[LabTable], unused: Sequence[tuple[int, str, Problem]]) -> None:
    from sekkei.predict.describe import describer
    from sekkei.predict.lab import conflicts

    for row, text, why in unused[:_SHOWN]:
        say(f"row {row} '{text[:40]}' is not used: {why.message}")
    if len(unused) > _SHOWN:
        say(f"and {len(unused) - _SHOWN} more rows; --json lists all")
    for table in tables:
        twice = conflicts(table, describer(domain).key)
        if twice:
            say(f"{len(twice)} structures have different values, such as {_example(twice[0])}; the mean counts")


def _example(pair: tuple[str, Sequence[float]]) -> str:
    name, values = pair
    return f"{name}: {', '.join(f'{value:g}' for value in values[:5])}"


def _show(found: Predictor) -> None:
    errors, sizes = found.training["held_out"], found.training["objects"]
    how = "cross-validation" if found.training.get("cross_validated") else f"{sizes['test']} structures kept aside"
    name, words = ("mae", "mean absolute error") if "mae" in errors else ("auc", "ROC-AUC")
    headings = ["trained on", "judged by", words, "90 % intervals that hold"]
    cells = [f"{sizes['train']}", how, f"{errors[name]:.4g}", f"{100 * errors['coverage']:.1f} %"]
    if "mad" in errors:
        headings.append("error of saying the mean")
        cells.append(f"{errors['mad']:.4g}")
    if "baseline" in found.training:
        headings.append("trees on the same")
        cells.append(f"{found.training['baseline'][name]:.4g}")
    print_table(headings, [cells])
