"""Machine-learned potentials behind one small interface: energy, forces, stress and moments of crystals.

CHGNet (Deng et al., Nat. Mach. Intell. 5, 1031, 2023) brings its weights in its package, so nothing is downloaded;
:mod:`sekkei.predict.sevennet` is a second one, where its package is installed.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

import numpy as np
import torch
from ase.calculators.calculator import Calculator
from chgnet.graph.crystalgraph import CrystalGraph
from chgnet.model.dynamics import CHGNetCalculator
from chgnet.model.model import CHGNet

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.types import Floats, Problem
from sekkei.materials.crystal import Crystal
from sekkei.materials.formula import SYMBOLS

MOST_ATOMS = 200
"""Largest cell that a potential is asked about [atoms]; a step takes seconds beyond it."""

CRYSTAL_FEATURES = 64
"""Width of :meth:`Chgnet.features`."""

ALONE = "an atom has no neighbour that the potential sees"
"""What a Problem ``isolated`` says."""

_DENSEST = 1.0  # atoms per cubic Angstrom; solid hydrogen at a megabar has 0.3
_BATCH = 400  # atoms


@dataclass(frozen=True)
class SinglePoint:
    """What a potential says about one crystal as it is.

    Attributes:
        energy: potential energy [eV/atom].
        forces: (n, 3) [eV/Angstrom].
        stress: (3, 3), positive under tension [GPa].
        moments: (n,) size of the magnetic moments [Bohr magnetons]; empty where the potential has none.
    """

    energy: float
    forces: Floats = field(repr=False)
    stress: Floats = field(repr=False)
    moments: Floats = field(repr=False)


class Potential(Protocol):
    """A potential; give your own to :func:`sekkei.predict.relaxation.relax`."""

    @property
    def name(self) -> str:
        """Word used on the command line."""

    @property
    def version(self) -> str:
        """Version of its weights; energies of two versions are in two frames."""

    @property
    def energy_error(self) -> float:
        """Published mean absolute error of energies against its reference method [eV/atom]."""

    @property
    def moment_error(self) -> float:
        """The same of the size of site moments [Bohr magnetons]."""

    @property
    def elements(self) -> frozenset[str]:
        """Symbols of the elements it was trained on."""

    def refuse(self, item: Crystal) -> Problem | None:
        """Why it cannot be asked about a crystal, else None."""

    def energies(self, items: Sequence[Crystal]) -> list[float | Problem]:
        """Energies [eV/atom] of n crystals, without what takes a gradient."""

    def single_points(self, items: Sequence[Crystal]) -> list[SinglePoint | Problem]:
        """Everything about n crystals."""

    def calculator(self) -> Calculator:
        """The same as an ASE calculator."""


class Chgnet:
    """CHGNet 0.3.0, trained on PBE and PBE+U relaxations of the Materials Project (MPtrj).

    Energies are in the frame of the Materials Project with its corrections of 2020. On its test set the mean absolute
    errors are 30 meV/atom, 77 meV/Angstrom, 0.348 GPa and 0.032 Bohr magnetons (Deng et al. 2023, table 1); it
    was trained near minima and is too soft far from them (Deng et al., npj Comput. Mater. 11, 9, 2025).
    """

    name = "chgnet"
    energy_error = 0.030
    moment_error = 0.032
    elements = frozenset(SYMBOLS[:94]) - {"Po", "At", "Rn", "Fr", "Ra"}

    def __init__(self) -> None:
        """Load the weights of the installed package, for the CPU."""
        with contextlib.redirect_stdout(io.StringIO()):  # it says how many parameters it has
            self._model = CHGNet.load(verbose=False, use_device="cpu")
        self._model.graph_converter.set_isolated_atom_response("error")

    @property
    def version(self) -> str:
        """Version of the weights."""
        return str(self._model.version)

    def refuse(self, item: Crystal) -> Problem | None:
        """Problems ``too_large``, ``element`` (none of the 89 of its training) and ``overlap``."""
        return unfit(self.name, item, self.elements)

    def energies(self, items: Sequence[Crystal]) -> list[float | Problem]:
        """As :meth:`Potential.energies`; an isolated atom is a Problem ``isolated``."""
        answers = self._ask(items, "e")
        return [answer if isinstance(answer, Problem) else float(answer["e"]) for answer in answers]

    def single_points(self, items: Sequence[Crystal]) -> list[SinglePoint | Problem]:
        """As :meth:`Potential.single_points`; an isolated atom is a Problem ``isolated``."""
        return [answer if isinstance(answer, Problem) else _single_point(answer) for answer in self._ask(items, "efsm")]

    def features(self, items: Sequence[Crystal]) -> list[Floats | Problem]:
        """(64,) for each of n crystals: the features of its atoms in the last layer, averaged."""
        answers = self._ask(items, "e")
        return [  # CHGNet adds them up over the atoms
            answer if isinstance(answer, Problem) else answer["crystal_fea"] / len(item.numbers)
            for item, answer in zip(items, answers, strict=True)
        ]

    def calculator(self) -> Calculator:
        """CHGNet's own calculator."""
        with contextlib.redirect_stdout(io.StringIO()):  # it announces its device
            return CHGNetCalculator(self._model, use_device="cpu", on_isolated_atoms="error")

    def _ask(self, items: Sequence[Crystal], task: str) -> list[dict[str, Floats] | Problem]:
        answers: list[dict[str, Floats] | Problem] = [Problem("potential", "no answer was given") for _ in items]
        waiting: list[tuple[int, CrystalGraph]] = []
        for place, item in enumerate(items):
            graph = self._graph(item)
            if isinstance(graph, Problem):
                answers[place] = graph
                continue
            waiting.append((place, graph))
            if sum(len(graph.atomic_number) for _, graph in waiting) >= _BATCH:
                self._predict(waiting, task, answers)
                waiting = []
        self._predict(waiting, task, answers)
        return answers

    def _graph(self, item: Crystal) -> CrystalGraph | Problem:
        if (problem := self.refuse(item)) is not None:
            return problem
        try:
            graph = self._model.graph_converter(item.structure)
        except ValueError as error:
            return unseen(self.name, error)
        return graph if graph is not None else Problem("isolated", ALONE)

    def _predict(
        self, waiting: Sequence[tuple[int, CrystalGraph]], task: str, answers: list[dict[str, Floats] | Problem]
    ) -> None:
        if not waiting:
            return
        with warnings.catch_warnings(), torch.set_grad_enabled(task != "e"):  # energies alone need no derivatives
            warnings.simplefilter("ignore", UserWarning)  # torch on the way in which volumes become a tensor
            found = self._model.predict_graph(
                [graph for _, graph in waiting], task=task, return_crystal_feas=task == "e", batch_size=len(waiting)
            )
        rows = [found] if isinstance(found, dict) else found
        for (place, _), row in zip(waiting, rows, strict=True):
            answers[place] = (
                row if np.isfinite(row["e"]).all() else Problem("not_finite", f"{self.name} gives no finite energy")
            )


def _sevennet() -> Potential:
    from sekkei.predict.sevennet import Sevennet  # noqa: PLC0415 - it is made of the parts above

    return Sevennet()


_KNOWN: dict[str, Callable[[], Potential]] = {Chgnet.name: Chgnet, "sevennet": _sevennet}


@cache
def potential(name: str) -> Potential:
    """A potential by name, loaded once in each process.

    Raises:
        UserError: there is none of that name, or its package is not installed.
    """
    if name not in _KNOWN:
        raise UserError(f"unknown potential '{name}'", "--potential", did_you_mean(name, _KNOWN))
    return _KNOWN[name]()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread of torch for the time of a ``with`` block: cells are so small that more only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def unfit(name: str, item: Crystal, trained: Collection[str]) -> Problem | None:
    """Why a potential trained on these elements cannot be asked: ``too_large``, ``element`` or ``overlap``."""
    if len(item) > MOST_ATOMS:
        return Problem("too_large", f"{len(item)} atoms in the cell are more than {MOST_ATOMS}")
    if strangers := sorted({SYMBOLS[number - 1] for number in item.numbers} - set(trained)):
        return Problem("element", f"{name} was not trained on {', '.join(strangers)}")
    if item.collapsed or len(item) / item.volume > _DENSEST:
        return Problem("overlap", "atoms lie on top of each other")
    return None


def unseen(name: str, error: Exception) -> Problem:
    """The Problem of a geometry that a potential has failed on: ``isolated`` or ``potential``."""
    if "isolated" in str(error):
        return Problem("isolated", ALONE)
    return Problem("potential", f"{name} failed: {(str(error).splitlines() or [''])[0][:120]}")


def _single_point(answer: dict[str, Floats]) -> SinglePoint:
    parts = [np.asarray(answer[key], dtype=np.float64) for key in ("f", "s", "m")]
    return SinglePoint(float(answer["e"]), *parts)
