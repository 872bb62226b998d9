"""Everything that can be asked of a molecule, by name."""

from __future__ import annotations

from collections.abc import Iterable

from rdkit import Chem

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.evaluators import FunctionEvaluator
from sekkei.core.protocols import Evaluator
from sekkei.molecules.properties import PROPERTIES
from sekkei.molecules.stability import UNSTABLE_GROUPS, StrainEvaluator, unstable_groups
from sekkei.molecules.synthesis import ALERTS, alerts

EVALUATORS: dict[str, Evaluator[Chem.Mol]] = {
    **{name: FunctionEvaluator(entry.measure, entry.compute) for name, entry in PROPERTIES.items()},
    ALERTS.name: FunctionEvaluator(ALERTS, alerts),
    UNSTABLE_GROUPS.name: FunctionEvaluator(UNSTABLE_GROUPS, unstable_groups),
    "strain": StrainEvaluator(),
}
"""Every evaluator of a molecule: the eleven properties, ``alerts``, ``unstable_groups`` and ``strain``."""


def evaluators(names: Iterable[str]) -> list[Evaluator[Chem.Mol]]:
    """The evaluators of these names, in this order, each once.

    Raises:
        UserError: a name is unknown.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in EVALUATORS:
            raise UserError(f"unknown evaluator '{name}'", "evaluators", did_you_mean(name, EVALUATORS))
    return [EVALUATORS[name] for name in wanted]
