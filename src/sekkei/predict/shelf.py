"""The predictors that ship, and those a user has trained."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sekkei import zoo
from sekkei.core.errors import UserError, did_you_mean
from sekkei.predict.describe import DOMAINS
from sekkei.predict.keep import FACTS, load_predictor
from sekkei.predict.predictor import Predictor

FOLDER = zoo.FOLDER / "predictors"
"""Where the shipped predictors lie, one folder per domain and property."""


def shipped(domain: str) -> list[str]:
    """Names of the properties of a domain that have a shipped predictor.

    Raises:
        UserError: there is no such domain.
    """
    if domain not in DOMAINS:
        raise UserError(f"unknown domain '{domain}'", "domain", did_you_mean(domain, DOMAINS))
    return sorted(path.parent.name for path in (FOLDER / domain).glob(f"*/{FACTS}"))


def is_folder(name: str) -> bool:
    """Whether a name is the path of a predictor's folder."""
    return (Path(name) / FACTS).is_file()


def load(domain: str, name: str, as_trained: bool = False) -> Predictor:
    """A shipped predictor by its property, or one of the user's by its folder.

    Where the trees beside an encoder erred less on the same held-out objects, they are what is given.

    Args:
        domain: ``materials`` or ``molecules``.
        name: a property such as ``band_gap``, or the path of a predictor's folder.
        as_trained: give what was fine-tuned even where the trees erred less.

    Raises:
        UserError: there is none, it belongs to another domain, or its folder is damaged.
    """
    if name in shipped(domain):
        found = _shipped(domain, name)
        return found if as_trained else found.better()
    if not is_folder(name):
        raise UserError(f"no predictor of '{name}'", domain, did_you_mean(name, shipped(domain)))
    found = load_predictor(Path(name))
    if found.domain != domain:
        raise UserError(f"predicts {found.domain}, not {domain}", name, "give one of the right domain")
    return found if as_trained else found.better()


def evaluators(domain: str) -> list[Predictor]:
    """Every shipped predictor of a domain, as evaluators; their names, units and versions are in ``measures``."""
    return [load(domain, name) for name in shipped(domain)]


@cache
def _shipped(domain: str, name: str) -> Predictor:
    return load_predictor(FOLDER / domain / name)
