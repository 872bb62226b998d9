"""The hashes of known crystals that ship: formulas, types and occupied sites of MP-20 and MPTS-52.

python -m benchmarks.crystals.known_structures      # some ten minutes on one core
"""

from __future__ import annotations

import json
import time
import warnings
from importlib.metadata import version

from benchmarks.record import circumstances

from sekkei import zoo
from sekkei.data.crystals import TABLES
from sekkei.data.folder import find
from sekkei.materials.crystal import Crystal
from sekkei.materials.datasets import material_table
from sekkei.materials.known import hashes_of
from sekkei.materials.structure_files import read_crystals

BESIDE = zoo.STRUCTURES.with_suffix(".json")


def main() -> None:
    warnings.simplefilter("ignore")
    items: dict[str, Crystal] = {}
    for name in TABLES:
        path = find(material_table(name).file)
        if path is None:
            raise SystemExit(f"{material_table(name).file} is in no folder of SEKKEI_DATA")
        for line in read_crystals(path):
            if line.item is not None:
                items.setdefault(line.name, line.item)
    began = time.perf_counter()
    known = hashes_of(items.values())
    zoo.STRUCTURES.parent.mkdir(exist_ok=True)
    known.save(zoo.STRUCTURES)
    names = ("pymatgen-core", "spglib", "numpy")
    record = {
        "what": "40-bit hashes of formulas, types, space groups and occupied Wyckoff positions of known crystals",
        "structures": "MP-20 and MPTS-52 (Materials Project, CC BY 4.0; Jain et al., APL Mater. 1, 011002, 2013)",
        "count": len(items),
        "hashes": len(known),
        "seconds": round(time.perf_counter() - began),
        "circumstances": circumstances() | {"packages": {name: version(name) for name in names}, "threads": 1},
    }
    BESIDE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{len(known):,} hashes of {len(items):,} crystals in {zoo.STRUCTURES}")


if __name__ == "__main__":
    main()
