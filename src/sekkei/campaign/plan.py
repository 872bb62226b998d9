"""Read a campaign against a model: every name is resolved and every wish checked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sekkei.campaign.side import Constraint, Side, side
from sekkei.campaign.source import Source
from sekkei.campaign.spec import Campaign
from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.plugins import is_plugin, load_evaluator
from sekkei.core.protocols import Evaluator, Predictor
from sekkei.core.targets import Target, parse_targets
from sekkei.core.types import Floats, Measure
from sekkei.predict.predictor import NO_BETTER
from sekkei.predict.shelf import evaluators as predictors
from sekkei.predict.shelf import is_folder, load, shipped

QUANTILES = (0.005, 0.995)
"""Ends of the usual range of a property in the training data, by which open goals are scaled."""


@dataclass(frozen=True)
class Plan:
    """A campaign ready to run.

    Attributes:
        spec: what was asked, with nothing left to be worked out.
        targets: the wishes, in the order given.
        extras: the user's evaluators, in the order given.
        constraints: the hard constraints.
        warnings: sentences the reader must see.
    """

    spec: Campaign
    targets: tuple[Target, ...]
    extras: tuple[Evaluator[Any], ...]
    constraints: Constraint
    warnings: tuple[str, ...]

    @cached_property
    def side(self) -> Side:
        """The domain's part."""
        return side(self.spec.kind)

    @property
    def computed(self) -> list[Target]:
        """Wishes about what is built in."""
        return [target for target in self.targets if target.name in self.side.targetable()]

    @property
    def judged(self) -> list[Target]:
        """Wishes about what the user's evaluators and the predictors measure."""
        return [target for target in self.targets if target.name not in self.side.targetable()]

    @property
    def measures(self) -> list[Measure]:
        """Measures of the table, each once: targets, the user's evaluators, evidence."""
        found = [target.measure for target in self.targets]
        found += [measure for extra in self.extras for measure in extra.measures]
        found += self.side.evidence(self)
        return list({measure.name: measure for measure in found}.values())


def read(spec: Campaign, model: Source) -> Plan:
    """Resolve and check a campaign.

    Raises:
        UserError: other weights than the campaign names, unknown target or evaluator, a bad constraint, or a target
            outside what the model has seen.
    """
    if spec.model_hash not in (None, model.hash):
        what = f"the campaign is about model {spec.model_hash}, '{model.name}' is {model.hash}"
        raise UserError(what, "model_hash", "use those weights, or take the line out to run it with these")
    spec = spec.resolved().model_copy(update={"model_hash": model.hash})
    part = side(spec.kind)
    extras = load_evaluators(spec.evaluators, part)
    measures = {one.name: one.measure for one in predictors(spec.domain)} | dict(part.targetable())
    measures |= {measure.name: measure for extra in extras for measure in extra.measures}
    targets = parse_targets(spec.targets, measures)
    extras += _predicted(targets, extras, part)
    constraints = part.constraints(spec)
    warnings = model.check_coverage([t for t in targets if t.name in model.properties], spec.extrapolate)
    warnings += [_caution(extra, spec.domain) for extra in extras if isinstance(extra, Predictor)]
    return Plan(spec, tuple(targets), tuple(extras), constraints, tuple(warnings))


def _predicted(targets: Sequence[Target], extras: Sequence[Evaluator[Any]], part: Side) -> list[Evaluator[Any]]:
    """The shipped predictors of what targets name and nothing else computes."""
    measured = {measure.name for extra in extras for measure in extra.measures} | set(part.targetable())
    wanted = {target.name for target in targets} - measured
    return [one for one in predictors(part.DOMAIN.name) if one.name in wanted]


def _caution(extra: Predictor[Any], domain: str) -> str:
    own = extra.name not in shipped(domain) or load(domain, extra.name).version != extra.version
    card = "README.md in its folder" if own else f"`sekkei predict show {domain} {extra.name}`"
    trees = (
        ", by trees, which erred less than the encoder beside them,"
        if "instead_of" in getattr(extra, "training", {})
        else ","
    )
    return (
        f"{extra.name} is predicted{trees} with an error of its own ({card}): the model "
        "is not steered towards it, its proposals are sifted by it"
        + (f". It is {NO_BETTER}" if getattr(extra, "no_better", False) else "")
    )


def load_evaluators(names: Sequence[str], part: Side) -> list[Evaluator[Any]]:
    """Evaluators by name: built-in ones, predictors (shipped or a folder), and the user's as ``package.module:object``.

    Args:
        names: their names.
        part: the domain they judge.

    Raises:
        UserError: unknown name, named twice, or one that takes the name of a built-in measure.
    """
    loaded: list[Evaluator[Any]] = []
    taken: set[str] = set()
    for row, name in enumerate(names):
        where = f"evaluators[{row}]"
        plugin = is_plugin(name)
        found = _named(name, where, part)
        for measure in [measure for one in found for measure in one.measures]:
            if (plugin or is_folder(name)) and measure.name in part.evaluators():
                raise UserError(f"'{measure.name}' is a built-in measure", f"{where} '{name}'", "choose another name")
            if measure.name in taken:
                raise UserError(f"'{measure.name}' is measured twice", f"{where} '{name}'", "name it once")
            taken.add(measure.name)
        loaded += found
    return loaded


def _named(name: str, where: str, part: Side) -> list[Evaluator[Any]]:
    domain, known = part.DOMAIN.name, part.evaluators()
    if is_plugin(name):
        return [load_evaluator(name, where)]
    if name in known:
        return [known[name]]
    if name in shipped(domain) or is_folder(name):
        return [load(domain, name)]
    raise UserError(f"unknown evaluator '{name}'", "evaluators", did_you_mean(name, [*known, *shipped(domain)]))


def spans(targets: Sequence[Target], model: Source, values: Floats) -> list[tuple[float, float] | None]:
    """Usual range of each open goal: from the training data, or from what was found where the model knows none.

    Args:
        targets: t wishes.
        model: whose training data is meant.
        values: (n, t) of what was found.
    """
    found: list[tuple[float, float] | None] = []
    for row, target in enumerate(targets):
        if target.goal not in ("min", "max"):
            found.append(None)
            continue
        known = target.name in model.properties
        column = model.reference.properties[:, model.properties.index(target.name)] if known else values[:, row]
        finite = column[np.isfinite(column)]
        low, high = np.quantile(finite, QUANTILES) if finite.size else (0.0, 0.0)
        found.append((float(low), float(high)))
    return found
