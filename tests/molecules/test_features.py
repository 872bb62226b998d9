from __future__ import annotations

import numpy as np
import pytest

from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.features import compared, features, names, present, unknown
from sekkei.molecules.graphs import graph
from sekkei.molecules.lean import parse_lean


def described(*smiles):
    return features([MOLECULES.parse(text) for text in smiles])


def test_atoms_bonds_and_charge_are_counted():
    row = dict(zip(names(), described("CC(=O)[O-]")[0], strict=True))
    assert (row["heavy atoms"], row["atoms C"], row["atoms O"], row["atoms H"], row["charge"]) == (4, 2, 2, 3, -1)
    assert (row["single bonds"], row["double bonds"]) == (2, 1)
    assert row["MolWt"] == pytest.approx(59.04, rel=1e-3)
    assert row["largest charge"] > 0 > row["smallest charge"]


def test_spelling_does_not_matter_and_every_number_is_finite():
    rows = described("OCC", "CCO", "[Na+].[Cl-]", "C[Hg]C", "c1ccccc1")
    np.testing.assert_array_equal(rows[0], rows[1])
    assert np.isfinite(rows).all()
    assert rows.shape == (5, len(names()))
    assert len(set(names())) == len(names())
    assert names()[compared()] == "morgan 0"
    assert features([]).shape == (0, len(names()))


def test_a_repeated_environment_counts_as_often_as_it_occurs():
    short, long = described("CCCCC", "CCCCCCCCCC")[:, compared() :]
    assert (short > 0).sum() >= 5
    assert long.max() > short.max()


def test_no_charges_are_left_on_the_atoms_of_the_molecule_given():
    mol = MOLECULES.parse("CCO")
    features([mol])
    assert not any(atom.HasProp("_GasteigerCharge") for atom in mol.GetAtoms())


def test_elements_are_found_and_hydrogen_alone_is_refused():
    found = present([MOLECULES.parse("C[Si](C)(C)Br")])[0]
    assert np.flatnonzero(found).tolist() == [5, 13, 34]  # C, Si, Br by atomic number less one
    assert unknown(MOLECULES.parse("[H][H]")).kind == "empty"


def test_a_lean_molecule_is_described_as_the_whole_one(smiles):
    for text in [*smiles[:60], "C[C@H](N)C(=O)O", "F/C=C/F", "C1CC2CCC1C2", "[Na+].[Cl-].c1ccccc1"]:
        whole, lean = MOLECULES.parse(text), parse_lean(text)
        np.testing.assert_array_equal(features([whole]), features([lean]))
        assert MOLECULES.key(lean) == MOLECULES.key(whole)
        assert MOLECULES.text(lean) == MOLECULES.text(whole)
        for one, other in zip(graph(whole), graph(lean), strict=True):
            np.testing.assert_array_equal(one, other)
