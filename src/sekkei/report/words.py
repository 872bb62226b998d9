"""Numbers, units, targets and the verdict as a reader wants them: in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from sekkei.core.targets import Target
from sekkei.report.content import FunnelStep, Report

_UNITS = {
    "mu_B/atom": "µB/atom",
    "Angstrom^2": "Å²",
    "Angstrom^3": "Å³",
    "Angstrom": "Å",
    "log10(mol/L)": "log₁₀(mol/L)",
}
_REASONS_SHOWN = 6
_FIXED_POINT_LIMIT = 1e7


def unit_words(unit: str) -> str:
    """A unit in print, such as Å² for ``Angstrom^2``."""
    return _UNITS.get(unit, unit)


def number(value: float, digits: int) -> str:
    """A number with that many decimals; – where it is missing."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:,.{digits}f}" if abs(value) < _FIXED_POINT_LIMIT else f"{value:.3g}"
    return _minus(text) if float(text.replace(",", "")) else f"{0:.{digits}f}"


def plain(value: float) -> str:
    """A number as short as it can be written, for bounds and ticks."""
    return _minus(f"{value:.4g}" if abs(value) >= _FIXED_POINT_LIMIT else f"{round(value, 6):.10g}")


def decimals(values: Iterable[float]) -> int:
    """How many decimals show the differences within one column of values."""
    finite = [value for value in values if math.isfinite(value)]
    if all(value == round(value) for value in finite):
        return 0
    largest = max(abs(value) for value in finite)
    return next(digits for bound, digits in ((100, 1), (1, 2), (0.1, 3), (-1, 4)) if largest >= bound)


def counted(n: int, one: str, many: str) -> str:
    """``1 structure``, ``1,204 structures``."""
    return f"{n:,} {one if n == 1 else many}"


def goal_words(target: Target) -> str:
    """What is asked of the value, without the name: ``1 to 2``, ``≥ −2.5 log₁₀(mol/L)``, ``as small as possible``."""
    if target.goal in ("min", "max"):
        return f"as {'small' if target.goal == 'min' else 'large'} as possible"
    unit = f" {unit_words(target.measure.unit)}" if target.measure.unit else ""
    if target.goal == "at_least":
        return f"≥ {plain(target.low)}{unit}"
    if target.goal == "at_most":
        return f"≤ {plain(target.high)}{unit}"
    if target.low == target.high:
        return f"exactly {plain(target.low)}{unit}"
    return f"{plain(target.low)} to {plain(target.high)}{unit}"


def reason_words(step: FunnelStep) -> str:
    """What a step lost structures to, the commonest reason first."""
    reasons = sorted(step.reasons.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{reason} ({n:,})" for reason, n in reasons[:_REASONS_SHOWN] if n]
    rest = [n for _, n in reasons[_REASONS_SHOWN:] if n]
    if rest:
        shown.append(f"{counted(len(rest), 'other reason', 'other reasons')} ({sum(rest):,})")
    return ", ".join(shown)


def is_complete(report: Report) -> bool:
    """Whether everything asked for is there and meets every target."""
    return len(report.rows) >= report.asked and all(row.satisfied for row in report.rows)


def verdict(report: Report) -> list[str]:
    """The outcome in a few sentences: how many of how many, what they meet, where the others went."""
    sentences = [_found(report)]
    if report.rows and report.targets:
        sentences.append(_met(report))
    if report.steps and report.steps[0].entered:
        origin = counted(report.steps[0].entered, "structure was", "structures were")
        sentences.append(f"{origin} generated in all.")
    if not is_complete(report):
        sentences += _losses(report.steps)
        if report.near_misses:
            nearest = report.near_misses[0]
            missed = f", the closest for {nearest.why}" if nearest.why else ""
            sentences.append(f"{counted(len(report.near_misses), 'near miss', 'near misses')} are shown below{missed}.")
    return sentences


def _found(report: Report) -> str:
    asked, listed = report.asked, len(report.rows)
    if listed >= asked:
        all_of = {1: "The one candidate", 2: "Both candidates"}.get(asked, f"All {asked:,} candidates")
        extra = f", and {listed - asked:,} more" if listed > asked else ""
        return f"{all_of} asked for {'was' if asked == 1 else 'were'} found{extra}."
    if listed == 0:
        return f"No candidate was found; {asked:,} {'was' if asked == 1 else 'were'} asked for."
    return f"{listed:,} of the {asked:,} candidates asked for {'was' if listed == 1 else 'were'} found."


def _met(report: Report) -> str:
    listed, met = len(report.rows), sum(row.satisfied for row in report.rows)
    bounded = [target for target in report.targets if target.goal not in ("min", "max")]
    pushed = [target for target in report.targets if target.goal in ("min", "max")]
    kind = "bounded target" if pushed else "target"
    what = {1: f"the {kind}", 2: f"both {kind}s"}.get(len(bounded), f"all {len(bounded)} {kind}s")
    wishes = [f"{target.name} {goal_words(target)}" for target in pushed]
    aims = _listed(wishes)
    if not bounded:
        return f"The list aims at {aims}."
    if met == listed:
        outcome = f"It meets {what}" if listed == 1 else f"Every one meets {what}"
    else:
        outcome = f"{met:,} of {listed:,} {'meets' if met == 1 else 'meet'} {what}"
    return f"{outcome}; beyond that the list aims at {aims}." if aims else f"{outcome}."


def _losses(steps: Sequence[FunnelStep]) -> list[str]:
    lossy = sorted((step for step in steps if step.entered > step.kept), key=lambda step: step.kept - step.entered)
    if not lossy:
        return []
    parts = [f"“{step.title}” ({step.entered - step.kept:,} of {step.entered:,})" for step in lossy[:2]]
    return [f"Most were lost at {' and at '.join(parts)}."]


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def _minus(text: str) -> str:
    return text.replace("-", "−")
