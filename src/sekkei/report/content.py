"""What a report says, as plain data; the campaign fills it in and the pages print it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sekkei.core.targets import Target
from sekkei.core.types import Floats, Measure


@dataclass(frozen=True)
class FunnelStep:
    """One step from generated to listed.

    Attributes:
        name: short name, such as ``valid``.
        title: what the step asks, in words.
        entered: how many structures reached it.
        kept: how many passed.
        reasons: how many were lost for which reason.
    """

    name: str
    title: str
    entered: int
    kept: int
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One candidate, listed or narrowly missed.

    Attributes:
        rank: 1 for the best; 0 for a near miss.
        key: identity of the structure.
        text: its canonical text.
        picture: SVG drawing.
        values: value by the name of the measure, in its unit.
        satisfied: all targets are met.
        score: desirability, 0 to 1.
        front: Pareto front it lies on, 1 the best; 0 where that was not asked.
        notes: explanation by the name of the measure.
        why: for a near miss, what kept it off the list.
        intervals: ends of the 90 % interval by the name of the measure, where a value is uncertain.
        title: how the structure is called in print; empty where its drawing says enough.
        words: by the name of the measure, what is printed in place of the number.
        figures: captions and SVG drawings that go with it.
        facts: labels and sentences that go with it.
        scene: what :func:`sekkei.materials.scene.scene` gives, for a structure that can be turned on the page.
    """

    rank: int
    key: str
    text: str
    picture: str
    values: Mapping[str, float]
    satisfied: bool
    score: float
    front: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    title: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    figures: Sequence[tuple[str, str]] = ()
    facts: Sequence[tuple[str, str]] = ()
    scene: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Share:
    """What one of several generators contributed.

    Attributes:
        name: the generator.
        attempts: how often it was asked.
        kept: how many of its structures passed every step.
        listed: how many are on the list.
    """

    name: str
    attempts: int
    kept: int
    listed: int


@dataclass(frozen=True)
class Report:
    """A finished campaign.

    Attributes:
        title: heading of the page.
        asked: how many candidates were asked for.
        targets: the targets, in the order given.
        measures: what the values of the rows mean, in the order of the columns.
        rows: listed candidates, best first.
        near_misses: the nearest ones that are not listed.
        steps: the funnel.
        judged: for each targeted property, the values of every valid structure that was judged.
        reference: for each targeted property, values of a sample of the training data.
        constraints: the hard constraints in words.
        provenance: label and value of everything needed to repeat the run.
        warnings: sentences the reader must see before acting.
        sources: definition and publication by the name of the measure.
        many: what the structures are called.
        text: what the text of a structure is called.
        shown: names of the measures that a short table shows beside the targets.
        criteria: wishes beyond the targets over which fronts were drawn.
        known: known structures that meet the targets.
        shares: what each of several generators contributed.
        unsure: names of the measures whose values have an error of which no interval is known.
    """

    title: str
    asked: int
    targets: Sequence[Target]
    measures: Sequence[Measure]
    rows: Sequence[Row]
    near_misses: Sequence[Row]
    steps: Sequence[FunnelStep]
    judged: Mapping[str, Floats]
    reference: Mapping[str, Floats]
    constraints: Sequence[str]
    provenance: Mapping[str, str]
    warnings: Sequence[str]
    sources: Mapping[str, str]
    many: str = "molecules"
    text: str = "smiles"
    shown: Sequence[str] = ("sa", "similarity")
    criteria: Sequence[Target] = ()
    known: Sequence[Row] = ()
    shares: Sequence[Share] = ()
    unsure: frozenset[str] = frozenset()
