"""``sekkei embed``: what an encoder makes of structures, as a table of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sekkei.cli.output import say
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, UserError

app = typer.Typer(help="Turn structures into vectors with a pre-trained encoder.", no_args_is_help=True)

Out = Annotated[Path, typer.Option(help="File to write: .parquet (texts, vectors, problems) or .npy (vectors alone).")]
ColumnName = Annotated[str | None, typer.Option(help="Heading of the column, where it cannot be guessed.")]
ModelName = Annotated[str | None, typer.Option(help="A shipped encoder, a folder, or a ChemBERTa of the hub.")]


@app.command()
def materials(
    file: Annotated[Path, typer.Argument(help="Formulas: .txt .csv .tsv .jsonl .parquet, also .gz.")],
    out: Out,
    model: ModelName = None,
    column: ColumnName = None,
) -> int:
    """Embed every formula of a file; one that cannot be read keeps its row, of missing numbers, and says why."""
    from sekkei.materials.files import read_formulas

    return _embed("materials", [line.text for line in read_formulas(file, column, blanks=True)], model, out)


@app.command()
def molecules(
    file: Annotated[Path, typer.Argument(help="SMILES or structures: .smi .txt .csv .tsv .sdf .parquet, also .gz.")],
    out: Out,
    model: ModelName = None,
    column: ColumnName = None,
) -> int:
    """Embed every molecule of a file; one that cannot be read keeps its row, of missing numbers, and says why."""
    from sekkei.molecules.files import read_molecules

    return _embed("molecules", [line.text for line in read_molecules(file, column, blanks=True)], model, out)


def _embed(domain: str, texts: Sequence[str], model: str | None, out: Path) -> int:
    if out.suffix not in (".parquet", ".npy"):
        raise UserError(f"'{out.suffix}' is no format for vectors", str(out), "end the name with .parquet or .npy")
    from sekkei.predict.embed import embedded, write_embeddings

    table = embedded(domain, texts, model)
    write_embeddings(table, out)
    broken = sum(problem != "" for problem in table.problems)
    say(f"{len(texts)} rows of {table.vectors.shape[1]} numbers in {out}, encoder {table.hash}")
    if broken:
        say(f"{broken} of {len(texts)} rows could not be read, or not as a whole: their numbers are missing (NaN)")
        return EXIT_PARTIAL
    return EXIT_OK
