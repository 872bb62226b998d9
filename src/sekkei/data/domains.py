"""Which domain is meant where a command does not name it: the model tells it, or the heading of the table."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sekkei import zoo
from sekkei.core.errors import UserError
from sekkei.core.textfiles import table_of, unreadable
from sekkei.data.encoders import DEFAULT, FOLDER
from sekkei.materials.files import FORMULA_COLUMNS
from sekkei.models.folder import CONFIG, RECORD, read_json, training_record
from sekkei.models.matbert import KIND
from sekkei.molecules.files import SMILES_COLUMNS

_HEADINGS = {"materials": FORMULA_COLUMNS, "molecules": SMILES_COLUMNS}


def domain_meant(model: str | None, data: Path | None, column: str | None = None) -> str:
    """``materials`` or ``molecules``, as the model tells it, or else the heading of the structures.

    Args:
        model: an encoder or a generator: a shipped one, a folder, or a name on the hub.
        data: a table.
        column: heading of its structures; every heading is looked at where None.

    Raises:
        UserError: neither tells.
    """
    found = (model and _of_model(model)) or (data and _of_table(data, column))
    if not found:
        what = "neither --model nor the heading of the structures tells the domain"
        raise UserError(what, "domain", "put the word materials or molecules behind the verb")
    return found


def _of_model(name: str) -> str | None:
    for domain, encoder in DEFAULT.items():
        if name == encoder:
            return domain
    if name in zoo.shipped():
        folder = zoo.FOLDER / name
    else:
        folder = FOLDER / name if (FOLDER / name / CONFIG).is_file() else Path(name)
    if not (folder / CONFIG).is_file():
        return "molecules" if "/" in name and not folder.exists() and not name.startswith((".", "/")) else None
    if read_json(folder / CONFIG).get("kind") == KIND:
        return "materials"
    # generators and encoders record their domain; what comes from the hub has no record and is a ChemBERTa
    return str(training_record(folder).get("domain", "molecules")) if (folder / RECORD).is_file() else "molecules"


def headings_of(path: Path) -> list[str]:
    """The headings of a table.

    Raises:
        UserError: the file is missing or unreadable.
    """
    try:
        return list(pq.read_schema(path).names if path.suffix.lower() == ".parquet" else table_of(path)[0])
    except (OSError, ValueError, pa.ArrowException) as error:
        raise unreadable(path, error) from error


def _of_table(path: Path, column: str | None) -> str | None:
    lower = {name.lower() for name in (headings_of(path) if column is None else [column])}
    told = [domain for domain, known in _HEADINGS.items() if lower.intersection(known)]
    return told[0] if len(told) == 1 else None
