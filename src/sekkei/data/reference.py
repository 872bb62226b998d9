"""A random sample of the training molecules with their properties, small enough to ship with a model."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sekkei.core.errors import UserError
from sekkei.core.types import Floats

LARGEST = 1_000_000
"""Rows a reference file may hold at most."""


@dataclass(frozen=True)
class Reference:
    """Known molecules.

    Attributes:
        smiles: m canonical SMILES.
        properties: (m, properties) values in the model's order.
    """

    smiles: list[str]
    properties: Floats

    @property
    def texts(self) -> list[str]:
        """The texts of the structures, whatever the domain: here the SMILES."""
        return self.smiles

    def save(self, path: Path) -> None:
        """Write a compressed npz file."""
        text = np.frombuffer("\n".join(self.smiles).encode("utf-8"), dtype=np.uint8)
        with path.open("wb") as file:
            np.savez_compressed(file, smiles=text, properties=self.properties.astype(np.float32))

    @classmethod
    def load(cls, path: Path) -> Reference:
        """Read what :meth:`save` wrote.

        Raises:
            UserError: the file is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                smiles = archive["smiles"].tobytes().decode("utf-8").split("\n")
                properties = archive["properties"].astype(np.float64)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise UserError(f"cannot be read: {error}", str(path), "copy or train the model again") from error
        if properties.ndim != 2 or len(smiles) != len(properties) or len(smiles) > LARGEST:
            raise UserError("does not hold one row per molecule", str(path), "copy or train the model again")
        return cls(smiles, properties)
