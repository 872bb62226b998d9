"""SMILES to SELFIES and back: the same molecule, or a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from sekkei.core.types import Problem
from sekkei.molecules.codecs.selfies import MAX_LENGTH, to_selfies, to_smiles
from sekkei.molecules.domain import MOLECULES

WRITTEN = r"""
CCO C[C@H](N)C(=O)O F/C=C\F [Na+].[Cl-] c1ccc2[nH]ccc2c1 O=[N+]([O-])c1ccccc1 [13CH4] OS(=O)(=O)O N[C@@H]1CC[C@H](O)CC1
C1CC2CC1CC2 Cn1c(=O)c2c(ncn2C)n(C)c1=O [Fe+2] C#N
"""


@pytest.mark.parametrize("smiles", WRITTEN.split())
def test_a_molecule_comes_back(smiles: str) -> None:
    written = to_selfies(smiles)
    assert isinstance(written, str)
    assert to_smiles(written) == MOLECULES.text(MOLECULES.parse(smiles))


def test_known_forms() -> None:
    assert to_selfies("OCC") == "[C][C][O]"
    assert to_smiles("[C][=C][C][=C][C][=C][Ring1][=Branch1]") == "c1ccccc1"  # benzene, Krenn et al. 2020
    assert to_smiles("[C][F][C]") == "CF"  # what has no bond left ends the molecule


@pytest.mark.parametrize(("smiles", "kind"), [("C1CC", "ring_closure"), ("", "empty"), ("FI(F)(F)(F)F", "selfies")])
def test_what_has_no_selfies_says_why(smiles: str, kind: str) -> None:
    found = to_selfies(smiles)
    assert isinstance(found, Problem)
    assert found.kind == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "syntax"),
        ("CCO", "syntax"),
        ("[C][Foo]", "syntax"),
        ("[C][C", "syntax"),
        ("[C]" * 3000 + "[", "syntax"),
        ("[nop]", "empty"),
        ("[C]" * MAX_LENGTH, "too_large"),
    ],
)
def test_what_is_no_selfies_says_why(text: str, kind: str) -> None:
    found = to_smiles(text)
    assert isinstance(found, Problem)
    assert found.kind == kind


def test_every_molecule_of_a_data_set_comes_back() -> None:
    for line in (Path(__file__).parents[2] / "small.smi").read_text(encoding="utf-8").splitlines():
        smiles = line.split()[0]
        assert to_smiles(to_selfies(smiles)) == MOLECULES.text(MOLECULES.parse(smiles))
