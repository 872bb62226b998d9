"""What models of molecules and of materials have in common: their folders, coverage, counts and wishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sekkei import zoo
from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.targets import Target, parse_targets
from sekkei.core.types import Measure
from sekkei.models.checkpoint import Checkpoint, load_checkpoint

MAX_COUNT = 10_000_000
GIVE_UP = 20
"""Attempts for each structure asked for, after which the search for different valid ones ends."""

Wishes = Sequence[str] | Mapping[str, float | str | tuple[float, float]] | None


def folder_of(name_or_folder: str) -> Path:
    """The folder of a shipped model by its name, or a folder that ``sekkei train`` wrote.

    Raises:
        UserError: there is no such model.
    """
    if name_or_folder in zoo.shipped():
        return zoo.FOLDER / name_or_folder
    folder = Path(name_or_folder)
    if not folder.is_dir():
        hint = did_you_mean(name_or_folder, zoo.shipped()) if zoo.shipped() else "give the folder of a model"
        if name_or_folder == zoo.DEFAULT["crystals"]:
            hint = "no generator of crystals ships yet: train one with `sekkei train materials --level crystal`"
        raise UserError(f"no model '{name_or_folder}'", "model", hint)
    return folder


def checkpoint(name_or_folder: str, domain: str, level: str = "") -> Checkpoint:
    """Read a model of a domain, ``molecules`` or ``materials``, and of a level of it.

    Raises:
        UserError: there is no such model, its folder is damaged, or it is of another domain or level.
    """
    kept = load_checkpoint(folder_of(name_or_folder))
    if (found := domain_of(kept.training)) != domain:
        raise UserError(f"'{name_or_folder}' is a model of {found}", "model", f"name a model of {domain}")
    if level and (found := level_of(kept.training)) != level:
        raise UserError(f"'{name_or_folder}' is a model of {found}s", "model", f"name a model of {level}s")
    return kept


def domain_of(training: Mapping[str, Any]) -> str:
    """The domain that a training record names; those before there were two are of molecules."""
    return str(training.get("domain", "molecules"))


def level_of(training: Mapping[str, Any]) -> str:
    """The level of materials that a training record names, ``composition`` where it names none."""
    return str(training.get("level", "composition"))


def ranges_of(training: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """For each property the 0.05 % and 99.95 % quantiles of the training data [its unit]."""
    return {name: (float(low), float(high)) for name, (low, high) in training["ranges"].items()}


def check_coverage(
    name: str, ranges: Mapping[str, tuple[float, float]], targets: Sequence[Target], extrapolate: bool
) -> list[str]:
    """Refuse targets that lie wholly outside the training data, or give a warning for each.

    Raises:
        UserError: a target lies outside and ``extrapolate`` is not set, or the data say nothing of its property.
    """
    warnings = []
    for target in targets:
        if target.name not in ranges:
            raise UserError(f"'{name}' has no data on {target.name}", f"target '{target.label}'", "leave it out")
        low, high = ranges[target.name]
        if target.high >= low and target.low <= high:
            continue
        what = f"the training data of '{name}' covers {target.name} from {low:g} to {high:g}"
        if not extrapolate:
            raise UserError(what, f"target '{target.label}'", "move the target, or add --extrapolate")
        warnings.append(f"{target.label} is an extrapolation: {what}.")
    return warnings


def check_count(n: int) -> None:
    """Refuse a count that gives nothing or fills the memory."""
    if not 1 <= n <= MAX_COUNT:
        raise UserError(f"{n} is outside 1 to {MAX_COUNT}", "n", "ask for at least one structure")


def check_beam(width: int) -> None:
    """Refuse a width of a beam that finds nothing or fills the memory."""
    if not 1 <= width <= 10_000:
        raise UserError(f"{width} is outside 1 to 10000", "beam")


def read_wishes(wishes: Wishes, measures: Mapping[str, Measure]) -> list[Target]:
    """Targets from the short forms the Python interface takes."""
    if wishes is None:
        return []
    if isinstance(wishes, str):
        wishes = [wishes]
    if isinstance(wishes, Mapping):
        wishes = [_text(name, wish) for name, wish in wishes.items()]
    return parse_targets(wishes, measures)


def _text(name: str, wish: float | str | tuple[float, float]) -> str:
    if isinstance(wish, tuple):
        return f"{name}={wish[0]!r}..{wish[1]!r}"
    if isinstance(wish, str):
        if wish in ("min", "max"):
            return f"{wish}:{name}"
        return f"{name}{wish}" if wish.startswith((">", "<", "=", "≥", "≤")) else f"{name}={wish}"
    try:
        return f"{name}={float(wish)!r}"
    except (TypeError, ValueError):
        hint = "give a number, a pair of bounds, or words such as '>=0.7'"
        raise UserError(f"{wish!r} is no wish", f"target '{name}'", hint) from None
