"""Write crystals as an ASE database, which `ase db` and `ase gui` search and show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import ase.db
from ase import Atoms
from ase.db.core import convert_str_to_int_float_bool_or_str, reserved_keys

from sekkei.core.files import replacing
from sekkei.materials.crystal import Crystal
from sekkei.materials.extxyz import Fact

_UNDATED = "UPDATE systems SET ctime = 0, mtime = 0, username = '', unique_id = 'crystal ' || id"
"""The same crystals, the same bytes: neither times nor random names."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]\d+)?")
"""Numbers as tables hold them; names such as NaN, InF or a hash like 7e12 are none, though Python reads them so."""


def write_database(path: Path, items: Sequence[Crystal], facts: Sequence[Mapping[str, Fact]]) -> None:
    """Write n crystals as n rows of an SQLite file; ``ase.db.connect(path).select("e_above_hull<0.05")`` finds some.

    Args:
        path: the file, replaced in one step.
        items: n crystals.
        facts: n sets of values, the keys of the rows; what ASE keeps a name for itself gets ``_value`` behind it.

    Raises:
        UserError: the file cannot be written.
    """
    with replacing(path) as temporary:
        database = ase.db.connect(str(temporary), type="db", append=False, use_lock_file=False)
        with database:
            for item, known in zip(items, facts, strict=True):
                atoms = Atoms(item.numbers, scaled_positions=item.positions, cell=item.lattice, pbc=True)
                database.write(atoms, key_value_pairs=_pairs(known))
        with database.managed_connection() as connection:
            connection.execute(_UNDATED)


def _pairs(known: Mapping[str, Fact]) -> dict[str, Fact]:
    """Numbers as numbers, since ASE refuses a text that reads like one; NaN or InF gets a dot behind it."""
    return {f"{name}_value" if name in reserved_keys else name: _plain(value) for name, value in known.items()}


def _plain(value: Fact) -> Fact:
    if not isinstance(value, str):
        return value
    read: Fact = convert_str_to_int_float_bool_or_str(value)
    odd = isinstance(read, float) and not _NUMBER.fullmatch(value)
    return f"{value}." if odd else read
