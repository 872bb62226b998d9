"""What a domain brings to a campaign.

The modules ``molecules``, ``materials`` and ``crystals`` of this room answer the same questions; everything else in it
asks them and knows no chemistry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sekkei.campaign.source import Source
from sekkei.core.protocols import Domain, Evaluator
from sekkei.core.targets import Target
from sekkei.core.types import Draw, Measure

if TYPE_CHECKING:
    from sekkei.campaign.choose import Kin, Ranked
    from sekkei.campaign.funnel import Funnel, Step
    from sekkei.campaign.judge import Candidate, Judge
    from sekkei.campaign.plan import Plan
    from sekkei.rank.diverse import Similarity
    from sekkei.report.content import Report


@dataclass(frozen=True)
class Words:
    """How a domain is spoken of.

    Attributes:
        title: heading of the report.
        many: what several of its structures are called.
        text: what the text of a structure is called, such as ``smiles``.
        structures: name of the file of structures.
        libraries: packages whose versions the report names.
        shown: names of the measures that a short table shows beside the targets.
    """

    title: str
    many: str
    text: str
    structures: str
    libraries: tuple[str, ...]
    shown: tuple[str, ...]


class Constraint(Protocol):
    """Hard constraints, read and checked."""

    def broken(self, item: Any, /) -> str:
        """The first constraint a structure breaks, in words, or nothing."""

    def words(self) -> list[str]:
        """The constraints as phrases for a report."""


class Side(Protocol):
    """A domain's part of a campaign; a module is one."""

    @property
    def DOMAIN(self) -> Domain[Any]:  # noqa: N802 - constants of a module
        """How its structures are read, written, named and drawn."""

    @property
    def WORDS(self) -> Words:  # noqa: N802
        """How it is spoken of."""

    def read(self, structure: Any, /) -> Any:
        """A structure from its text, or one that is given as an object; a Problem says why it is none."""

    def load(self, spec: Any, /) -> Source:
        """What the campaign names to draw from."""

    def drawing(self, plan: Plan, model: Source, funnel: Funnel[Any], /) -> Callable[[int, int], list[Draw]]:
        """(first, count) -> attempts ``first`` to ``first + count - 1``, given what the funnel has found by then."""

    def evaluators(self) -> Mapping[str, Evaluator[Any]]:
        """Every built-in evaluator by name."""

    def targetable(self) -> Mapping[str, Measure]:
        """The built-in measures that a target may name."""

    def constraints(self, spec: Any, /) -> Constraint:
        """The hard constraints, checked."""

    def steps(self, plan: Plan, model: Source, judge: Judge, /) -> Sequence[Step[Any]]:
        """The funnel after ``valid`` and ``new``, the cheap steps before the dear."""

    def limits_in_words(self, plan: Plan, /) -> list[str]:
        """The constraints and limits every listed structure keeps."""

    def evidence(self, plan: Plan, /) -> list[Measure]:
        """What is measured of every listed structure, asked for or not."""

    def criteria(self, plan: Plan, /) -> list[Target]:
        """Wishes everybody has, which order the Pareto fronts but not the score."""

    def alike(self, candidates: Sequence[Candidate[Any]], /) -> Similarity:
        """How alike two structures are."""

    def kin(self, candidates: Sequence[Candidate[Any]], model: Source, /) -> list[Kin]:
        """The nearest known relative of each structure."""

    def similarity(self, model: Source, /) -> list[Measure]:
        """What a relative's nearness is measured by, where it is."""

    def table(self, ranked: Sequence[Ranked], plan: Plan, model: Source, /) -> tuple[list[str], list[list[str]]]:
        """The list as texts: heading and rows, without anything that differs between two equal runs."""

    def write_structures(
        self, path: Path, ranked: Sequence[Ranked], header: list[str], rows: list[list[str]], /
    ) -> list[str]:
        """Write the structures of the list to a file, and what goes beside it; the names of all, relative to it."""

    def cautions(self, plan: Plan, ranked: Sequence[Ranked], /) -> list[str]:
        """Sentences the reader must see before acting."""

    def complete(
        self, report: Report, plan: Plan, model: Source, funnel: Funnel[Any], ranked: Sequence[Ranked]
    ) -> Report:
        """The report with what only this domain has to tell."""


def side(kind: str) -> Side:
    """The side of ``molecules``, ``materials`` or ``crystals``; each loads its own chemistry only."""
    if kind == "crystals":
        from sekkei.campaign import crystals  # noqa: PLC0415

        return crystals
    if kind == "materials":
        from sekkei.campaign import materials  # noqa: PLC0415

        return materials
    from sekkei.campaign import molecules  # noqa: PLC0415

    return molecules
