from __future__ import annotations

import pytest
from rdkit import Chem

from sekkei.core.types import Problem
from sekkei.molecules.validity import MAX_HEAVY_ATOMS, MAX_LENGTH, parse_smiles


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("CC O", "syntax"),
        ("CX", "syntax"),
        ("Cé", "syntax"),
        ("C\x00C", "syntax"),
        ("*C", "placeholder"),
        ("[#0]C", "placeholder"),
        ("C~C", "placeholder"),
        ("C1CC", "ring_closure"),
        ("C%12CC", "ring_closure"),
        ("CC(C", "parenthesis"),
        ("CC)C", "parenthesis"),
        ("C[NH", "bracket"),
        ("C]", "bracket"),
        ("C(C)(C)(C)(C)C", "valence"),
        ("[CH5]", "valence"),
        ("c1cccc1", "aromaticity"),
        ("n1cccc1", "aromaticity"),
        ("C" * (MAX_LENGTH + 1), "too_large"),
        ("C" * (MAX_HEAVY_ATOMS + 1), "too_large"),
    ],
)
def test_each_slip_has_its_kind(text, kind):
    answer = parse_smiles(text)
    assert isinstance(answer, Problem)
    assert answer.kind == kind
    assert answer.message


def test_a_valence_problem_names_the_atom():
    answer = parse_smiles("CCN(C)(C)C")
    assert isinstance(answer, Problem)
    assert "atom 3 (N)" in answer.message


def test_a_wide_cage_of_rings_is_refused_at_once():
    closures = [[] for _ in range(14)]
    label = 10
    for first in range(14):
        for second in range(first):
            closures[first].append(label)
            closures[second].append(label)
            label += 1
    text = ".".join("[U]" + "".join(f"%{n}" if n < 100 else f"%({n})" for n in labels) for labels in closures)
    answer = parse_smiles(text)
    assert isinstance(answer, Problem)
    assert answer.kind == "too_large"


@pytest.mark.parametrize(
    "text",
    [
        "C",
        "[H][H]",
        "[Na+].[Cl-]",
        "[13CH4]",
        "C%10CC%10",
        "C[Si](C)(C)C",
        "[nH]1cccc1",
        "C->[Fe]",
        "C[N+](C)(C)C",
        "[2H]O[2H]",
    ],
)
def test_the_open_vocabulary_parses(text):
    assert isinstance(parse_smiles(text), Chem.Mol)


def test_the_molecule_equals_rdkits_own(smiles):
    for text in smiles:
        assert Chem.MolToSmiles(parse_smiles(text)) == Chem.CanonSmiles(text)


def test_nothing_is_written_to_the_terminal(capfd):
    for text in ("c1cccc1", "C(C)(C)(C)(C)C", "C1CC", "[Xx]", "C" * 400):
        parse_smiles(text)
    assert capfd.readouterr() == ("", "")
