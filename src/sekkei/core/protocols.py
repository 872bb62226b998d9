"""The small protocols that everything in Sekkei is built from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

from sekkei.core.types import Column, Draw, Floats, Measure, Problem

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


@runtime_checkable
class Domain(Protocol[T]):
    """A kind of thing that can be designed: how to read, write, name and draw it."""

    @property
    def name(self) -> str:
        """``molecules`` or ``materials``."""

    def parse(self, text: str) -> T | Problem:
        """Read one structure; a Problem says why it is none."""

    def text(self, item: T) -> str:
        """Canonical text of a structure; ``parse`` reads it back."""

    def key(self, item: T) -> str:
        """Identity: equal for two texts of the same structure."""

    def picture(self, item: T) -> str:
        """An SVG drawing."""


@runtime_checkable
class Codec(Protocol):
    """Between text and token numbers; 0, 1 and 2 are padding, start and end."""

    @property
    def size(self) -> int:
        """Number of tokens, the three special ones included."""

    def encode(self, text: str) -> list[int]:
        """Token numbers of a text, without start and end."""

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of token numbers; special ones are skipped."""


@runtime_checkable
class Generator(Protocol):
    """A source of candidate texts under any subset of property values."""

    @property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties it understands, in the order of its conditions."""

    def draw(self, conditions: Floats, seed: int, first: int = 0) -> list[Draw]:
        """One attempt per row of ``conditions`` (n, properties), NaN where free; row i is attempt ``first + i``."""


@runtime_checkable
class Evaluator(Protocol[T_contra]):
    """Something that judges objects in batches. ``version`` changes whenever a value could."""

    @property
    def name(self) -> str:
        """Name used on the command line and in the store."""

    @property
    def version(self) -> str:
        """Version of the definition; results are cached by (key, name, version)."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What its columns mean, in order."""

    def __call__(self, items: Sequence[T_contra]) -> list[Column]:
        """One column per measure, one row per item; a failed row carries its Problem."""


@runtime_checkable
class Predictor(Evaluator[T_contra], Protocol[T_contra]):
    """An evaluator that has learned from data; its columns carry intervals and say what lies outside its domain."""

    @property
    def domain(self) -> str:
        """``molecules`` or ``materials``."""

    @property
    def card(self) -> str:
        """What it was trained on, what it gets wrong by how much, and where it ends, in Markdown."""

    def predict(self, items: Sequence[T_contra]) -> list[Column]:
        """The same as calling it."""
