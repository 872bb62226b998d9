"""``sekkei relax``: relax crystals with a machine-learned potential."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekkei.cli.output import Json, cell, count_problems, print_json, print_table, progress_bar, say
from sekkei.core.errors import UserError

if TYPE_CHECKING:
    from sekkei.campaign.finished import Finished


def relax(
    file: Annotated[Path, typer.Argument(help="CIF, POSCAR, .extxyz, .parquet, or a folder of these.")],
    out: Annotated[Path, typer.Option(help="Extended XYZ file to write; a CSV file goes beside it.")],
    potential: Annotated[str, typer.Option(help="The potential: chgnet or sevennet.")] = "chgnet",
    fmax: Annotated[float, typer.Option(help="Done below this largest force [eV/Angstrom].")] = 0.05,
    steps: Annotated[int, typer.Option(help="Most steps for a structure.")] = 200,
    seconds: Annotated[float, typer.Option(help="Longest time for a structure.")] = 300.0,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    cluster: Annotated[str | None, typer.Option(help="Address of a Dask scheduler whose workers relax.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the stopped run of the same --out.")] = False,
    as_json: Json = False,
) -> int:
    """Relax cell and atoms of every structure; one that cannot be keeps its row and says why."""
    if workers < 1:
        raise UserError(f"{workers} is below 1", "--workers")
    if out.suffix.lower() not in (".extxyz", ".xyz"):
        raise UserError(f"'{out.name}' does not end in .extxyz", "--out", "such as relaxed.extxyz")
    from sekkei.campaign.finished import Finished
    from sekkei.campaign.relax import relax_lines, sound_of, write_relaxed
    from sekkei.materials.structure_files import read_crystals
    from sekkei.metrics.parallel import workers_of
    from sekkei.predict.relaxation import Limits

    _check_out(file, out, resume=resume)
    limits = Limits(fmax, steps, seconds)
    lines = list(read_crystals(file))
    sound = sound_of(lines)
    with Finished(out, sound, potential, limits, resume=resume) as finished, _interruptible(finished):
        left = len(sound) - len(finished.rows)
        with workers_of(min(workers, left), cluster if left else None) as pool, progress_bar("relaxing") as tell:
            rows = relax_lines(lines, potential, limits, pool, tell, finished)
        beside = write_relaxed(out, rows)
        finished.remove()
    table = [row.row() for row in rows]
    if as_json:
        print_json(table)
    else:
        shown = ("name", "formula", "converged", "steps", "energy_per_atom [eV/atom]", "rmsd [Angstrom]",
                 "spacegroup_before", "spacegroup_after", "problem")  # fmt: skip
        cells = [tuple(cell(row[heading]) for heading in shown) for row in table]
        print_table(shown, cells)
    written, broken = [row for row in rows if row.item is not None], sum(row.problem is not None for row in rows)
    stopped = sum(row.problem is not None for row in written)
    told = f", {stopped} of them broken off and marked" if stopped else ""
    where = f" in {out}" if written else ""
    say(f"{len(written)} of {len(rows)} structures{where}{told}, every row in {beside}")
    return count_problems(broken, len(rows))


def _check_out(file: Path, out: Path, *, resume: bool) -> None:
    """Refuse to write over what is read, or over a table that may be somebody else's."""
    beside = out.with_suffix(".csv")
    if file.resolve() in (out.resolve(), beside.resolve()):
        raise UserError("would be written over", str(file), "give another --out: what cannot be relaxed would be lost")
    if file.is_dir() and out.exists() and out.resolve().parent == file.resolve():
        raise UserError("is in the folder that is read, and would be written over", str(out), "give another --out")
    if beside.exists() and not (out.exists() or resume or _written_here(beside)):
        raise UserError("is there already and would be written over", str(beside), "give another --out, or move it")


def _written_here(table: Path) -> bool:
    """Whether a table is one of this command's own."""
    with table.open("rb") as file:
        return b"first_energy_per_atom" in file.readline(10_000)


@contextmanager
def _interruptible(finished: Finished) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if finished.rows:
            say(f"stopped; {len(finished.rows)} structures are done, the same command with --resume goes on")
        raise
