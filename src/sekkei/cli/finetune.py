"""``sekkei finetune``: predictors and generators from data of one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sekkei.cli.domains import Told
from sekkei.cli.learning import (
    TOLD,
    ColumnName,
    Data,
    Epochs,
    High,
    Low,
    Method,
    ModelName,
    Out,
    Rank,
    Task,
    Unit,
    Wanted,
    teacher_of,
    tell,
)
from sekkei.cli.output import Json, print_json, print_table, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError, did_you_mean

if TYPE_CHECKING:
    from sekkei.core.types import Measure
    from sekkei.predict.fit import Teacher
    from sekkei.predict.lab_table import LabTable
    from sekkei.predict.predictor import Predictor

app = typer.Typer(
    help=f"Teach a predictor or a generator with data of your own. {TOLD}", cls=Told, no_args_is_help=True
)


@app.command()
def materials(
    data: Data, out: Out, target: Wanted = None, unit: Unit = "", method: Method = None, model: ModelName = None,
    task: Task = "number", rank: Rank = None, epochs: Epochs = None, column: ColumnName = None,
    low: Low = float("-inf"), high: High = float("inf"), seed: int = 0, as_json: Json = False,
) -> int:  # fmt: skip
    """Learn a property of compositions from a table, or, without --target, teach a generator structures of your own."""
    if target is None:
        return _adopt(data, out, method or "lora", model, rank, epochs, seed, as_json)
    _check_out(out)
    teacher = teacher_of("materials", method or "baseline", model, task, rank, epochs)
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
    _check_out(out)
    teacher = teacher_of("molecules", method or "baseline", model, task, rank, epochs)
    return _finetune("molecules", data, target, out, unit, teacher, column, (low, high), seed, as_json)


def _finetune(
    domain: str, data: Path, target: str, out: Path, unit: str, teacher: Teacher, column: str | None,
    ends: tuple[float, float], seed: int, as_json: bool,
) -> int:  # fmt: skip
    from sekkei.predict.keep import save_predictor
    from sekkei.predict.lab import with_card
    from sekkei.predict.lab_table import read_lab, usable
    from sekkei.predict.several import fit_several, unused

    ends = (max(ends[0], 0.0), min(ends[1], 1.0)) if teacher.task == "class" else ends
    measures = _measures(_headings(data, target), unit, ends, data.name)
    tables = [usable(read_lab(domain, data, heading, column, teacher.task), domain, teacher) for heading in measures]
    for table, measure in zip(tables, measures.values(), strict=True):
        if teacher.task != "class":
            _check_bounds(table, measure)
    problems = unused(tables)
    tell(domain, tables, problems, teacher.task)
    made = []
    for found in map(with_card, fit_several(domain, tables, list(measures.values()), data.name, seed, teacher)):
        folder = out if len(measures) == 1 else out / found.name
        made.append({"folder": str(folder), "hash": save_predictor(folder, found), **found.training})
        if not as_json:
            _show(found)
        say(f"{folder}, hash {made[-1]['hash']}; use it with `sekkei predict {domain} FILE -p {folder}`")
    if as_json:
        rows = [{"row": row, "text": text, "problem": why.message} for row, text, why in problems]
        print_json({"unused_rows": rows, **(made[0] if len(measures) == 1 else {"predictors": made})})
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
    from sekkei.data.encoders import shipped_encoders
    from sekkei.generate.shared import folder_of
    from sekkei.generate.shelf import load
    from sekkei.train.adopt import METHODS as WAYS
    from sekkei.train.adopt import Adoption, adopt

    if model in shipped_encoders():
        raise UserError(f"'{model}' is an encoder", "--model", "name the column that it shall learn with --target")
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


def _headings(data: Path, target: str) -> list[str]:
    """The columns that are named: the whole text where it is a heading, else its parts between commas."""
    from sekkei.data.domains import headings_of

    whole = target.strip()
    parts = dict.fromkeys(name.strip() for name in target.split(","))
    return [whole] if "," in whole and whole in headings_of(data) else list(parts)


def _measures(headings: Sequence[str], unit: str, ends: tuple[float, float], source: str) -> dict[str, Measure]:
    """What the columns mean, by heading; ``Hardness (GPa)`` is called hardness, in GPa where no unit is given.

    Raises:
        UserError: a heading makes no name, two make the same, or there are not as many units.
    """
    from sekkei.core.types import Measure
    from sekkei.predict.table import check_name

    if not ends[0] < ends[1]:
        raise UserError(f"{ends[0]:g} is not below {ends[1]:g}", "--low, --high", "give the smallest value first")
    units = [one.strip() for one in unit.split(",")] if unit and len(headings) > 1 else [unit] * len(headings)
    if len(units) != len(headings):
        what = f"{len(units)} units for {len(headings)} targets"
        raise UserError(what, "--unit", "give one for each, separated by commas")
    found: dict[str, Measure] = {}
    for heading, one in zip(headings, units, strict=True):
        name, told = _called(heading)
        check_name(name, "--target")
        if any(name == other.name for other in found.values()):
            raise UserError(f"two columns would be called '{name}'", "--target", "change a heading")
        found[heading] = Measure(name, one or told, name, low=ends[0], high=ends[1], source=source)
    return found


def _called(heading: str) -> tuple[str, str]:
    """Name and unit of a column."""
    if heading.isidentifier():
        return heading, ""
    parts = re.fullmatch(r"(.*?)\s*[(\[]([^()\[\]]*)[)\]]", heading)
    word, unit = parts.groups() if parts else (heading, "")
    name = re.sub(r"\W+", "_", word).strip("_").lower()
    if not name.isidentifier():
        raise UserError(f"'{heading}' cannot be named in a target", "--target", "begin the heading with a letter")
    say(f"'{heading}' is called {name}" + (f" [{unit}]" if unit else ""))
    return name, unit


def _check_bounds(table: LabTable, measure: Measure) -> None:
    """Refuse numbers that cannot be.

    Raises:
        UserError: a number of the table lies outside the bounds of the measure.
    """
    beyond = [value for value in table.used.tolist() if value < measure.low or value > measure.high]
    if beyond:
        what = f"{len(beyond)} values of {measure.name} such as {beyond[0]:g} lie outside them"
        raise UserError(what, "--low, --high", "give other bounds, or put the table right")


def _check_out(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError("is not an empty folder", str(out), "choose another place")


def _show(found: Predictor) -> None:
    from sekkei.predict.predictor import NO_BETTER

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
    if found.beaten:
        say(f"{found.name}: the trees beside it erred less and will answer; `predict --as-trained` asks the encoder")
    if found.better().no_better:
        say(f"{found.name}: {NO_BETTER}")
