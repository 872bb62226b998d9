"""The trained models that ship with Sekkei, one folder each."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
DEFAULT = {"molecules": "druglike", "materials": "matgpt", "crystals": "crystalgpt"}
"""The model that is used where none is named, by domain; for materials by level."""

DIFFUSION = {"molecules": "moldiffusion", "materials": "matdiffusion"}
"""The model of latent diffusion that the word ``diffusion`` stands for, by domain."""

HULLS = FOLDER / "hulls"
"""Energies of known structures by a potential, ``NAME.csv``: what generated crystals are placed on."""

STRUCTURES = FOLDER / "structures" / "known.bin"
"""Hashes of the known crystals: formulas, types and occupied sites."""


def shipped() -> list[str]:
    """Names of the models in the package."""
    return sorted(path.parent.name for path in FOLDER.glob("*/config.json"))
