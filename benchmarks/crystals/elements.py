"""Elements in the structure they have at room temperature, for a hull whose tables lack some of them.

Simple structures and lattice constants are those of ``ase.data.reference_states``; alpha manganese is that of Gazzara
et al., Acta Cryst. 22, 859 (1967). What is no simple crystal (S8, selenium, alpha plutonium, the gases) is left to the
tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from ase.build import bulk
from ase.data import chemical_symbols, reference_states
from pymatgen.core import Lattice, Structure

from sekkei.core.types import Problem
from sekkei.materials.crystal import Crystal, crystal, from_structure

SIMPLE = ("fcc", "bcc", "hcp", "diamond", "sc")
CHAINS = ("Se", "Te")
"""Listed as hexagonal without their chains of atoms."""

_MANGANESE = [[0.0, 0.0, 0.0], [0.317, 0.317, 0.317], [0.356, 0.356, 0.034], [0.089, 0.089, 0.282]]


def reference_states_of_elements() -> Iterator[tuple[str, Crystal]]:
    """Names and crystals, in the order of the atomic numbers."""
    for symbol, state in zip(chemical_symbols[1:], reference_states[1:], strict=False):
        if symbol == "Mn":
            manganese = Structure.from_spacegroup("I-43m", Lattice.cubic(8.914), ["Mn"] * 4, _MANGANESE)
            made = from_structure(manganese.get_primitive_structure())
        elif state and state["symmetry"] in SIMPLE and symbol not in CHAINS:
            atoms = bulk(symbol)
            made = crystal(atoms.cell.array, atoms.numbers, atoms.get_scaled_positions())
        else:
            continue
        if not isinstance(made, Problem):
            yield f"element-{symbol}", made
