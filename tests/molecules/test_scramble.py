"""Random molecules are valid and made of what they are said to be made of."""

from __future__ import annotations

from rdkit import Chem

from sekkei.molecules.scramble import scrambled
from sekkei.molecules.validity import parse_smiles


def heavy(text: str) -> list[str]:
    return sorted(atom.GetSymbol() for atom in Chem.MolFromSmiles(text).GetAtoms())


def test_all_are_valid_and_keep_the_heavy_atoms_of_neutral_molecules(smiles: list[str]) -> None:
    for before, after in zip(smiles, scrambled(smiles, seed=0), strict=True):
        assert isinstance(parse_smiles(after), Chem.Mol), (before, after)
    given = ["CC(=O)Oc1ccccc1C(=O)O", "CN1CCC[C@H]1c1cccnc1", "ClCCCl", "CC#N"] * 5
    assert [heavy(text) for text in scrambled(given, seed=1)] == [heavy(text) for text in given]


def test_they_differ_and_the_seed_decides() -> None:
    given = ["CC(=O)Oc1ccccc1C(=O)O"] * 10
    made = scrambled(given, seed=3)
    assert len(set(made)) == 10
    assert made == scrambled(given, seed=3) != scrambled(given, seed=4)
    assert not any("." in text for text in made)


def test_what_cannot_be_joined_is_left_out() -> None:
    assert scrambled(["[Na+].[Cl-]", "FF", "[He]", "C"], seed=0)[1:] == ["FF", "[He]", "C"]
