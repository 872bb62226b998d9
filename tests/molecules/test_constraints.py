from __future__ import annotations

import pytest
from rdkit import Chem

from sekkei.core.errors import UserError
from sekkei.molecules.constraints import Constraints

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@pytest.mark.parametrize(
    ("constraints", "text", "reason"),
    [
        (Constraints(), "CCO", ""),
        (Constraints(require=("c1ccccc1",)), ASPIRIN, ""),
        (Constraints(require=("c1ccccc1", "[NX3]")), ASPIRIN, "lacks [NX3]"),
        (Constraints(forbid=("[CX3](=O)[OX2H]",)), ASPIRIN, "has [CX3](=O)[OX2H]"),
        (Constraints(elements=("C", "O")), ASPIRIN, ""),
        (Constraints(elements=("C",)), "[2H]C(F)Cl", "has Cl, F"),
        (Constraints(similar_to="OC(=O)c1ccccc1OC(C)=O", min_similarity=1.0), ASPIRIN, ""),
        (Constraints(similar_to=ASPIRIN, min_similarity=0.4), "CCO", "less similar than 0.4"),
        (Constraints(similar_to=ASPIRIN), "CCO", ""),
    ],
)
def test_the_first_broken_constraint_is_named(constraints, text, reason):
    constraints.check()
    assert constraints.broken(Chem.MolFromSmiles(text)) == reason


@pytest.mark.parametrize(
    ("constraints", "words"),
    [
        (Constraints(require=("C", "c1ccc")), r"constraints\.require\[1\] 'c1ccc'.*SMARTS"),
        (Constraints(forbid=("",)), r"constraints\.forbid\[0\]"),
        (Constraints(forbid=("C" * 5000,)), "SMARTS"),
        (Constraints(elements=("C", "Xx")), r"constraints\.elements\[1\] 'Xx'.*no element"),
        (Constraints(elements=("cl",)), "did you mean"),
        (Constraints(similar_to="C1CC"), "constraints.similar_to 'C1CC'.*ring closure"),
        (Constraints(similar_to="CC", min_similarity=1.5), "between 0 and 1"),
        (Constraints(similar_to="CC", min_similarity=float("nan")), "between 0 and 1"),
        (Constraints(min_similarity=0.5), "no molecule to be similar to"),
    ],
)
def test_bad_constraints_are_refused_with_the_place(constraints, words):
    with pytest.raises(UserError, match=words):
        constraints.check()


def test_words_for_a_report():
    full = Constraints(("c1ccccc1",), ("[N+]",), ("C", "N"), ASPIRIN, 0.3)
    assert full.words() == [
        "must contain c1ccccc1",
        "must not contain [N+]",
        "only the elements C, N (and H)",
        f"Tanimoto similarity to {ASPIRIN} of at least 0.3",
    ]
    assert Constraints().words() == []
