"""The ``sekkei`` command: its verbs, and how errors become one line and an exit code."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence

import typer

from sekkei.cli import (
    compare,
    data,
    design,
    doctor,
    edit,
    embed,
    evaluate,
    finetune,
    generate,
    hull,
    models,
    predict,
    pretrain,
    relax,
    score,
    train,
    version,
    view,
)
from sekkei.cli.output import EXIT_INTERRUPTED, say
from sekkei.core.errors import EXIT_USER_ERROR, UserError

app = typer.Typer(
    name="sekkei",
    help="Design molecules backwards: state the properties, get a ranked and explained list.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
app.add_typer(design.app, name="design")
app.add_typer(generate.app, name="generate")
app.add_typer(edit.app, name="edit")
app.add_typer(edit.interpolate_app, name="interpolate")
app.add_typer(score.app, name="score")
app.add_typer(predict.app, name="predict")
app.add_typer(embed.app, name="embed")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(train.app, name="train")
app.add_typer(pretrain.app, name="pretrain")
app.add_typer(finetune.app, name="finetune")
app.add_typer(compare.app, name="compare")
app.add_typer(data.app, name="data")
app.add_typer(models.app, name="models")
app.command("relax")(relax.relax)
app.command("hull")(hull.hull)
app.command("view")(view.view)
app.command("doctor")(doctor.doctor)
app.command("version")(version.version)


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: the words after ``sekkei``.

    Returns:
        The exit code: 0 all well, 2 something the user can put right, 3 a partial result, 130 interrupted.
    """
    # pymatgen tells of each noble gas; what the features hold for it is NaN, which trees can read
    warnings.filterwarnings("ignore", message="No Pauling electronegativity")
    try:
        answer = typer.main.get_command(app).main(list(arguments), prog_name="sekkei", standalone_mode=False)
    except UserError as error:
        return _refuse(str(error))
    except typer.TyperException as error:
        return _refuse(error.format_message())
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    except SystemExit as leaving:
        # typer and rich leave with code 1 where the reader of a pipe has left, which is no failure
        if not isinstance(leaving.__context__, BrokenPipeError):
            raise
        return _reader_left()
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        place = f"{error.filename}: " if error.filename else ""
        return _refuse(f"{place}{error.strerror} (check the path, its permissions and the free disk space)")
    return answer if isinstance(answer, int) else 0


def main() -> None:
    """Entry point of the installed command."""
    sys.exit(run(sys.argv[1:]))


def _refuse(message: str) -> int:
    say(f"sekkei: {' '.join(message.split())}")
    return EXIT_USER_ERROR


def _reader_left() -> int:
    # `sekkei ... | head` closes the pipe; the interpreter must not complain about it while shutting down.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
