"""Vectors of structures given as text, as an encoder sees them; no row left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.files import replacing
from sekkei.core.types import Problem
from sekkei.data.encoders import DEFAULT, Encoder, load_encoder
from sekkei.predict.describe import describer


@dataclass(frozen=True)
class Embeddings:
    """n structures as vectors.

    Attributes:
        given: as they were given.
        texts: canonical, or as given where unreadable.
        vectors: float32 (n, width), NaN where unreadable or longer than the encoder reads.
        problems: why a row has none, empty where it has one.
        hash: of the encoder.
    """

    given: list[str]
    texts: list[str]
    vectors: NDArray[np.float32] = field(repr=False)
    problems: list[str]
    hash: str


def encoder_of(domain: str, model: str | None) -> Encoder:
    """An encoder of a domain, the one that reads sequences where none is named.

    Raises:
        UserError: there is none, or it is of the other domain.
    """
    found = load_encoder(model or DEFAULT[domain])
    if found.domain != domain:
        raise UserError(f"'{found.name}' is an encoder of {found.domain}", "model", f"name one of {domain}")
    return found


def embedded(domain: str, texts: Sequence[str], model: str | None = None) -> Embeddings:
    """Embed structures given as text.

    Args:
        domain: ``materials`` (formulas) or ``molecules`` (SMILES).
        texts: n structures.
        model: a shipped encoder, a folder, or a name on the hub; that of the domain where None.

    Raises:
        UserError: there is no such encoder, or it is of the other domain.
    """
    encoder, words = encoder_of(domain, model), describer(domain)
    items = encoder.read(texts)
    vectors = encoder.embed(items)
    shown = [text if isinstance(item, Problem) else words.text(item) for text, item in zip(texts, items, strict=True)]
    problems = [item.message if isinstance(item, Problem) else "" for item in items]
    return Embeddings(list(texts), shown, vectors, problems, encoder.hash)


def write_embeddings(table: Embeddings, path: Path) -> None:
    """Write ``.npy`` (vectors alone) or ``.parquet`` (columns ``input``, ``text``, ``vector``, ``problem``)."""
    with replacing(path) as temporary:
        if path.suffix == ".npy":
            np.save(temporary, table.vectors, allow_pickle=False)
            return
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(table.vectors.ravel()), table.vectors.shape[1])
        columns = {"input": table.given, "text": table.texts, "vector": vectors, "problem": table.problems}
        pq.write_table(pa.table(columns, metadata={"encoder": table.hash}), temporary)
