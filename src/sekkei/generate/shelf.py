"""Models of any domain: what ships, and loading one without knowing which domain it is of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sekkei import zoo
from sekkei.generate import crystals, materials, model
from sekkei.generate.shared import domain_of, folder_of, level_of
from sekkei.models.folder import training_record

AnyModel = model.Model | materials.MaterialModel | crystals.CrystalModel


@dataclass(frozen=True)
class ModelSummary:
    """What a list of models prints: name, domain, hash, parameters and the first line of the card."""

    name: str
    domain: str
    hash: str
    parameters: int
    title: str
    folder: Path


def load(name_or_folder: str) -> AnyModel:
    """Load a shipped model by name, or a folder that ``sekkei train`` wrote, of whichever domain.

    Raises:
        UserError: there is no such model, or its folder is damaged.
    """
    training = training_record(folder_of(name_or_folder))
    if domain_of(training) != "materials":
        return model.load(name_or_folder)
    return crystals.load(name_or_folder) if level_of(training) == "crystal" else materials.load(name_or_folder)


def available() -> list[ModelSummary]:
    """Every shipped model, each read and checked."""
    return [summary(load(name)) for name in zoo.shipped()]


def summary(one: AnyModel) -> ModelSummary:
    """The line a list of models prints."""
    title = next((line.lstrip("# ") for line in one.card.splitlines() if line.strip()), "")
    parameters = sum(p.numel() for p in one.network.parameters())
    return ModelSummary(one.name, domain_of(one.training), one.hash, parameters, title, one.folder)
