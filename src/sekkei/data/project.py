"""The stable phases of the Materials Project, asked from its live database through its own client, mp-api."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from sekkei.core.errors import UserError
from sekkei.data.folder import own
from sekkei.materials.files import write_table

WORD = "mp"
"""What ``--hull`` takes for these phases."""

KEY = "MP_API_KEY"
"""Environment variable in which the client looks for the user's key."""

FRAME = "GGA_GGA+U"
"""Energies with the corrections of 2020 (Wang et al., Sci. Rep. 11, 15496, 2021): the frame CHGNet was trained in."""

_FIELDS = ["material_id", "formula_pretty", "energy_per_atom"]
_NAME = "mp-hull-"

T = TypeVar("T")

Opened = Callable[[], AbstractContextManager[Any]]
"""Opens a client: ``mp_api.client.MPRester`` or what answers the same."""


def mp_hull(opened: Opened | None = None, where: str = "--hull mp") -> Path:
    """A table of the stable phases; from the user's own folder where it has been fetched before, else fetched.

    Only what lies on the hull is asked for: nothing else decides an energy above hull. The name of
    the file holds the version of the database; delete it to ask anew.

    Args:
        opened: opens the client; the real one where None.
        where: the option that asks for it, for messages.

    Raises:
        UserError: mp-api is not installed, there is no key, or the database does not answer.
    """
    kept = sorted(own().glob(f"{_NAME}*.csv"))
    if kept:
        return kept[-1]
    version, rows = asked_of(_stable, where, opened)
    if not rows:
        raise UserError("the Materials Project gave no phases", where, "try again later")
    path = own() / f"{_NAME}{''.join(c for c in version if c.isalnum() or c in '._-')[:40]}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(path, rows)
    return path


def asked_of(question: Callable[[Any], T], where: str, opened: Opened | None = None) -> T:
    """What the database answers.

    Args:
        question: gets the open client.
        where: what the user typed, for messages.
        opened: opens the client; the real one where None.

    Raises:
        UserError: mp-api is not installed, there is no key, or the database does not answer.
    """
    try:
        with (opened or _client(where))() as client:
            return question(client)
    except UserError:
        raise
    except Exception as error:  # a client of the network raises whatever it likes
        what = f"the Materials Project does not answer: {(str(error).splitlines() or [''])[0][:120]}"
        raise UserError(what, where, f"set {KEY} to your key of next-gen.materialsproject.org/api") from error


def _stable(client: Any) -> tuple[str, list[dict[str, str | float | None]]]:
    version = str(client.get_database_version())
    documents = client.materials.thermo.search(is_stable=True, thermo_types=[FRAME], fields=_FIELDS, all_fields=False)
    return version, rows_of(documents)


def rows_of(documents: Iterable[Mapping[str, Any] | Any]) -> list[dict[str, str | float | None]]:
    """Name, formula and energy [eV/atom] of each document, as the client gives them or as plain JSON."""
    found: list[dict[str, str | float | None]] = []
    for one in documents:
        table = one if isinstance(one, Mapping) else {name: getattr(one, name, None) for name in _FIELDS}
        formula, energy = table.get("formula_pretty"), table.get("energy_per_atom")
        if isinstance(formula, str) and isinstance(energy, int | float) and math.isfinite(energy):
            found.append({"name": str(table.get("material_id")), "formula": formula, "energy_per_atom": float(energy)})
    return found


def _client(where: str) -> Opened:
    try:
        from mp_api.client import MPRester  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UserError("needs the package mp-api", where, 'pip install "sekkei[mp]"') from error
    return lambda: MPRester(mute_progress_bars=True)
