"""The hull that crystals are placed on: the one named, that of a data folder, or the one that ships."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.core.errors import UserError
from sekkei.data.folder import find
from sekkei.data.project import WORD, mp_hull
from sekkei.materials.energies import read_energies
from sekkei.materials.hull import Hull, hull_of
from sekkei.zoo import HULLS

_IN_FRAME = "chgnet"  # was trained on energies with the corrections of the Materials Project


def reference_hull(spec: CrystalCampaign) -> Hull | None:
    """The hull that the campaign names, that of the data folder, or the one that ships; None where there is none.

    A hull is of one potential: energies of another are in another frame.

    Raises:
        UserError: the file that is named cannot be read or states another potential, the Materials Project does not
            answer, or the potential is not in its frame.
    """
    if spec.hull == WORD:
        check_frame([spec.potential], "--hull mp")
    if spec.hull:
        path = mp_hull() if spec.hull == WORD else Path(spec.hull)
    else:
        usual = usual_hull(spec.potential)
        if usual is None:
            return None
        path = usual
    stamp = path.stat().st_mtime_ns if path.is_file() else 0
    hull, potentials = _read(path, stamp)
    if others := sorted(potentials - {spec.potential}):
        what = f"holds energies of {', '.join(others)}, on which those of {spec.potential} have no place"
        raise UserError(
            what, f"--hull {path}", f"a hull is of one potential: name a table of {spec.potential}'s energies"
        )
    return hull


def usual_hull(potential: str) -> Path | None:
    """The table of a potential's own energies in the data folder, else the one that ships; None where neither is."""
    shipped = HULLS / f"{potential}.csv"
    return find(f"hull/{potential}_hull.csv") or (shipped if shipped.is_file() else None)


@lru_cache(maxsize=2)
def _read(path: Path, stamp: int) -> tuple[Hull, frozenset[str]]:
    """A file's hull and the potentials it states; read again only where it has changed since, which ``stamp`` tells."""
    del stamp
    found = read_energies(path, total=True)
    if found.formation:
        what = "holds formation energies, among which the total energies of a potential have no place"
        raise UserError(what, f"--hull {path}", "give a column energy_per_atom of that potential, or leave --hull out")
    rows = [row for row in found.rows if row.problem is None]
    return hull_of([row.formula for row in rows], [row.energy for row in rows]), found.potentials


def check_frame(potentials: Iterable[str], where: str) -> None:
    """Refuse to place energies of potentials on the hull of the Materials Project, unless they are in its frame.

    Raises:
        UserError: one was trained on other energies.
    """
    if others := sorted(set(potentials) - {_IN_FRAME}):
        what = f"energies of {', '.join(others)} are not in the frame of the Materials Project"
        raise UserError(what, where, f"name a table of energies of {others[0]}, or use {_IN_FRAME}")
