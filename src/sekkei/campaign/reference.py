"""The hull that crystals are placed on: the one named, that of a data folder, or the one that ships."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sekkei.campaign.crystal_spec import CrystalCampaign
from sekkei.data.folder import find
from sekkei.data.project import WORD, mp_hull
from sekkei.materials.energies import read_energies
from sekkei.materials.hull import Hull, hull_of
from sekkei.zoo import HULLS


def reference_hull(spec: CrystalCampaign) -> Hull | None:
    """The hull that the campaign names, that of the data folder, or the one that ships; None where there is none.

    Raises:
        UserError: the file that is named cannot be read, or the Materials Project does not answer.
    """
    if spec.hull:
        path = mp_hull() if spec.hull == WORD else Path(spec.hull)
    else:
        usual = usual_hull(spec.potential)
        if usual is None:
            return None
        path = usual
    stamp = path.stat().st_mtime_ns if path.is_file() else 0
    return _read(path, stamp)


def usual_hull(potential: str) -> Path | None:
    """The table of a potential's own energies in the data folder, else the one that ships; None where neither is."""
    shipped = HULLS / f"{potential}.csv"
    return find(f"hull/{potential}_hull.csv") or (shipped if shipped.is_file() else None)


@lru_cache(maxsize=2)
def _read(path: Path, stamp: int) -> Hull:
    """A file's hull; read again only where the file has changed since, which ``stamp`` tells."""
    del stamp
    rows = [row for row in read_energies(path).rows if row.problem is None]
    return hull_of([row.formula for row in rows], [row.energy for row in rows])
