"""Everything that can be asked of a composition or a crystal without a trained model, by name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.evaluators import Answer, FunctionEvaluator
from sekkei.core.protocols import Evaluator
from sekkei.core.types import Measure, Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import Composition
from sekkei.materials.geometry import GEOMETRY_PROFILES, GeometryProfile, check_geometry
from sekkei.materials.hazard import HAZARD, hazard
from sekkei.materials.properties import CRYSTAL_PROPERTIES, PROPERTIES
from sekkei.materials.recycling import RECYCLING, recycling
from sekkei.materials.structures import symmetry
from sekkei.materials.validity import PROFILES, Profile, judge

SPACEGROUP = Measure(
    "spacegroup", title="space group number", low=1.0, high=230.0, source="spglib, tolerance 0.1 Angstrom"
)


def _passes(rules: Profile, item: Composition) -> Answer:
    verdict = judge(item, rules)
    if isinstance(verdict, Problem):
        return float("nan"), verdict.message
    return float(verdict.valid), verdict.message


def _stands(rules: GeometryProfile, item: Crystal) -> Answer:
    problem = check_geometry(item, rules)
    return float(problem is None), problem.message if problem else ""


def _spacegroup(item: Crystal) -> Answer:
    found = symmetry(item)
    return (float("nan"), found.message) if isinstance(found, Problem) else (float(found.number), found.symbol)


def _share(name: str, title: str, source: str) -> Measure:
    return Measure(name, title=title, low=0.0, high=1.0, source=source)


EVALUATORS: dict[str, Evaluator[Composition]] = {
    **{name: FunctionEvaluator(entry.measure, entry.compute) for name, entry in PROPERTIES.items()},
    HAZARD.name: FunctionEvaluator(HAZARD, hazard),
    RECYCLING.name: FunctionEvaluator(RECYCLING, recycling),
    **{
        f"valid_{name}": FunctionEvaluator(
            _share(f"valid_{name}", f"balanced composition ({name})", rules.source), partial(_passes, rules)
        )
        for name, rules in PROFILES.items()
    },
}
"""Every evaluator of a composition: the eight properties, ``hazard``, ``recycling``, and ``valid_`` with a profile."""

CRYSTAL_EVALUATORS: dict[str, Evaluator[Crystal]] = {
    **{name: FunctionEvaluator(entry.measure, entry.compute) for name, entry in CRYSTAL_PROPERTIES.items()},
    SPACEGROUP.name: FunctionEvaluator(SPACEGROUP, _spacegroup),
    **{
        f"physical_{name}": FunctionEvaluator(
            _share(f"physical_{name}", f"physical structure ({name})", rules.source), partial(_stands, rules)
        )
        for name, rules in GEOMETRY_PROFILES.items()
    },
}
"""Every evaluator of a crystal: three properties, ``spacegroup``, and ``physical_`` with the name of a profile."""


def evaluators(names: Iterable[str]) -> list[Evaluator[Composition]]:
    """The evaluators of a composition of these names, in this order, each once.

    Raises:
        UserError: a name is unknown.
    """
    return [EVALUATORS[name] for name in _known(names, EVALUATORS)]


def crystal_evaluators(names: Iterable[str]) -> list[Evaluator[Crystal]]:
    """As :func:`evaluators`, for crystals; what is asked of a composition is asked of ``Crystal.composition``."""
    return [CRYSTAL_EVALUATORS[name] for name in _known(names, CRYSTAL_EVALUATORS)]


def _known(names: Iterable[str], table: Iterable[str]) -> list[str]:
    wanted, known = list(dict.fromkeys(names)), set(table)
    for name in wanted:
        if name not in known:
            raise UserError(f"unknown evaluator '{name}'", "evaluators", did_you_mean(name, known))
    return wanted
