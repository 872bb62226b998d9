from __future__ import annotations

import pytest
from rdkit import Chem

from sekkei.molecules.synthesis import alerts


@pytest.mark.parametrize("text", ["CC(C)Cc1ccc(cc1)C(C)C(=O)O", "Cn1cnc2c1c(=O)n(C)c(=O)n2C", "CCO"])
def test_clean_molecules_have_no_alert(text):
    assert alerts(Chem.MolFromSmiles(text)) == (0.0, "")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O", "Brenk: phenol ester"),
        ("O=C1C=CC(=O)C=C1", "Brenk: chinone 1; PAINS: quinone A"),
        ("O=C1NC(=S)SC1=Cc1ccccc1", "Brenk: Michael acceptor 1; Brenk: Thiocarbonyl group; PAINS: ene rhod A"),
    ],
)
def test_known_alerts_are_counted_and_named(text, names):
    assert alerts(Chem.MolFromSmiles(text)) == (len(names.split("; ")), names)
