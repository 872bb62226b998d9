"""``sekkei hull``: energies above the convex hull of a table of references."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekkei.cli.output import Json, cell, count_problems, print_json, print_table, say


def hull(
    file: Annotated[Path, typer.Argument(help="Formulas with energies: .csv .tsv .parquet, or a relaxed .extxyz.")],
    reference: Annotated[
        Path,
        typer.Option(help="The materials that make the hull, in the same energy frame; mp asks the live database."),
    ],
    out: Annotated[Path | None, typer.Option(help="CSV file to write; a table on the screen where absent.")] = None,
    energy: Annotated[str | None, typer.Option(help="Heading of the energies, where it cannot be guessed.")] = None,
    reference_energy: Annotated[str | None, typer.Option(help="The same in the reference.")] = None,
    as_json: Json = False,
) -> int:
    """Say how far each material lies above the hull, and what it would decompose into."""
    from sekkei.campaign.place import place_rows
    from sekkei.campaign.reference import check_frame
    from sekkei.data.project import WORD, mp_hull
    from sekkei.materials.energies import read_energies
    from sekkei.materials.files import write_table

    asked = read_energies(file, energy)
    if str(reference) == WORD:
        check_frame(asked.potentials, "--reference mp")
        reference = mp_hull()
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
