"""``sekkei data``: which data sets there are, fetching one, describing one; SMILES to SELFIES and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekkei.cli.output import Json, check_ending, count_problems, finish_frame, number, print_json, print_table, say
from sekkei.core.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from sekkei.data.catalogue import Dataset

app = typer.Typer(help="List, fetch and describe data sets.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of a data set, as `sekkei data list` prints it.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the data sets Sekkei knows, and which of them are on this machine."""
    from sekkei.data.catalogue import DATASETS

    rows = [
        {
            "name": known.name,
            "title": known.title,
            "rows": known.rows,
            "present": known.present,
            "fetchable": known.wheel is not None,
            "licence": known.licence,
            "source": known.source,
        }
        for known in DATASETS.values()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("name", "molecules", "here", "licence", "what it is"),
        [(d.name, f"{d.rows:,}", _here(d), d.licence, d.title) for d in DATASETS.values()],
    )


@app.command("fetch")
def fetch_(
    name: Annotated[str, typer.Argument(help="Name of a data set, as `sekkei data list` prints it, or mp.")],
    system: Annotated[str, typer.Option(help="mp: a chemical system and its parts, such as Li-P-S.")] = "",
    properties: Annotated[str, typer.Option(help="mp: such as band_gap,e_above_hull. [default: all]")] = "",
    out: Annotated[Path | None, typer.Option(help="mp: also write the table here, .parquet or .csv.")] = None,
    as_json: Json = False,
) -> None:
    """Download a data set through pip, check its SHA-256 and unpack it. This is the only verb that uses the network.

    mp asks the Materials Project for compounds, through its own client and with your key (`pip install "sekkei[mp]"`,
    MP_API_KEY); designs then know them, with their ids.
    """
    if name == "mp":
        from sekkei.data.summary import fetch_compounds

        count, written = fetch_compounds(system, [p.strip() for p in properties.split(",") if p.strip()], out)
        say(f"{count:,} compounds")
    else:
        if system or properties or out:
            raise UserError("is for mp alone", "--system, --properties or --out", "leave it out")
        from sekkei.data.catalogue import fetch

        written = fetch(name, say)
    if as_json:
        print_json({"name": name, "files": [str(path) for path in written]})
    else:
        for path in written:
            typer.echo(str(path))


@app.command("describe")
def describe_(name: Name, as_json: Json = False) -> None:
    """Print how many molecules a data set holds and what ranges its properties cover."""
    from sekkei.data.stats import QUANTILES, describe

    found = describe(name)
    if as_json:
        shares = [f"{share:g}" for share in QUANTILES]
        quantiles = {p: dict(zip(shares, values.tolist(), strict=True)) for p, values in found.quantiles.items()}
        print_json({"name": found.name, "rows": found.rows, "sampled": found.sampled, "quantiles": quantiles})
        return
    print_table(
        ("property", *(f"{share:.0%}" for share in QUANTILES)),
        [(p, *(number(float(value)) for value in values)) for p, values in found.quantiles.items()],
        f"{found.name}: {found.rows:,} rows; quantiles of {found.sampled:,} molecules drawn at random",
    )


@app.command("convert")
def convert_(
    file: Annotated[Path, typer.Argument(help="SMILES or SELFIES: .smi .txt .csv .tsv .parquet, also .gz.")],
    to: Annotated[str, typer.Option(help="selfies or smiles.")],
    out: Annotated[
        Path | None, typer.Option(help="CSV or Parquet file to write; a table on the screen where absent.")
    ] = None,
    column: Annotated[str | None, typer.Option(help="Heading of the column, where it cannot be guessed.")] = None,
    as_json: Json = False,
) -> int:
    """Write SMILES as SELFIES or the other way; a row that has no such form stays and says why."""
    if to not in ("selfies", "smiles"):
        raise UserError(f"unknown form '{to}'", "--to", did_you_mean(to, ("selfies", "smiles")))
    check_ending(out)
    import pandas as pd

    from sekkei.core.types import Problem
    from sekkei.molecules.codecs.selfies import to_selfies, to_smiles
    from sekkei.molecules.files import read_molecules

    lines = read_molecules(file, column)
    made = [(to_selfies if to == "selfies" else to_smiles)(line.text) for line in lines]
    problems = [one.message if isinstance(one, Problem) else "" for one in made]
    texts = ["" if isinstance(one, Problem) else one for one in made]
    frame = pd.DataFrame({"given": [line.text for line in lines], to: texts, "problem": problems})
    finish_frame(frame, lines, out, as_json)
    return count_problems(sum(map(bool, problems)), len(lines))


def _here(known: Dataset) -> str:
    if known.present:
        return "yes"
    return "no: fetch it" if known.wheel else "no: bring it"
