"""What an element is, in numbers: column, row and block of the periodic table, usual charges, electronegativity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pymatgen.core.periodic_table import Element

from sekkei.core.types import Floats
from sekkei.materials.formula import ELECTRONEGATIVITY
from sekkei.materials.oxidation import metals, share

_COLUMNS, _ROWS, _BLOCKS = 18, 7, "spdf"
_CHARGES = range(-4, 9)


def traits(symbols: Sequence[str]) -> Floats:
    """The traits of elements, one row each.

    Returns:
        (n, 44): one of 18 columns, 7 rows and 4 blocks, shares of the charges -4 to 8 in the ICSD, metal or not, and
        the Pauling electronegativity (0 where there is none).
    """
    table = np.zeros((len(symbols), _COLUMNS + _ROWS + len(_BLOCKS) + len(_CHARGES) + 2))
    for row, symbol in enumerate(symbols):
        element = Element(symbol)
        table[row, element.group - 1] = 1.0
        table[row, _COLUMNS + element.row - 1] = 1.0
        table[row, _COLUMNS + _ROWS + _BLOCKS.index(element.block)] = 1.0
        first = _COLUMNS + _ROWS + len(_BLOCKS)
        table[row, first : first + len(_CHARGES)] = [share(symbol, charge) for charge in _CHARGES]
        table[row, -2:] = symbol in metals(), ELECTRONEGATIVITY.get(symbol, 0.0)
    return table
