"""The target language: ``p=2.0``, ``p=2.0±0.3``, ``p=1.8..2.2``, ``p>=0.8``, ``p<=3``, ``min:p``, ``max:p``.

A unit may follow the numbers (``mw=250±25 Da``) and a weight may follow everything (``logp=2@3``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Floats, Measure

Goal = Literal["window", "at_least", "at_most", "min", "max"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_UNIT = r"(?P<unit>[^\d\s.@±+][^@±]*?)?"
_END = rf"\s*{_UNIT}\s*(?:@\s*(?P<weight>{_NUMBER}))?\s*$"
_PATTERNS: dict[str, re.Pattern[str]] = {
    "interval": re.compile(rf"^(?P<name>\w+)\s*=\s*(?P<a>{_NUMBER})\s*\.\.\s*(?P<b>{_NUMBER}){_END}"),
    "around": re.compile(rf"^(?P<name>\w+)\s*=\s*(?P<a>{_NUMBER})\s*(?:±|\+-|\+/-)\s*(?P<b>{_NUMBER}){_END}"),
    "value": re.compile(rf"^(?P<name>\w+)\s*=\s*(?P<a>{_NUMBER}){_END}"),
    "at_least": re.compile(rf"^(?P<name>\w+)\s*(?:>=|≥)\s*(?P<a>{_NUMBER}){_END}"),
    "at_most": re.compile(rf"^(?P<name>\w+)\s*(?:<=|≤)\s*(?P<a>{_NUMBER}){_END}"),
    "extreme": re.compile(rf"^(?P<goal>min|max)\s*:\s*(?P<name>\w+)\s*(?:@\s*(?P<weight>{_NUMBER}))?\s*$"),
}
_FORMS = "p=2.0, p=2.0±0.3, p=1.8..2.2, p>=0.8, p<=3, min:p or max:p"
_UNIT_WORDS = {
    "g/mol": "Da", "amu": "Da", "u": "Da", "Dalton": "Da",
    "A^2": "Angstrom^2", "A2": "Angstrom^2", "Å^2": "Angstrom^2", "Å²": "Angstrom^2", "Å2": "Angstrom^2",
    "logS": "log10(mol/L)", "log(mol/L)": "log10(mol/L)", "log10 mol/L": "log10(mol/L)",
}  # fmt: skip
_SLACK = 1e-9


@dataclass(frozen=True)
class Target:
    """One wish: a measure and where its value should lie.

    Attributes:
        measure: what is wished for.
        goal: a window, a one-sided bound, or as small or large as possible.
        low: lower end [the measure's unit], -inf where open; of a value to be as small as possible that below which
            less is no better.
        high: upper end, inf where open.
        weight: relative importance, above 0.
    """

    measure: Measure
    goal: Goal
    low: float
    high: float
    weight: float = 1.0

    @property
    def name(self) -> str:
        """Name of the measure."""
        return self.measure.name

    @property
    def text(self) -> str:
        """The target in the grammar of this module; parsing it gives the same target."""
        unit = f" {self.measure.unit}" if self.measure.unit else ""
        weight = f"@{self.weight:g}" if self.weight != 1.0 else ""
        if self.goal in ("min", "max"):
            return f"{self.goal}:{self.name}{weight}"
        if self.goal == "at_least":
            return f"{self.name}>={self.low!r}{unit}{weight}"
        if self.goal == "at_most":
            return f"{self.name}<={self.high!r}{unit}{weight}"
        return f"{self.name}={self.low!r}..{self.high!r}{unit}{weight}"

    @property
    def label(self) -> str:
        """The target for a reader, such as ``logp 1 to 2``."""
        if self.goal in ("min", "max"):
            return f"{self.name} as {'small' if self.goal == 'min' else 'large'} as possible"
        if self.goal == "window":
            span = f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"
            return f"{self.name} {span}{' ' + self.measure.unit if self.measure.unit else ''}"
        sign, bound = ("≥", self.low) if self.goal == "at_least" else ("≤", self.high)
        return f"{self.name} {sign} {bound:g}{' ' + self.measure.unit if self.measure.unit else ''}"

    def satisfied(self, values: Floats) -> NDArray[np.bool_]:
        """Which values meet the target; a missing value (NaN) does not. (n,) -> (n,)."""
        return np.asarray((values >= self.low - _SLACK) & (values <= self.high + _SLACK))

    def miss(self, values: Floats) -> Floats:
        """How far each value lies outside, in tolerances of the measure (0 inside, inf where missing). (n,) -> (n,)."""
        outside = np.maximum(np.maximum(self.low - values, values - self.high), 0.0)
        outside[outside <= _SLACK] = 0.0
        return np.asarray(np.where(np.isnan(values), np.inf, outside / (self.measure.tolerance or 1.0)))


def parse_targets(texts: Sequence[str], measures: Mapping[str, Measure]) -> list[Target]:
    """Read targets, each property at most once.

    Args:
        texts: one target each, in the grammar of this module.
        measures: the measures that may be named.

    Raises:
        UserError: unknown name, malformed text, wrong unit, impossible range or a property named twice.
    """
    targets = [parse_target(text, measures, f"targets[{row}]") for row, text in enumerate(texts)]
    for row, target in enumerate(targets):
        if target.name in {earlier.name for earlier in targets[:row]}:
            raise UserError(f"{target.name} is targeted twice", f"targets[{row}]", "give one window per property")
    return targets


def parse_target(text: str, measures: Mapping[str, Measure], where: str = "target") -> Target:
    """Read one target; see :func:`parse_targets`."""
    for form, pattern in _PATTERNS.items():
        if match := pattern.match(text.strip()):
            return _target(form, match, measures, f"{where} '{text}'")
    raise UserError("cannot be read as a target", f"{where} '{text}'", f"write {_FORMS}")


def _target(form: str, match: re.Match[str], measures: Mapping[str, Measure], where: str) -> Target:
    parts = match.groupdict()
    name = parts["name"]
    if name not in measures:
        raise UserError(f"unknown property '{name}'", where, did_you_mean(name, measures))
    measure = measures[name]
    _check_unit(parts.get("unit"), measure, where)
    weight = float(parts["weight"] or 1.0)
    if not (weight > 0 and math.isfinite(weight)):
        raise UserError("the weight must be a positive number", where, "such as logp=2@3")
    if form == "extreme":
        return Target(measure, "min" if parts["goal"] == "min" else "max", measure.low, measure.high, weight)
    goal, low, high = _range(form, parts, measure, where)
    if low > measure.high or high < measure.low:
        raise UserError(
            f"{name} lies between {measure.low:g} and {measure.high:g}", where, "no structure can meet this target"
        )
    return Target(measure, goal, low, high, weight)


def _range(
    form: str, parts: Mapping[str, str], measure: Measure, where: str
) -> tuple[Literal["window", "at_least", "at_most"], float, float]:
    a = float(parts["a"])
    if not math.isfinite(a):
        raise UserError("the number is not finite", where)
    if form == "at_least":
        return "at_least", a, float("inf")
    if form == "at_most":
        return "at_most", float("-inf"), a
    if form == "interval":
        b = float(parts["b"])
        if b < a:
            raise UserError(f"the range is empty: {a:g} is above {b:g}", where, f"write {measure.name}={b:g}..{a:g}")
        return "window", a, b
    half = float(parts["b"]) if form == "around" else measure.tolerance
    if half < 0:
        raise UserError("the tolerance is negative", where, f"write ±{-half:g}")
    return "window", a - half, a + half


def _check_unit(unit: str | None, measure: Measure, where: str) -> None:
    if unit is None or not unit.strip():
        return
    given = unit.strip()
    if _UNIT_WORDS.get(given, given) != measure.unit:
        expected = f"in {measure.unit}" if measure.unit else "without a unit"
        raise UserError(f"{measure.name} is given {expected}, not in '{given}'", where, "convert the number")
