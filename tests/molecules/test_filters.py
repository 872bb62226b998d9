"""The screened pattern search finds what the full search finds, and the rules around it hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdkit import Chem, RDConfig

from sekkei.core.errors import UserError
from sekkei.molecules.filters import Filters, read_filters

PAINS = Path(RDConfig.RDDataDir) / "Pains" / "wehi_pains.csv"
ALERTING = [
    "O=C1C(=Cc2ccc(O)cc2)SC(=S)N1C", "O=C1C=CC(=O)C=C1", "Oc1ccc(N=Nc2ccccc2)cc1",
    "CN(C)c1ccc(C=C2C(=O)NC(=O)NC2=O)cc1",
    "N#CC(=Cc1ccc(O)c(O)c1)C#N", "CC(=O)C=Cc1ccc(N(C)C)cc1", "Oc1ccccc1C=NNC(=O)c1ccccc1", "c1ccc2c(c1)c1ccccc1[nH]2",
    "CC(=O)Oc1ccccc1C(=O)O", "S=C1NC(=O)C(=Cc2ccco2)S1",
]  # fmt: skip


@pytest.fixture(scope="module")
def pains() -> Filters:
    return read_filters(b"names,smarts\nMCF1,[#6]=&!@[#6]-[#6]#[#7]\n", PAINS.read_bytes())


def test_the_screen_loses_no_pattern(pains: Filters, smiles: list[str]) -> None:
    found = 0
    for text in [*ALERTING, *smiles]:
        mol = Chem.MolFromSmiles(text)
        full = Chem.AddHs(mol)
        slow = [smarts for smarts in pains.smarts if full.HasSubstructMatch(Chem.MolFromSmarts(smarts))]
        assert pains.broken(mol) == slow, text
        found += len(slow)
    assert found >= 5


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O", True),
        ("C[C@H](O)c1ccccc1", True),
        ("CC[N+](C)(C)C", False),
        ("CP(C)C", False),
        ("CCI", False),
        ("C1CCCCCCC1", False),
        ("C1CCCCCC1", True),
        ("C=CC#N", False),
    ],
)
def test_elements_charges_rings_and_patterns(pains: Filters, text: str, passes: bool) -> None:
    assert pains.passes(Chem.MolFromSmiles(text)) is passes


@pytest.mark.parametrize("mcf", [b"", b"names,smarts\n", b"names,smarts\nMCF1,[#6\n"])
def test_a_damaged_table_is_refused(mcf: bytes) -> None:
    with pytest.raises(UserError, match=r"mcf\.csv"):
        read_filters(mcf, b"[#6],carbon\n")
