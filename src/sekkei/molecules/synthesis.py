"""Structural alerts: groups that interfere with assays, react with proteins or keep a compound from being developed.

Two published lists, as RDKit's ``FilterCatalog`` holds them:

* PAINS (families A, B, C; 480 patterns), frequent hitters in assays: Baell & Holloway, J. Med. Chem. 53, 2719 (2010).
* Brenk (105 patterns), reactive, toxic or metabolically poor groups: Brenk et al., ChemMedChem 3, 435 (2008).
"""

from __future__ import annotations

from functools import cache

from rdkit import Chem
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogEntry, FilterCatalogParams

from sekkei.core.types import Measure

ALERTS = Measure(
    "alerts",
    title="structural alerts (PAINS, Brenk)",
    low=0.0,
    source="Baell & Holloway 2010; Brenk 2008; RDKit FilterCatalog",
)


def alerts(mol: Chem.Mol) -> tuple[float, str]:
    """Count the PAINS and Brenk patterns a molecule contains, each pattern once.

    Args:
        mol: a sanitised molecule.

    Returns:
        The number of alerts and their names in alphabetical order, joined with ``; ``, such as
        ``Brenk: thiol; PAINS: quinone A``. Brenk is strict: aspirin, for one, has an alert (phenol ester).
    """
    names = sorted({_name(entry) for entry in _catalogue().GetMatches(mol)})
    return float(len(names)), "; ".join(names)


def _name(entry: FilterCatalogEntry) -> str:
    family = "Brenk" if entry.GetProp("FilterSet") == "Brenk" else "PAINS"
    words = entry.GetDescription().split("(")[0].replace("_", " ").strip()
    return f"{family}: {words}"


@cache
def _catalogue() -> FilterCatalog:
    parameters = FilterCatalogParams()
    parameters.AddCatalog(FilterCatalogParams.FilterCatalogs.PAINS)
    parameters.AddCatalog(FilterCatalogParams.FilterCatalogs.BRENK)
    return FilterCatalog(parameters)
