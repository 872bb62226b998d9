"""Named conventions: which rules of validity, which tolerances and which thresholds a figure is taken with."""

from __future__ import annotations

from dataclasses import dataclass

from sekkei.core.errors import UserError, did_you_mean
from sekkei.materials.structures import MATCHERS, MatchSettings


@dataclass(frozen=True)
class Convention:
    """How one group of publications measures.

    Attributes:
        name: word used on the command line.
        composition: profile of composition validity.
        structure: profile of structural validity.
        matcher: name of the tolerances with which two crystals are the same.
        stable: highest energy above hull of S.U.N. [eV/atom].
        metastable: the same of M.S.U.N. [eV/atom]; None where there is no such figure.
        strict: whether the energy must lie below the threshold rather than at it.
        source: whose convention it is.
        departs: where Sekkei cannot follow it, in a sentence.
    """

    name: str
    composition: str
    structure: str
    matcher: str
    stable: float
    metastable: float | None
    strict: bool
    source: str
    departs: str = ""

    @property
    def tolerances(self) -> MatchSettings:
        """The tolerances of the StructureMatcher."""
        return MATCHERS[self.matcher]

    @property
    def words(self) -> str:
        """All of it for a reader."""
        t = self.tolerances
        sign = "below" if self.strict else "at most"
        higher = "" if self.metastable is None else f", M.S.U.N. {sign} {self.metastable:g}"
        return (
            f"{self.name} ({self.source}): composition validity '{self.composition}', structural validity "
            f"'{self.structure}', StructureMatcher ltol {t.ltol:g}, stol {t.stol:g}, angle_tol {t.angle_tol:g}; S.U.N. "
            f"{sign} {self.stable:g} eV/atom{higher}"
        )


CONVENTIONS: dict[str, Convention] = {
    c.name: c
    for c in (
        Convention("cdvae", "cdvae", "cdvae", "default", 0.0, 0.1, strict=False,
                   source="CDVAE, Xie et al., ICLR 2022, and DiffCSP, Jiao et al., NeurIPS 2023",
                   departs="CDVAE and DiffCSP define no uniqueness, novelty or S.U.N.: pymatgen's default tolerances "
                           "and the thresholds 0 and 0.1 eV/atom are used for these."),
        Convention("mattergen", "smact", "cdvae", "default", 0.1, None, strict=True,
                   source="MatterGen, Zeni et al., Nature 639, 624, 2025",
                   departs="MatterGen compares with a matcher that takes elements of like size on one site for the "
                           "same (disorder); here all elements differ, so uniqueness and novelty "
                           "come out a little higher."),
        Convention("lemat", "charge_neutral", "lemat", "lemat", 0.0, 0.1, strict=False,
                   source="LeMat-GenBench, arXiv:2512.04562",
                   departs="LeMat-GenBench tests charges with oxidation states of its own; charge neutrality by "
                           "smact's states stands for it here, and passes fewer real materials."),
        Convention("wyformer", "cdvae", "cdvae", "default", 0.0, 0.08, strict=False,
                   source="WyFormer, Kazeev et al., ICML 2025"),
    )
}  # fmt: skip
"""Every convention by name."""


def convention(name: str) -> Convention:
    """A convention by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in CONVENTIONS:
        raise UserError(f"unknown profile '{name}'", "--profile", did_you_mean(name, CONVENTIONS))
    return CONVENTIONS[name]
