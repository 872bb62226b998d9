"""The tables of compositions and crystals that Sekkei knows: what is in them, whose they are, how to read them.

Attribute the Materials Project (CC BY 4.0; Jain et al., APL Mater. 1, 011002, 2013) in the card of any model trained
on its data. Energies of different tables are in different frames: the MP-20 labels differ from the older Materials
Project tables by 0.042 eV/atom on average. Keep labels of test folds out by formula, not by row: the tables overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from sekkei.core.errors import UserError, did_you_mean
from sekkei.core.textfiles import unreadable
from sekkei.core.types import Floats, Measure, Problem
from sekkei.materials.formula import Composition, parse_formula
from sekkei.materials.structure_files import CrystalLine, read_crystals

_MP = "Materials Project, CC BY 4.0"
_MATBENCH = "Matbench v0.1: Dunn et al., npj Comput. Mater. 6, 138, 2020"
_MP20 = "MP-20: Xie et al., ICLR 2022, from the Materials Project"
_MPTS = "MPTS-52: Baird et al., 2023, from the Materials Project"
_CRABNET = "Wang et al., npj Comput. Mater. 7, 77, 2021 (CrabNet)"
_CRITEXAM = "Bartel et al., npj Comput. Mater. 6, 97, 2020"
_EF = Measure("formation_energy", "eV/atom", "formation energy")
_DECOMPOSITION = Measure("decomposition_energy", "eV/atom", "decomposition energy")
_HULL = Measure("e_above_hull", "eV/atom", "energy above hull", low=0.0)
_GAP = Measure("band_gap", "eV", "band gap (PBE)", low=0.0)
_MEASURED_GAP = Measure("band_gap", "eV", "band gap (measured)", low=0.0)


@dataclass(frozen=True)
class MaterialTable:
    """One table.

    Attributes:
        name: word used on the command line.
        title: what it is.
        rows: how many rows it has.
        source: publication.
        licence: licence or terms.
        file: relative to a data folder.
        formula: heading of the column of formulas.
        measures: what its columns of numbers mean, by heading.
        crystals: whether it holds structures.
        caution: what to know before using it.
    """

    name: str
    title: str
    rows: int
    source: str
    licence: str
    file: str
    formula: str = "formula"
    measures: dict[str, Measure] = field(default_factory=dict)
    crystals: bool = False
    caution: str = ""


@dataclass(frozen=True)
class Labelled:
    """A table that has been read; row i of everything belongs together.

    Attributes:
        texts: n formulas as published.
        items: n compositions, or the Problem where a formula cannot be read.
        values: (n,) numbers by the name of their measure, NaN where the table has none.
        split: n words such as ``train``, empty where the table is not split.
    """

    texts: list[str]
    items: list[Composition | Problem]
    values: dict[str, Floats]
    split: list[str]


TABLES: dict[str, MaterialTable] = {
    t.name: t
    for t in (
        MaterialTable("mp20", "MP-20: crystals of up to 20 atoms, 62.6 % of train, and val", 26_034, _MP20, _MP,
                      "crystals/mp20_structures.parquet", crystals=True,
                      measures={"formation_energy_per_atom": _EF, "band_gap": _GAP, "e_above_hull": _HULL}),
        MaterialTable("mp20_properties", "MP-20: labels, also of crystals whose structure is missing", 31_005, _MP20,
                      _MP, "crystals/mp20_properties.parquet",
                      measures={"formation_energy_per_atom": _EF, "band_gap": _GAP, "e_above_hull": _HULL}),
        MaterialTable("mpts52", "MPTS-52: crystals of up to 52 atoms, part of train, and val", 16_005, _MPTS, _MP,
                      "crystals/mpts52_structures.parquet", crystals=True,
                      measures={"formation_energy_per_atom": _EF, "e_above_hull": _HULL}),
        MaterialTable("perov5", "Perov-5: cubic perovskites ABX3, val and test", 7_572,
                      "Castelli et al., Energy Environ. Sci. 5, 5814, 2012", "MIT, by way of CDVAE",
                      "crystals/perov5_structures.parquet", crystals=True,
                      measures={"dir_gap": Measure("direct_gap", "eV", "direct band gap", low=0.0),
                                "ind_gap": Measure("indirect_gap", "eV", "indirect band gap", low=0.0)}),
        MaterialTable("carbon24", "Carbon-24: forms of carbon at 10 GPa, val and test", 4_062,
                      "Pickard, AIRSS data for carbon at 10 GPa, 2020", "CC BY 4.0, by way of CDVAE",
                      "crystals/carbon24_structures.parquet", crystals=True,
                      measures={"energy_per_atom": Measure("energy", "eV/atom", "total energy")}),
        MaterialTable("mp_elastic", "bulk and shear moduli with structures", 3_953,
                      "de Jong et al., Sci. Data 2, 150009, 2015", _MP,
                      "crystals/mp_elasticity_binary.parquet", crystals=True,
                      measures={"bulk_modulus_vrh": Measure("bulk_modulus", "GPa", "bulk modulus (VRH)"),
                                "shear_modulus_vrh": Measure("shear_modulus", "GPa", "shear modulus (VRH)")}),
        MaterialTable("mp_dielectric", "refractive indices with structures", 1_056,
                      "Petousis et al., Sci. Data 4, 160134, 2017", _MP, "crystals/mp_dielectric_2017.parquet",
                      crystals=True, measures={"band_gap": _GAP, "n": Measure("n", "", "refractive index", low=1.0)}),
        MaterialTable("mp_gap", "band gaps of the Materials Project", 106_113, _MATBENCH, _MP,
                      "compositions/matbench_mp_gap.parquet", measures={"target": _GAP}),
        MaterialTable("mp_e_form", "formation energies of the Materials Project", 132_752, _MATBENCH, _MP,
                      "compositions/matbench_mp_e_form.parquet", measures={"target": _EF}),
        MaterialTable("mp_is_metal", "metal or not, Materials Project", 106_113, _MATBENCH, _MP,
                      "compositions/matbench_mp_is_metal.parquet",
                      measures={"target": Measure("is_metal", "", "metal (PBE)", low=0.0, high=1.0)}),
        MaterialTable("expt_gap", "measured band gaps", 4_604, _MATBENCH, "MIT",
                      "compositions/matbench_expt_gap.parquet", measures={"target": _MEASURED_GAP}),
        MaterialTable("expt_is_metal", "metal or not, measured", 4_921, _MATBENCH, "MIT",
                      "compositions/matbench_expt_is_metal.parquet",
                      measures={"target": Measure("is_metal", "", "metal (measured)", low=0.0, high=1.0)}),
        MaterialTable("expt_bandgaps", "measured band gaps, 93 % of expt_gap among them", 6_354,
                      "Zhuo et al., J. Phys. Chem. Lett. 9, 1668, 2018", "by way of aviary, MIT",
                      "compositions/expt_bandgaps.parquet", "composition", {"Eg": _MEASURED_GAP}),
        MaterialTable("glass", "metallic glass or not", 5_680, _MATBENCH, "MIT", "compositions/matbench_glass.parquet",
                      measures={"target": Measure("is_glass", "", "forms a metallic glass", low=0.0, high=1.0)}),
        MaterialTable("steels", "yield strengths of steels", 312, _MATBENCH, "MIT",
                      "compositions/matbench_steels_yield.parquet",
                      measures={"target": Measure("yield_strength", "MPa", "yield strength", low=0.0)}),
        MaterialTable("dielectric", "refractive indices", 4_764, _MATBENCH, _MP,
                      "compositions/matbench_dielectric.parquet",
                      measures={"target": Measure("n", "", "refractive index", low=0.0)}),
        MaterialTable("bulk_modulus", "bulk moduli", 10_987, _MATBENCH, _MP,
                      "compositions/matbench_elasticity_log10_K_VRH.parquet",
                      measures={"target": Measure("log_bulk_modulus", "log10(GPa)", "bulk modulus (VRH)")}),
        MaterialTable("shear_modulus", "shear moduli", 10_987, _MATBENCH, _MP,
                      "compositions/matbench_elasticity_log10_G_VRH.parquet",
                      measures={"target": Measure("log_shear_modulus", "log10(GPa)", "shear modulus (VRH)")}),
        MaterialTable("mp_e_hull", "energies above hull", 56_662, _CRABNET, _MP,
                      "compositions/bench_mp_e_hull.parquet", measures={"target": _HULL}),
        MaterialTable("mp_mu_b", "net magnetic moments of cells", 56_662, _CRABNET, _MP,
                      "compositions/bench_mp_mu_b.parquet",
                      measures={"target": Measure("net_moment", "mu_B/cell", "net magnetic moment of the cell")},
                      caution="per cell beside a reduced formula: only the class |moment| < 0.1 is safe, and zero "
                              "includes antiferromagnets"),
        MaterialTable("mp_formation", "formation energies with Materials Project ids", 84_295,
                      "Goodall & Lee, Nat. Commun. 11, 6280, 2020 (Roost)", _MP, "compositions/mp_formation.parquet",
                      "composition", {"formation_energy_per_atom": _EF}),
        MaterialTable("mp_bandgap", "band gaps with Materials Project ids", 120_612, "Materials Project", _MP,
                      "compositions/mp_bandgap_with_ids.parquet", "pretty_formula", {"band_gap": _GAP}),
        MaterialTable("oqmd_gap", "band gaps of the OQMD", 341_608, "Kirklin et al., npj Comput. Mater. 1, 15010, 2015",
                      "CC BY 4.0", "compositions/bench_OQMD_Bandgap.parquet", measures={"target": _GAP},
                      caution="holds outliers"),
        MaterialTable("supercon", "critical temperatures of superconductors", 6_197,
                      "Stanev et al., npj Comput. Mater. 4, 29, 2018", "by way of aviary, MIT",
                      "compositions/supercon_stanev.parquet", "composition",
                      {"tc": Measure("tc", "K", "critical temperature", low=0.0)}),
        MaterialTable("ground_states", "ground states of the Materials Project with decomposition energies", 85_014,
                      _CRITEXAM, "CC BY 4.0", "hull/mp_ground_states_85k.parquet",
                      measures={"formation_energy_per_atom": _EF,
                                "decomposition_energy": _DECOMPOSITION}),
        MaterialTable("icsd_formulas", "formulas known from experiment", 41_598,
                      "Antoniuk et al., npj Comput. Mater. 9, 155, 2023 (SynthNN)", "MIT",
                      "synthesizability/icsd_matched_mp_formulas.csv.gz",
                      caution="the formula of mp-1080032 is missing"),
    )
}  # fmt: skip
"""Every known table by name."""


def material_table(name: str) -> MaterialTable:
    """A table by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in TABLES:
        raise UserError(f"unknown table '{name}'", "data", did_you_mean(name, TABLES))
    return TABLES[name]


def read_compositions(table: MaterialTable, path: Path) -> Labelled:
    """Read the formulas and numbers of a table, all rows; ``NaN`` in the column of formulas is sodium nitride.

    Args:
        table: what the file holds.
        path: the file.

    Raises:
        UserError: the file is missing or unreadable or lacks a column.
    """
    try:
        found = _read(path)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(path, error) from error
    for column in (table.formula, *table.measures):
        if column not in found.column_names:
            raise UserError(f"has no column '{column}'", str(path), did_you_mean(column, found.column_names))
    texts = ["" if text is None else str(text) for text in found[table.formula].to_pylist()]
    values = {
        measure.name: np.array([np.nan if v is None else v for v in found[column].to_pylist()], dtype=np.float64)
        for column, measure in table.measures.items()
    }
    split = found["split"].to_pylist() if "split" in found.column_names else [""] * len(texts)
    return Labelled(texts, [parse_formula(text) for text in texts], values, [str(word or "") for word in split])


def read_structures(table: MaterialTable, path: Path) -> Iterator[CrystalLine]:
    """Read the crystals of a table one after the other, all rows.

    Raises:
        UserError: the table holds no structures, or the file is missing or unreadable.
    """
    if not table.crystals:
        raise UserError("holds no structures", f"table {table.name}", "read its compositions")
    return read_crystals(path)


def _read(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    # in a CSV every cell stays text: the formula NaN and empty cells are told apart later
    names = pyarrow.csv.open_csv(path).schema.names
    options = pyarrow.csv.ConvertOptions(strings_can_be_null=False, column_types=dict.fromkeys(names, pa.string()))
    return pyarrow.csv.read_csv(path, convert_options=options)
