"""What an element is, in numbers, and which elements are kin.

The numbers are column, row and block of the periodic table, usual charges, and electronegativity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pymatgen.core.periodic_table import Element

from sekkei.core.types import Floats
from sekkei.materials.features import table
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
    found = np.zeros((len(symbols), _COLUMNS + _ROWS + len(_BLOCKS) + len(_CHARGES) + 2))
    for row, symbol in enumerate(symbols):
        element = Element(symbol)
        found[row, element.group - 1] = 1.0
        found[row, _COLUMNS + element.row - 1] = 1.0
        found[row, _COLUMNS + _ROWS + _BLOCKS.index(element.block)] = 1.0
        first = _COLUMNS + _ROWS + len(_BLOCKS)
        found[row, first : first + len(_CHARGES)] = [share(symbol, charge) for charge in _CHARGES]
        found[row, -2:] = symbol in metals(), ELECTRONEGATIVITY.get(symbol, 0.0)
    return found


def kinship(symbols: Sequence[str]) -> Floats:
    """How likely one element is taken in place of another of its group, the more the likelier they are alike.

    Alike are elements of nearly the same covalent radius and Pauling electronegativity: the weight is exp(-d^2 / 2)
    with d the distance of the two in standard deviations over the table of elements. Lanthanoids and actinoids are kin
    of their own period only.

    Returns:
        (n, n): each row adds up to 1, or to 0 where an element has no kin; none is its own.
    """
    tabulated, names, values = table()
    columns = [names.index("covalent_radius"), names.index("electronegativity")]
    scaled = (values[:, columns] - values[:, columns].mean(axis=0)) / values[:, columns].std(axis=0)
    places = {symbol: place for place, symbol in enumerate(tabulated)}
    families = [_family(symbol) for symbol in symbols]
    weights = np.zeros((len(symbols), len(symbols)))
    for i, one in enumerate(symbols):
        for j, other in enumerate(symbols):
            if i != j and families[i] == families[j] and one in places and other in places:
                gap = scaled[places[one]] - scaled[places[other]]
                weights[i, j] = np.exp(-0.5 * float(gap @ gap))
    sums = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0))


def _family(symbol: str) -> str:
    element = Element(symbol)
    if element.is_lanthanoid or element.is_actinoid:
        return f"f{element.row}"
    return str(element.group)
