from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import QED

from sekkei.molecules.properties import PROPERTIES, esol, qed, sa, table

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def test_fast_qed_equals_rdkits(smiles):
    more = [ASPIRIN, "CN1CCC23C4C1CC5=C2C(=C(C=C5)O)OC3C(C=C4)O", "C1CC1C2CC2", "O=C1C=CC(=O)C=C1", "CC(C)N=[N+]=[N-]"]
    for text in [*smiles, *more]:
        mol = Chem.MolFromSmiles(text)
        assert qed(mol) == pytest.approx(QED.qed(mol), abs=1e-12), text


def test_published_qed():
    assert qed(Chem.MolFromSmiles(ASPIRIN)) == pytest.approx(0.550, abs=0.001)


@pytest.mark.parametrize(
    ("text", "logp", "weight", "rotors", "aromatic"),
    [("c1ccccc1", 1.6866, 78.114, 0, 1.0), ("CCO", -0.0014, 46.069, 0, 0.0), (ASPIRIN, 1.3101, 180.159, 2, 6 / 13)],
)
def test_esol_by_hand(text, logp, weight, rotors, aromatic):
    by_hand = 0.16 - 0.63 * logp - 0.0062 * weight + 0.066 * rotors - 0.74 * aromatic
    assert esol(Chem.MolFromSmiles(text)) == pytest.approx(by_hand, abs=1e-3)


def test_easy_molecules_are_easier_to_make_than_hard_ones():
    ethanol, aspirin, strychnine = (
        sa(Chem.MolFromSmiles(text))
        for text in ("CCO", ASPIRIN, "O=C1C[C@@H]2OCC=C3CN4CC[C@]56[C@@H]4C[C@H]3[C@H]2[C@H]6N1c1ccccc15")
    )
    assert aspirin == pytest.approx(1.58, abs=0.01)
    assert 1.0 <= ethanol < 2.0
    assert 4.5 < strychnine <= 10.0


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        (ASPIRIN, "tpsa", 63.60),
        (ASPIRIN, "hba", 3),
        (ASPIRIN, "hbd", 1),
        (ASPIRIN, "rotatable_bonds", 2),
        (ASPIRIN, "rings", 1),
        (ASPIRIN, "heavy_atoms", 13),
        (ASPIRIN, "mw", 180.159),
        ("[H][H]", "mw", 2.016),
        ("[2H]O[2H]", "mw", 20.028),
        ("[Na+].[Cl-]", "heavy_atoms", 2),
    ],
)
def test_known_values(text, name, value):
    assert PROPERTIES[name].compute(Chem.MolFromSmiles(text)) == pytest.approx(value, abs=2e-3)


@pytest.mark.parametrize(
    "text", ["[NH4+]", "[Cl-]", "[H][H]", "[H+]", "[13CH4]", "[2H]O[2H]", "[Na+].[Cl-]", "[Fe+2]", "C"]
)
def test_unusual_molecules_have_finite_values_or_none(text):
    row = table([Chem.MolFromSmiles(text)])[0]
    missing = {name for name, value in zip(PROPERTIES, row, strict=True) if not np.isfinite(value)}
    assert missing <= {"esol"}
    assert ("esol" in missing) == (row[-1] == 0)


def test_the_empty_molecule_has_no_drug_likeness():
    row = dict(zip(PROPERTIES, table([Chem.MolFromSmiles("")])[0], strict=True))
    assert np.isnan([row["qed"], row["sa"], row["esol"]]).all()
    assert row["heavy_atoms"] == row["mw"] == 0


def test_table_equals_the_single_functions(smiles):
    mols = [Chem.MolFromSmiles(text) for text in smiles]
    single = np.array([[entry.compute(mol) for entry in PROPERTIES.values()] for mol in mols])
    np.testing.assert_array_equal(table(mols), single)
    assert table([]).shape == (0, len(PROPERTIES))
