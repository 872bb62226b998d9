"""What every figure of an evaluation means, where it comes from and with which settings it is taken."""

from __future__ import annotations

from sekkei.metrics.diversity import THRESHOLD
from sekkei.metrics.figures import Better, Definition
from sekkei.metrics.molecules import MEASURES as MOSES
from sekkei.molecules.properties import PROPERTIES
from sekkei.molecules.samples import DESCRIPTORS

EASY_SA = 6.0
"""Ertl & Schuffenhauer (2009) place the border between easy and hard to make at about 6."""

_MOSES = "Polykovskiy et al., Front. Pharmacol. 11, 565644, 2020; molsets 0.3.1"
_GUACAMOL = "Brown et al., JCIM 59, 1096, 2019; guacamol 0.5.5"
_FIRST = "the first attempts up to the set size"


_HIGHER = {"valid", "unique@1000", "unique@10000", "Novelty", "SNN", "Frag", "Scaf", "IntDiv", "IntDiv2", "Filters"}
_MOSES_SETTINGS = {
    "valid": "all attempts; empty texts count as invalid",
    "Novelty": "all attempts; canonical isomeric SMILES of RDKit",
    "FCD": f"{_FIRST}; ChemNet of the package fcd; depends on the number of molecules",
    "SNN": f"{_FIRST}; Tanimoto, Morgan radius 2, 1024 bits",
    "Filters": f"{_FIRST}; MCF and PAINS of MOSES on molecules with hydrogens",
}


def _moses() -> dict[str, Definition]:
    return {
        name: Definition(
            "MOSES",
            measure.title,
            measure.source or _MOSES,
            _MOSES_SETTINGS.get(name, _FIRST),
            "higher" if name in _HIGHER else "lower",
            measure.unit,
        )
        for name, measure in MOSES.items()
    }


def _guacamol() -> dict[str, Definition]:
    most = "at most 10,000 of the file, and divided by as many as there are"
    about: dict[str, tuple[str, str, Better]] = {
        "guacamol_validity": ("share of attempts that RDKit reads", most, "higher"),
        "guacamol_uniqueness": ("share of valid molecules that differ without stereochemistry", most, "higher"),
        "guacamol_novelty": ("share of different molecules not in the training set, without stereo", most, "higher"),
        "guacamol_KL": (
            "mean of exp(-D), D the KL divergence of nine descriptors and the internal similarity from training",
            "different molecules without stereo, at most 10,000 a side; densities at 1,000 points, 10 bins for counts",
            "higher",
        ),
        "guacamol_FCD": (
            "exp(-0.2 FCD) to a sample of the training molecules",
            "at most 10,000 valid molecules on either side",
            "higher",
        ),
        "D": ("KL divergence of one descriptor", "as guacamol_KL; " + ", ".join(DESCRIPTORS), "lower"),
    }
    return {name: Definition("GuacaMol", title, _GUACAMOL, how, way) for name, (title, how, way) in about.items()}


def _own() -> dict[str, Definition]:
    alerts = "RDKit FilterCatalog"
    asked = "targets of the given table; windows, or the property's default tolerance around a single value"
    return {
        "unreadable": Definition("Reading", "share of attempts that are no molecule", "RDKit", "all attempts", "lower"),
        "unique": Definition("Reading", "share of different canonical SMILES among all valid", _MOSES, "all attempts",
                             "higher"),
        "in_reference": Definition("Reading", "share of different valid molecules that lie in the reference", "Sekkei",
                                   "all attempts; canonical SMILES"),
        "circles": Definition("Diversity", "molecules that can be chosen further apart than the threshold",
                              "Xie et al., ICLR 2023, eq. 3",
                              f"{_FIRST}; one greedy pass over the different valid molecules in the order of the file, "
                              f"Tanimoto distance above {THRESHOLD}, Morgan radius 2, 2048 bits; grows with the number "
                              "of molecules", "higher"),
        "PAINS": Definition("Synthesis and alerts", "share of valid molecules with a PAINS pattern",
                            f"Baell & Holloway, J. Med. Chem. 53, 2719, 2010; {alerts}", _FIRST, "lower"),
        "Brenk": Definition("Synthesis and alerts", "share of valid molecules with a Brenk pattern",
                            f"Brenk et al., ChemMedChem 3, 435, 2008; {alerts}", _FIRST, "lower"),
        "SA_easy": Definition("Synthesis and alerts", f"share of valid molecules with SA below {EASY_SA:g}",
                              "Ertl & Schuffenhauer, J. Cheminf. 1, 8, 2009", "all attempts", "higher"),
        "nearest": Definition("Diversity", "mean similarity of the different molecules to the nearest reference one",
                              "Sekkei", f"{_FIRST}; Tanimoto, Morgan radius 2, 1024 bits; histogram in the report"),
        "mean": Definition("Properties", "mean of a property over the valid molecules", "RDKit; see properties",
                           "all attempts"),
        "MAD": Definition("Targets", "mean absolute deviation from the target; of all targets in tolerances",
                          "Bagal et al., JCIM 62, 2064, 2022", f"valid molecules, repeats kept; {asked}", "lower"),
        "hit": Definition("Targets", "share of valid molecules inside the window; of all targets at once", "Sekkei",
                          f"repeats kept; {asked}", "higher"),
        "hit_attempts": Definition("Targets", "share of all attempts that meet all their targets", "Sekkei",
                                   f"an invalid attempt is a miss; {asked}", "higher"),
        "Spearman": Definition("Targets", "rank correlation between target and value; of all targets their mean",
                               "Spearman, Am. J. Psychol. 15, 72, 1904", "mean ranks for ties; needs different targets",
                               "higher"),
    }  # fmt: skip


DEFINITIONS: dict[str, Definition] = {**_moses(), **_guacamol(), **_own()}
"""By the part of a figure's name before the slash."""


def definition_of(name: str) -> Definition:
    """The definition of a figure such as ``FCD/Test`` or ``mean/logp``."""
    return DEFINITIONS[name.partition("/")[0]]


def unit_of(name: str) -> str:
    """The unit of a figure; that of the property for a mean or a deviation of one."""
    base, _, of = name.partition("/")
    if base in ("mean", "MAD") and of in PROPERTIES:
        return PROPERTIES[of].measure.unit
    return "tolerances" if name == "MAD/all" else DEFINITIONS[base].unit
