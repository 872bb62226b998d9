"""``sekkei hull``: energies above the convex hull of a table of references."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekkei.cli.output import Json, cell, count_problems, print_json, print_table, say
from sekkei.core.errors import UserError

if TYPE_CHECKING:
    from sekkei.materials.energies import Energies

OWN = "chgnet"
"""The potential whose hull ships."""


def hull(
    file: Annotated[Path, typer.Argument(help="Formulas with energies: .csv .tsv .parquet, or a relaxed .extxyz.")],
    reference: Annotated[
        Path | None,
        typer.Option(
            help="The materials that make the hull, in the same energy frame; mp asks the live database. "
            "[default: CHGNet's energies of known structures, which ship]"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write; a table on the screen where absent.")] = None,
    energy: Annotated[str | None, typer.Option(help="Heading of the energies, where it cannot be guessed.")] = None,
    reference_energy: Annotated[str | None, typer.Option(help="The same in the reference.")] = None,
    as_json: Json = False,
) -> int:
    """Say how far each material lies above the hull, and what it would decompose into.

    Without --reference FILE must hold CHGNet's own total energies, as `sekkei relax` writes them.
    """
    from sekkei.campaign.place import place_rows
    from sekkei.campaign.reference import check_frame
    from sekkei.data.project import WORD, mp_hull
    from sekkei.materials.energies import read_energies
    from sekkei.materials.files import write_table

    asked = read_energies(file, energy)
    if reference is None:
        reference = _own_hull(file, asked)
    elif str(reference) == WORD:
        check_frame(asked.potentials, "--reference mp")
        reference = mp_hull(where="--reference mp")
    rows = place_rows(asked, read_energies(reference, reference_energy))
    if out:
        write_table(out, rows)
        say(f"{len(rows)} rows in {out}")
    if as_json:
        print_json(rows)
    elif not out:
        shown = ("name", "formula", "e_above_hull [eV/atom]", "decomposes_into", "lowest_of_formula", "problem")
        print_table(shown, [tuple(cell(row[heading]) for heading in shown) for row in rows])
    broken = sum(bool(row["problem"]) for row in rows)
    return count_problems(broken, len(rows))


def _own_hull(file: Path, asked: Energies) -> Path:
    """The hull of CHGNet's own energies, said on standard error; refused where the energies to place are no such."""
    from sekkei.campaign.reference import usual_hull

    hint = "relax the structures with `sekkei relax`, or name a table in the same frame with --reference"
    if asked.formation:
        raise UserError("holds formation energies; the hull that ships is of CHGNet's total energies", str(file), hint)
    if strangers := sorted(asked.potentials - {OWN}):
        raise UserError(
            f"holds energies of {', '.join(strangers)[:60]}; the hull that ships is CHGNet's", str(file), hint
        )
    if not any(row.problem is None for row in asked.rows):
        raise UserError("holds no energy to place", str(file), hint)
    path = usual_hull(OWN)
    if path is None:
        raise UserError("there is no hull of CHGNet's energies", "--reference", "name a table of energies")
    say(f"hull: CHGNet's energies of known structures, {path}")
    if not asked.potentials:
        say(f"{file} does not say whose energies it holds: they are taken for CHGNet's total energies per atom")
    return path
