"""What every figure of generated materials means, where it comes from and with which settings it is taken."""

from __future__ import annotations

from typing import NamedTuple

from sekkei.materials.properties import CRYSTAL_PROPERTIES, PROPERTIES
from sekkei.metrics.figures import Better, Definition

_CDVAE = "CDVAE, Xie et al., ICLR 2022; its compute_metrics.py"
_MATCHER = "pymatgen StructureMatcher, Ong et al., Comput. Mater. Sci. 68, 314, 2013"
_FIRST = "the first attempts up to the set size"
_SUN = "MatterGen, Zeni et al., Nature 639, 624, 2025"
_PAIR = "the paired crystal of --relaxed"


class _Entry(NamedTuple):
    title: str
    source: str
    settings: str
    better: Better = ""
    unit: str = ""


Rows = dict[str, _Entry]


def _about(group: str, rows: Rows) -> dict[str, Definition]:
    return {name: Definition(group, *entry) for name, entry in rows.items()}


_VALIDITY: Rows = {
    "comp_valid": _Entry(
        "share of attempts whose composition passes the named profile",
        "see materials, Is a composition valid?",
        "all attempts; what cannot be read fails, what is undecided is left out; compare only with "
        "the reference's own rate, printed beside",
        "higher",
        "",
    ),
    "struct_valid": _Entry(
        "share of attempts whose crystal passes the named profile",
        "see materials, Is a crystal physical?",
        "all attempts; what cannot be read fails",
        "higher",
        "",
    ),
    "valid": _Entry(
        "share of attempts valid by composition and, for crystals, by structure",
        _CDVAE,
        "all attempts; the two rules of the chosen profile",
        "higher",
        "",
    ),
}

_UNIQUE: Rows = {
    "unique_formula": _Entry("share of different reduced formulas", "Sekkei", "readable attempts", "higher", ""),
    "unique": _Entry(
        "share of different crystals",
        _MATCHER,
        "readable attempts; each is compared with the first of every earlier group; tolerances of the profile",
        "higher",
        "",
    ),
    "novel_formula": _Entry(
        "share of the different formulas that no training material has", "Sekkei", "readable attempts", "higher", ""
    ),
    "novel_prototype": _Entry(
        "share of the different crystals whose formula type with space group, such as ABC3_221, no "
        "training crystal has",
        "spglib, 0.1 Angstrom",
        "readable attempts",
        "higher",
        "",
    ),
    "novel": _Entry(
        "share of the different crystals that match no training crystal",
        _MATCHER,
        "readable attempts; tolerances of the profile",
        "higher",
        "",
    ),
    "unique_novel": _Entry(
        "share of attempts that are the first of their kind and new",
        "Sekkei",
        "all attempts; by crystal, or by formula for compositions",
        "higher",
        "",
    ),
    "in_reference": _Entry(
        "share of the different materials that lie in the reference",
        "Sekkei",
        "by crystal, or by formula for compositions",
        "",
        "",
    ),
    "class": _Entry(
        "share of the different materials in each class of novelty",
        "Sekkei; see materials, novelty",
        "against the training materials; with space groups for crystals",
        "",
        "",
    ),
}

_COVERAGE: Rows = {
    "cov_recall": _Entry(
        "share of the reference that has a generated material near it",
        _CDVAE,
        f"{_FIRST}; by structure and composition, or /composition alone; cut-offs in the settings",
        "higher",
        "",
    ),
    "cov_precision": _Entry(
        "share of attempts that have a reference material near them",
        _CDVAE,
        f"{_FIRST}; what has no fingerprint is far",
        "higher",
        "",
    ),
    "amsd_recall": _Entry(
        "mean distance from a reference crystal to the nearest generated one",
        _CDVAE,
        f"{_FIRST}; CrystalNN fingerprint, 61 numbers",
        "lower",
        "",
    ),
    "amsd_precision": _Entry(
        "mean distance from a generated crystal to the nearest of the reference",
        _CDVAE,
        f"{_FIRST}; CrystalNN fingerprint, 61 numbers",
        "lower",
        "",
    ),
    "amcd_recall": _Entry(
        "mean distance from a reference composition to the nearest generated one",
        _CDVAE,
        f"{_FIRST}; Magpie fingerprint, 132 numbers scaled by CDVAE's constants",
        "lower",
        "",
    ),
    "amcd_precision": _Entry(
        "mean distance from a generated composition to the nearest of the reference",
        _CDVAE,
        f"{_FIRST}; Magpie fingerprint, 132 numbers scaled by CDVAE's constants",
        "lower",
        "",
    ),
    "struct_div": _Entry(
        "mean distance between valid crystals", _CDVAE, f"{_FIRST}; CrystalNN fingerprint", "higher", ""
    ),
    "comp_div": _Entry(
        "mean distance between valid compositions", _CDVAE, f"{_FIRST}; Magpie fingerprint", "higher", ""
    ),
}

_DISTANCES: Rows = {
    "wdist_density": _Entry(
        "Wasserstein-1 distance of the densities of valid attempts to the reference",
        _CDVAE,
        "all valid attempts, where CDVAE draws 1,000",
        "lower",
        "g/cm^3",
    ),
    "wdist_num_elems": _Entry(
        "Wasserstein-1 distance of the numbers of elements of valid attempts",
        _CDVAE,
        "all valid attempts, where CDVAE draws 1,000",
        "lower",
        "",
    ),
    "wdist_energy": _Entry(
        "Wasserstein-1 distance of the formation energies of valid attempts to the reference",
        _CDVAE,
        "columns of formation energies of both files, as the user's own model or calculation gives them",
        "lower",
        "eV/atom",
    ),
    "P1": _Entry(
        "share of crystals without any symmetry, space group 1",
        "WyFormer, Kazeev et al., ICML 2025",
        "readable attempts; spglib, 0.1 Angstrom",
        "",
        "",
    ),
}

_ENERGY: Rows = {
    "stable": _Entry(
        "share of attempts within the threshold of the hull",
        _SUN,
        "e_above_hull of the file or of --energies; an attempt "
        "without energy is not stable; threshold, hull and potential in the settings",
        "higher",
        "",
    ),
    "SUN": _Entry(
        "share of attempts that are stable, unique and new",
        _SUN,
        "all attempts; as stable; unique and new as unique_novel, of the relaxed crystals where --relaxed is given",
        "higher",
        "",
    ),
    "metastable": _Entry("share of attempts within the wider threshold of the hull", _SUN, "as stable", "higher", ""),
    "MSUN": _Entry(
        "share of attempts that are metastable, unique and new", _SUN, "as SUN, with the wider threshold", "higher", ""
    ),
    "match_relaxed": _Entry(
        "share of readable attempts that match their relaxed partner",
        _MATCHER,
        f"{_PAIR}; tolerances of the profile, volumes not scaled",
        "higher",
        "",
    ),
    "RMSD": _Entry(
        "mean root mean square displacement on relaxation",
        _MATCHER,
        f"{_PAIR}; over matches only, cells not scaled",
        "lower",
        "Angstrom",
    ),
}

_ASKED = "targets of the given table; windows, or the property's default tolerance around a single value"
_TARGETS: Rows = {
    "MAD": _Entry(
        "mean absolute deviation from the target; of all targets in tolerances",
        "Bagal et al., JCIM 62, 2064, 2022",
        f"readable attempts, repeats kept; {_ASKED}",
        "lower",
        "",
    ),
    "hit": _Entry(
        "share of readable attempts inside the window; of all targets at once",
        "Sekkei",
        f"repeats kept; {_ASKED}",
        "higher",
        "",
    ),
    "hit_attempts": _Entry(
        "share of all attempts that meet all their targets",
        "Sekkei",
        f"an attempt that cannot be read is a miss; {_ASKED}",
        "higher",
        "",
    ),
    "Spearman": _Entry(
        "rank correlation between target and value; of all targets their mean",
        "Spearman, Am. J. Psychol. 15, 72, 1904",
        "mean ranks for ties; needs different targets",
        "higher",
        "",
    ),
}

DEFINITIONS: dict[str, Definition] = {
    "unreadable": Definition(
        "Reading", "share of attempts that are no material", "pymatgen, ASE", "all attempts", "lower"
    ),
    **_about("Validity", _VALIDITY),
    **_about("Uniqueness and novelty", _UNIQUE),
    **_about("Coverage", _COVERAGE),
    **_about("Distributions", _DISTANCES),
    **_about("Energy", _ENERGY),
    "mean": Definition(
        "Properties",
        "mean of a property",
        "see materials, properties, or a column of the file",
        "readable attempts that have it",
    ),
    **_about("Targets", _TARGETS),
}
"""By the part of a figure's name before the slash."""

_UNITS = {
    "e_above_hull": "eV/atom",
    **{name: entry.measure.unit for name, entry in PROPERTIES.items()},
    **{name: entry.measure.unit for name, entry in CRYSTAL_PROPERTIES.items()},
}


def unit_of(name: str) -> str:
    """The unit of a figure; that of the property for a mean or a deviation of one."""
    base, _, of = name.partition("/")
    if base in ("mean", "MAD") and of in _UNITS:
        return _UNITS[of]
    return "tolerances" if name == "MAD/all" else DEFINITIONS[base].unit
