"""Fragments, scaffolds and fingerprints of molecules whose parts are known."""

from __future__ import annotations

import numpy as np
from rdkit import Chem

from sekkei.molecules.fragments import brics_fragments, join_parts, measured, morgan_bits, murcko_scaffold, take_apart


def test_brics_cuts_the_ester_of_aspirin() -> None:
    assert sorted(brics_fragments(Chem.MolFromSmiles("CC(=O)Oc1ccccc1C(=O)O"))) == sorted(
        ["[1*]C(C)=O", "[3*]O[3*]", "[16*]c1ccccc1[16*]", "[6*]C(=O)O"]
    )


def test_a_scaffold_needs_two_rings_and_drops_the_side_chains() -> None:
    assert murcko_scaffold(Chem.MolFromSmiles("CCc1ccc(CN2CCOCC2)cc1")) == "c1ccc(CN2CCOCC2)cc1"
    assert murcko_scaffold(Chem.MolFromSmiles("Cc1ccccc1")) == ""
    assert murcko_scaffold(Chem.MolFromSmiles("Cc1ccccc1"), min_rings=1) == "c1ccccc1"
    assert murcko_scaffold(Chem.MolFromSmiles("CCO")) == ""


def test_fingerprints_are_packed_lowest_bit_first() -> None:
    from rdkit.Chem import rdFingerprintGenerator

    mol = Chem.MolFromSmiles("CCO")
    loose = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1024).GetFingerprintAsNumPy(mol)
    assert (np.unpackbits(morgan_bits(mol), bitorder="little") == loose).all()


def test_invalid_texts_count_as_attempts_only() -> None:
    parts = take_apart(["OCC", "", "C1CC", "CCO"])
    assert parts.smiles == ["CCO", "CCO"]
    assert parts.attempts == 4
    assert parts.bits.shape == (2, 128)
    assert take_apart([]).bits.shape == (0, 128)


def test_pieces_joined_are_the_whole(smiles: list[str]) -> None:
    whole, pieces = take_apart(smiles), join_parts([take_apart(smiles[:7]), take_apart([]), take_apart(smiles[7:])])
    assert pieces.smiles == whole.smiles
    assert pieces.fragments == whole.fragments
    assert (pieces.bits == whole.bits).all()
    assert pieces.attempts == whole.attempts


def test_measured_drops_what_cannot_be_read() -> None:
    texts, values = measured(["OCC", "C1CC"], ["hbd", "heavy_atoms"])
    assert texts == ["CCO"]
    assert values.tolist() == [[1.0, 3.0]]
