"""Make src/sekkei/materials/elements.csv, the properties of the elements behind every composition feature.

    python benchmarks/predict/make_elements.py MATMINER_WHEEL

The table is kept as a file, not computed from pymatgen at run time, so that a trained predictor sees the numbers it was
trained on whichever release of pymatgen stands beside it. Three columns come from the OQMD (Kirklin et al., npj Comput.
Mater. 1, 15010, 2015, CC BY 4.0), as Magpie's tables in the matminer wheel have them (`pip download --no-deps
matminer`, BSD 3-clause); radius and polarizability come from smact, everything else from pymatgen. A gap is filled
with the mean of the nearest elements above and below in the group that have a value, else with the median of all.
"""

from __future__ import annotations

import csv
import math
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import smact
from pymatgen.core.periodic_table import Element

OUT = Path(__file__).parents[2] / "src" / "sekkei" / "materials" / "elements.csv"
HEAVIEST = 103
CAPACITY = {"s": 2, "p": 6, "d": 10, "f": 14}
OQMD = {"solid_volume": "GSvolume_pa", "solid_gap": "GSbandgap", "solid_moment": "GSmagmom"}


def data(key: str) -> Callable[[Element], float | None]:
    return lambda element: element.data.get(key)


def ionization(which: int) -> Callable[[Element], float | None]:
    return lambda element: (element.data.get("Ionization energies") or [])[which : which + 1][0]


def electrons(shell: str) -> Callable[[Element], float]:
    return lambda element: float(outer(element).get(shell, 0))


def holes(shell: str) -> Callable[[Element], float]:
    return lambda element: float(CAPACITY[shell] - outer(element)[shell] if shell in outer(element) else 0)


def outer(element: Element) -> dict[str, int]:
    """Electrons beyond the noble-gas core by kind of shell; filled d and f shells below the frontier are left out."""
    found = [(n, kind, count) for n, kind, count in element.full_electronic_structure]
    top = max(n for n, _, _ in found)
    kept: dict[str, int] = {}
    for n, kind, count in found:
        frontier = {"s": top, "p": top, "d": top - 1, "f": top - 2}[kind]
        full_below_p = kind in "df" and count == CAPACITY[kind] and any(k == "p" and m == top for m, k, _ in found)
        if n == frontier and not full_below_p:
            kept[kind] = count
    return kept


def orbital(kind: str) -> Callable[[Element], float | None]:
    """Energy of the outermost orbital of a kind [Hartree]: LSDA atoms of NIST, as pymatgen has them."""

    def energy(element: Element) -> float | None:
        found = {name: value for name, value in (element.atomic_orbitals or {}).items() if kind in name}
        return max(found.values()) if found else None

    return energy


def oxidation(pick: Callable[[tuple[int, ...]], int]) -> Callable[[Element], float]:
    return lambda element: float(pick(element.common_oxidation_states or (0,)))


SMACT = smact.element_dictionary()
COLUMNS: dict[str, Callable[[Element], float | None]] = {
    "number": lambda e: float(e.Z),
    "mass": lambda e: float(e.atomic_mass),
    "group": lambda e: 3.0 if e.is_lanthanoid or e.is_actinoid else float(e.group),
    "row": lambda e: float(e.row),
    "mendeleev": data("Mendeleev no"),
    "electronegativity": data("X"),
    "covalent_radius": lambda e: SMACT[e.symbol].covalent_radius,
    "atomic_radius": data("Atomic radius"),
    "vdw_radius": data("Van der waals radius"),
    "melting_point": data("Melting point"),
    "boiling_point": data("Boiling point"),
    "molar_volume": data("Molar volume"),
    "log_thermal_conductivity": lambda e: math.log10(e.data["Thermal conductivity"]),
    "electron_affinity": data("Electron affinity"),
    "ionization_1": ionization(0),
    "ionization_2": ionization(1),
    "ionization_3": ionization(2),
    "polarizability": lambda e: SMACT[e.symbol].dipol,
    **{f"electrons_{kind}": electrons(kind) for kind in "spdf"},
    **{f"holes_{kind}": holes(kind) for kind in "spdf"},
    **{f"orbital_{kind}": orbital(kind) for kind in "spd"},
    "oxidation_low": oxidation(min),
    "oxidation_high": oxidation(max),
    "is_metal": lambda e: float(e.is_metal),
}


def value(function: Callable[[Element], float | None], element: Element) -> float:
    try:
        found = function(element)
    except (KeyError, TypeError, IndexError, ValueError):
        return math.nan
    return math.nan if found is None else float(found)


def filled(column: np.ndarray, elements: list[Element]) -> np.ndarray:
    known = {e.Z: x for e, x in zip(elements, column, strict=True) if not math.isnan(x)}
    groups = {e.Z: COLUMNS["group"](e) for e in elements}
    out = column.copy()
    for place, element in enumerate(elements):
        if math.isnan(column[place]):
            kin = [z for z in known if groups[z] == groups[element.Z]]
            above = max((z for z in kin if z < element.Z), default=None)
            below = min((z for z in kin if z > element.Z), default=None)
            near = [known[z] for z in (above, below) if z is not None]
            out[place] = np.mean(near) if near else np.median(list(known.values()))
    return out


def magpie(wheel: Path, name: str) -> list[float]:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"matminer/utils/data_files/magpie_elementdata/{name}.table").decode()
    lines = [line.strip() for line in text.splitlines()]
    numbers = [math.nan if line.startswith("Missing") or not line else float(line) for line in lines]
    return (numbers + [math.nan] * HEAVIEST)[:HEAVIEST]


def main() -> None:
    elements = [Element.from_Z(z) for z in range(1, HEAVIEST + 1)]
    table = {name: np.array([value(function, e) for e in elements]) for name, function in COLUMNS.items()}
    table |= {name: np.array(magpie(Path(sys.argv[1]), source)) for name, source in OQMD.items()}
    complete = {name: filled(column, elements) for name, column in table.items()}
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["symbol", *complete])
        for place, element in enumerate(elements):
            writer.writerow([element.symbol, *(f"{column[place]:.6g}" for column in complete.values())])
    print({name: int(np.isnan(column[:94]).sum()) for name, column in table.items()})


if __name__ == "__main__":
    main()
