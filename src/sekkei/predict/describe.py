"""How each domain describes its objects to a learner: the only place where the two domains meet this room."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Floats, Problem
from sekkei.predict.forest import Features

DOMAINS = ("materials", "molecules")
"""The domains that have predictors on the shelf."""

_TAUGHT = (*DOMAINS, "structures")  # crystals, told by a potential


@dataclass(frozen=True)
class Describer:
    """What is needed of a domain; ``sekkei.materials.features`` and ``sekkei.molecules.features`` have the parts.

    Attributes:
        domain: its name.
        parse: read one text.
        key: identity of an object; data are split by it.
        text: canonical text of an object.
        unknown: why an object has no features, or None.
        features: (n) objects to (n, d).
        names: of the d features.
        compared: how many leading features tell how near two objects are.
        bounded: columns of features of size, in which nothing may exceed the training data.
        present: (n) objects to (n, elements), which elements they hold.
        elements: symbols of those columns.
    """

    domain: str
    parse: Callable[[str], Any]
    key: Callable[[Any], str]
    text: Callable[[Any], str]
    unknown: Callable[[Any], Problem | None]
    features: Callable[[Sequence[Any]], Features]
    names: tuple[str, ...]
    compared: int
    bounded: tuple[int, ...]
    present: Callable[[Sequence[Any]], NDArray[np.bool_] | Floats]
    elements: tuple[str, ...]


def describer(domain: str) -> Describer:
    """The describer of a domain; RDKit and pymatgen are loaded only when theirs is asked for.

    Raises:
        UserError: there is no such domain.
    """
    if domain not in _TAUGHT:
        raise UserError(f"unknown domain '{domain}'", "domain", did_you_mean(domain, _TAUGHT))
    found: Describer = importlib.import_module(f"sekkei.predict.{domain}").DESCRIBER
    return found
