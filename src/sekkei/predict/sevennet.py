"""SevenNet, a second potential to hold CHGNet against: the extra ``sekkei[sevennet]``."""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from sekkei.core.errors import UserError
from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import SYMBOLS
from sekkei.predict.potentials import ALONE, SinglePoint, unfit, unseen

_WEIGHTS = "7net-0_11Jul2024"  # inside the package, so that nothing is downloaded
_GPA = 160.21766208  # 1 eV/Angstrom^3


class Sevennet:
    """SevenNet-0 of 11 July 2024 (Park et al., J. Chem. Theory Comput. 20, 4857, 2024), trained on MPtrj.

    Energies are those of PBE and PBE+U *without* the corrections of the Materials Project: their frame is neither
    CHGNet's nor the database's. On MPtrj, of which nothing was held out, the mean absolute errors are 11 meV/atom,
    40 meV/Angstrom and 0.28 GPa (its README); on the WBM structures, which it has not seen, 46 meV/atom (Matbench
    Discovery, full test set, after relaxation). It knows no magnetic moments.
    """

    name = "sevennet"
    energy_error = 0.046
    moment_error = math.nan

    def __init__(self) -> None:
        """Load the weights of the installed package, for the CPU.

        Raises:
            UserError: the package ``sevenn`` is not installed.
        """
        try:
            from sevenn.calculator import SevenNetCalculator  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise UserError(
                "needs the package sevenn", "potential sevennet", 'pip install "sekkei[sevennet]"'
            ) from error
        self._make: Any = SevenNetCalculator
        self._judge = self._quietly(_WEIGHTS)
        self.elements = frozenset(SYMBOLS[number - 1] for number in self._judge.type_map)

    @property
    def version(self) -> str:
        """Name of the weights, and version of the package that runs them."""
        try:
            return f"{_WEIGHTS} {version('sevenn')}"
        except PackageNotFoundError:
            return _WEIGHTS

    def refuse(self, item: Crystal) -> Problem | None:
        """Problems ``too_large``, ``element`` and ``overlap``."""
        return unfit(self.name, item, self.elements)

    def energies(self, items: Sequence[Crystal]) -> list[float | Problem]:
        """As :meth:`sekkei.predict.potentials.Potential.energies`; an isolated atom is a Problem ``isolated``."""
        return [one if isinstance(one, Problem) else one.energy for one in self.single_points(items)]

    def single_points(self, items: Sequence[Crystal]) -> list[SinglePoint | Problem]:
        """As :meth:`sekkei.predict.potentials.Potential.single_points`, without moments."""
        return [self.refuse(item) or self._alone(item) or self._ask(item) for item in items]

    def calculator(self) -> Calculator:
        """SevenNet's own calculator, with the weights that are loaded."""
        return self._quietly(self._judge.model, file_type="model_instance")

    def _quietly(self, model: Any, **more: str) -> Any:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore", UserWarning)  # that there is no accelerator
            return self._make(model, device="cpu", **more)

    def _alone(self, item: Crystal) -> Problem | None:
        centres, *_ = item.structure.get_neighbor_list(self._judge.cutoff)
        return None if len(np.unique(centres)) == len(item) else Problem("isolated", ALONE)

    def _ask(self, item: Crystal) -> SinglePoint | Problem:
        atoms = Atoms(item.numbers, scaled_positions=item.positions, cell=item.lattice, pbc=True)
        atoms.calc = self._judge
        try:
            energy = float(atoms.get_potential_energy()) / len(atoms)
            forces, stress = atoms.get_forces(), atoms.get_stress(voigt=False) * _GPA
        except (ValueError, RuntimeError, ArithmeticError) as error:
            return unseen(self.name, error)
        if not np.isfinite([energy, *forces.ravel(), *stress.ravel()]).all():
            return Problem("not_finite", f"{self.name} gives no finite energy")
        return SinglePoint(energy, np.asarray(forces, dtype=np.float64), np.asarray(stress), np.empty(0))
