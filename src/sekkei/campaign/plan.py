"""Read a campaign against a model: every name is resolved and every wish checked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sekkei.campaign.source import Source
from sekkei.campaign.spec import Campaign
from sekkei.core.errors import UserError
from sekkei.core.plugins import is_plugin, load_evaluator
from sekkei.core.protocols import Evaluator, Predictor
from sekkei.core.targets import Target, parse_targets
from sekkei.core.types import Floats, Measure
from sekkei.molecules.constraints import Constraints
from sekkei.molecules.evaluators import EVALUATORS, evaluators
from sekkei.molecules.properties import PROPERTIES
from sekkei.predict.shelf import evaluators as predictors
from sekkei.predict.shelf import is_folder, load, shipped

DOMAIN = "molecules"
QUANTILES = (0.005, 0.995)
"""Ends of the usual range of a property in the training data, by which open goals are scaled."""


@dataclass(frozen=True)
class Plan:
    """A campaign ready to run.

    Attributes:
        spec: what was asked, with nothing left to be worked out.
        targets: the wishes, in the order given.
        extras: the user's evaluators, in the order given, then the shipped predictors that targets name.
        constraints: the hard constraints.
        warnings: sentences the reader must see.
    """

    spec: Campaign
    targets: tuple[Target, ...]
    extras: tuple[Evaluator[Any], ...]
    constraints: Constraints
    warnings: tuple[str, ...]

    @property
    def computed(self) -> list[Target]:
        """Wishes about properties that follow from the structure alone."""
        return [target for target in self.targets if target.name in PROPERTIES]

    @property
    def judged(self) -> list[Target]:
        """Wishes about what the user's evaluators and the predictors measure."""
        return [target for target in self.targets if target.name not in PROPERTIES]

    @property
    def measures(self) -> list[Measure]:
        """Measures of the table, each once: targets, the user's evaluators, evidence."""
        found = [target.measure for target in self.targets]
        found += [measure for extra in self.extras for measure in extra.measures]
        found += [measure for name in ("sa", "alerts", "strain") for measure in EVALUATORS[name].measures]
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
    extras = load_evaluators(spec.evaluators)
    measures = {one.name: one.measure for one in predictors(DOMAIN)}
    measures |= {name: prop.measure for name, prop in PROPERTIES.items()}
    measures |= {measure.name: measure for extra in extras for measure in extra.measures}
    targets = parse_targets(spec.targets, measures)
    extras += _predicted(targets, extras)
    wanted = spec.constraints
    least = wanted.min_similarity or 0.0
    constraints = Constraints(wanted.require, wanted.forbid, wanted.elements, wanted.similar_to, least)
    constraints.check()
    warnings = model.check_coverage([t for t in targets if t.name in model.properties], spec.extrapolate)
    warnings += [_caution(extra) for extra in extras if isinstance(extra, Predictor)]
    return Plan(spec, tuple(targets), tuple(extras), constraints, tuple(warnings))


def _predicted(targets: Sequence[Target], extras: Sequence[Evaluator[Any]]) -> list[Evaluator[Any]]:
    """The shipped predictors of what targets name and nothing else computes."""
    measured = {measure.name for extra in extras for measure in extra.measures} | set(PROPERTIES)
    wanted = {target.name for target in targets} - measured
    return [one for one in predictors(DOMAIN) if one.name in wanted]


def _caution(extra: Predictor[Any]) -> str:
    return (
        f"{extra.name} is predicted, with an error of its own (`sekkei predict show {DOMAIN} {extra.name}`): the model "
        "is not steered towards it, its proposals are sifted by it"
    )


def load_evaluators(names: Sequence[str]) -> list[Evaluator[Any]]:
    """Evaluators by name: built-in ones, predictors (shipped or a folder), the user's as ``package.module:object``.

    Raises:
        UserError: unknown name, named twice, or one that takes the name of a built-in measure.
    """
    loaded: list[Evaluator[Any]] = []
    taken: set[str] = set()
    builtin = {*EVALUATORS, *shipped(DOMAIN)}
    for row, name in enumerate(names):
        where = f"evaluators[{row}]"
        plugin = is_plugin(name)
        found = _named(name, where)
        for measure in [measure for one in found for measure in one.measures]:
            if (plugin or is_folder(name)) and measure.name in builtin:
                raise UserError(f"'{measure.name}' is a built-in measure", f"{where} '{name}'", "choose another name")
            if measure.name in taken:
                raise UserError(f"'{measure.name}' is measured twice", f"{where} '{name}'", "name it once")
            taken.add(measure.name)
        loaded += found
    return loaded


def _named(name: str, where: str) -> list[Evaluator[Any]]:
    if is_plugin(name):
        return [load_evaluator(name, where)]
    if name in shipped(DOMAIN) or is_folder(name):
        return [load(DOMAIN, name)]
    return list(evaluators([name]))


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
