"""What a campaign needs of a generative model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sekkei.core.targets import Target
from sekkei.core.types import Draw, Floats

if TYPE_CHECKING:
    from sekkei.generate.sample import Sampling


class Sample(Protocol):
    """A random sample of the training data."""

    @property
    def texts(self) -> Sequence[str]:
        """Canonical texts of m structures."""

    @property
    def properties(self) -> Floats:
        """(m, properties) in the model's order."""


class Known(Protocol):
    """The whole training data, for the question whether a structure is in it."""

    def __contains__(self, structure: Any, /) -> bool:
        """Whether a structure (a molecule's canonical text, a material's composition) is in the training data."""

    def warning(self) -> str:
        """What the reader must know about the answers, or nothing."""


class Source(Protocol):
    """What proposes structures, such as ``sekkei.generate.model.Model``."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def hash(self) -> str:
        """Hex digits that change whenever its output could."""

    @property
    def properties(self) -> tuple[str, ...]:
        """The properties it can be conditioned on."""

    @property
    def training(self) -> Mapping[str, object]:
        """Data and recipe of the training run."""

    @property
    def reference(self) -> Sample:
        """A random sample of its training data."""

    @property
    def known(self) -> Known:
        """All of its training data."""

    def check_coverage(self, targets: Sequence[Target], extrapolate: bool = False) -> list[str]:
        """Refuse targets outside the training data, or give a warning for each."""

    def conditions(self, targets: Sequence[Target], n: int, seed: int, first: int = 0) -> Floats:
        """Conditions of attempts ``first`` to ``first + n - 1``."""

    def draw(self, conditions: Floats, seed: int, first: int = 0) -> list[Draw]:
        """One attempt per row of conditions."""


class Network(Protocol):
    """A source whose sampling can be set."""

    def draw(self, conditions: Floats, seed: int, first: int, settings: Sampling, /) -> list[Draw]:
        """One attempt per row of conditions."""
