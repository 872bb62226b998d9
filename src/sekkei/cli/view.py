"""``sekkei view``: crystals in three dimensions, as one page."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from sekkei.cli.output import Json, print_json, say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError


def view(
    file: Annotated[Path, typer.Argument(help="CIF, POSCAR, .extxyz, .parquet, or a folder of these.")],
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("view.html"),
    most: Annotated[int, typer.Option("--most", help="Structures to draw, from the first.")] = 50,
    as_json: Json = False,
) -> int:
    """Draw crystals to be turned in any browser, offline; what cannot be read is listed with its reason."""
    if not 1 <= most <= 1000:
        raise UserError(f"{most} is outside 1 to 1000", "--most")
    from sekkei.materials.scene import scene
    from sekkei.materials.structure_files import read_crystals
    from sekkei.report.view import write_view

    lines = list(islice(read_crystals(file), most + 1))
    more, lines = len(lines) > most, lines[:most]
    scenes = [scene(line.item, line.name) for line in lines if line.item is not None]
    problems = [(line.name or f"structure {line.line}", line.problem.message) for line in lines if line.problem]
    write_view(out, file.name, scenes, problems)
    if as_json:
        print_json({"file": str(out), "drawn": len(scenes), "problems": [list(one) for one in problems], "more": more})
    say(f"{len(scenes)} of {len(lines)} structures in {out}")
    if more:
        say(f"the file holds more than {most}; --most draws more of them")
    return EXIT_PARTIAL if problems else EXIT_OK
