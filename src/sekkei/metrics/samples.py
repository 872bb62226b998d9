"""Anyone's generated molecules from a file: every attempt a row, in the order of the file."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekkei.core.errors import UserError
from sekkei.metrics.parallel import in_chunks
from sekkei.molecules.files import SMILES_COLUMNS, read_molecules
from sekkei.molecules.samples import Look, join_looks, look

_LARGEST_JSON = 2_000_000_000
_STRAY = 0.01
_OTHERS = {
    "InChI": (re.compile("InChI="), "convert them to SMILES, they are counted as unreadable"),
    "SELFIES": (re.compile(r"(\[[^\[\]]+\]){3,}$"), "`sekkei data convert` them: as SMILES they mean other molecules"),
    "rows of a table": (re.compile("[^,;]*[,;]"), "name the file .csv to have it read as a table"),
}
_JSON_ENDINGS = (".json", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class Samples:
    """Raw samples as their file gives them.

    Attributes:
        name: of the file.
        texts: n SMILES, readable or not; empty where the row has none.
        problems: how many rows have no text at all for which reason, such as a broken record of an SDF.
    """

    name: str
    texts: list[str]
    problems: Counter[str]


def read_samples(path: Path, column: str | None = None) -> Samples:
    """Read generated molecules; a row that cannot be read stays as an empty text and is counted.

    Args:
        path: SMILES (``.smi``, ``.txt``), ``.csv``, ``.tsv``, ``.sdf``, ``.parquet``, or JSON: a list of SMILES or of
            objects, an object with a list under a name like ``smiles``, or one such entry a line (``.jsonl``).
        column: column or key of the SMILES; guessed from its name where None.

    Raises:
        UserError: the file is missing, unreadable, empty or of an unknown kind, or lacks the column.
    """
    if path.suffix.lower() in _JSON_ENDINGS:
        texts = list(_json_texts(path, column))
        if not texts:
            raise UserError("holds no molecules", str(path), "give a list of SMILES, or one object a line")
        return Samples(path.name, texts, Counter())
    lines = read_molecules(path, column, blanks=True)
    problems = Counter(line.problem.kind for line in lines if line.problem is not None)
    return Samples(path.name, [line.text for line in lines], problems)


def examine(samples: Samples, pool: Executor | None = None) -> Look:
    """Read all texts in chunks; reasons found by the reader of the file take the place of ``empty``."""
    seen = join_looks(in_chunks(look, samples.texts, pool))
    problems = Counter(seen.problems)
    problems["empty"] -= samples.problems.total()
    problems.update(samples.problems)
    return Look(seen.smiles, +problems, seen.examples, seen.properties)


def other_formats(texts: Sequence[str]) -> list[str]:
    """What to say of texts that are no SMILES but something else; a stray one among hundreds may be noise."""
    out = []
    for name, (pattern, advice) in _OTHERS.items():
        count = sum(bool(pattern.match(text)) for text in texts)
        if count > len(texts) * _STRAY:
            out.append(f"{count:,} of {len(texts):,} texts look like {name}: {advice}.")
    return out


def _json_texts(path: Path, column: str | None) -> Iterator[str]:
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise UserError(f"is larger than {_LARGEST_JSON} bytes", str(path), "write one SMILES a line instead")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", str(path), "check the path") from error
    except UnicodeDecodeError as error:
        raise UserError("is not text in UTF-8", str(path), "save it in UTF-8") from error
    if path.suffix.lower() == ".json":
        entries = _whole(text, path, column)
    else:
        entries = [_entry(line) for line in text.splitlines() if line.strip()]
    for entry in entries:
        yield _smiles_of(entry, column)


def _whole(text: str, path: Path, column: str | None) -> list[Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"is no JSON: {error}", str(path), "for one object a line name it .jsonl") from error
    if isinstance(content, dict):
        key = column if column in content else _key(content)
        content = content.get(key) if key else None
    if not isinstance(content, list):
        raise UserError("holds no list of molecules", str(path), f"a list, or an object with '{SMILES_COLUMNS[0]}'")
    return content


def _entry(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return ""  # a broken line is an attempt that gave no molecule


def _smiles_of(entry: Any, column: str | None) -> str:
    if isinstance(entry, dict):
        key = column if column is not None else _key(entry)
        entry = entry.get(key) if key else ""
    return entry.strip() if isinstance(entry, str) else ""


def _key(entry: dict[str, Any]) -> str | None:
    by_lower = {str(key).lower(): str(key) for key in entry}
    return next((by_lower[word] for word in SMILES_COLUMNS if word in by_lower), None)
