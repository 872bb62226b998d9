from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from sekkei.core.protocols import Domain
from sekkei.core.types import Problem
from sekkei.molecules.domain import MOLECULES, as_mol

PIECES = [
    "C",
    "N",
    "O",
    "c1ccccc1",
    "C(=O)",
    "[C@H](F)",
    "/C=C/",
    "S",
    "C1CC1",
    "[NH2+]",
    "P",
    "[13CH2]",
    "Cl",
    "C(C)",
    "[nH]1cccc1",
]


def test_it_is_a_domain():
    assert isinstance(MOLECULES, Domain)
    assert MOLECULES.name == "molecules"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O", "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"),
        ("Cn1cnc2c1c(=O)n(C)c(=O)n2C", "RYYVLZVUVIJVGH-UHFFFAOYSA-N"),
        ("[2H]C", "VNWKTOKETHGBQD-MICDWDOJSA-N"),
    ],
)
def test_published_keys(text, key):
    assert MOLECULES.key(MOLECULES.parse(text)) == key


def test_two_spellings_share_text_and_key():
    one, two = MOLECULES.parse("OCC"), MOLECULES.parse("C(O)C")
    assert MOLECULES.text(one) == MOLECULES.text(two) == "CCO"
    assert MOLECULES.key(one) == MOLECULES.key(two)


def test_stereo_and_isotopes_make_other_keys():
    keys = {MOLECULES.key(MOLECULES.parse(text)) for text in ("C[C@H](N)O", "C[C@@H](N)O", "CC(N)O", "[13CH3]C(N)O")}
    assert len(keys) == 4


def test_without_inchi_the_key_is_made_from_the_smiles():
    many = MOLECULES.parse("C->[Fe]")
    assert MOLECULES.key(many) == MOLECULES.key(MOLECULES.parse(MOLECULES.text(many)))
    assert MOLECULES.key(many).startswith("SMILES-")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join))
def test_canonical_text_reads_back_as_the_same_structure(text):
    mol = MOLECULES.parse(text)
    if isinstance(mol, Problem):
        assert mol.kind
        return
    again = MOLECULES.parse(MOLECULES.text(mol))
    assert MOLECULES.key(again) == MOLECULES.key(mol)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    assert isinstance(MOLECULES.parse(text), Chem.Mol | Problem)


def test_a_users_mol_is_checked_and_left_alone():
    with_hydrogens = Chem.AddHs(Chem.MolFromSmiles("CCO"))
    assert MOLECULES.text(as_mol(with_hydrogens)) == "CCO"
    assert with_hydrogens.GetNumAtoms() == 9
    broken = Chem.MolFromSmiles("C(C)(C)(C)(C)C", sanitize=False)
    assert as_mol(broken).kind == "valence"
    assert as_mol(Chem.Mol()).kind == "empty"
    assert as_mol(Chem.MolFromSmiles("")).kind == "empty"
    assert as_mol(None).kind == "absent"
    assert as_mol(Chem.MolFromSmiles("*C")).kind == "placeholder"
    assert MOLECULES.text(as_mol("OCC")) == "CCO"
