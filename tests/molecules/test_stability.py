from __future__ import annotations

import pytest
from rdkit import Chem

from sekkei.core.types import Problem
from sekkei.molecules.stability import GROUPS, MAX_STRAIN, StrainEvaluator, strain, unstable_groups

ORDINARY = {
    "aspirin": "CC(=O)Oc1ccccc1C(=O)O",
    "caffeine": "Cn1cnc2c1c(=O)n(C)c(=O)n2C",
    "ibuprofen": "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "penicillin G": "CC1(C)SC2C(NC(=O)Cc3ccccc3)C(=O)N2C1C(=O)O",
    "metformin": "CN(C)C(=N)NC(=N)N",
    "benzotriazole": "c1ccc2[nH]nnc2c1",
    "glucose": "OCC1OC(O)C(O)C(O)C1O",
    "vitamin C": "O=C1OC(C(O)CO)C(O)=C1O",
    "ranitidine": "CNC(=C[N+](=O)[O-])NCCSCc1ccc(CN(C)C)o1",
    "nifedipine": "COC(=O)C1=C(C)NC(C)=C(C1c1ccccc1[N+](=O)[O-])C(=O)OC",
    "zidovudine": "Cc1cn(C2CC(N=[N+]=[N-])C(CO)O2)c(=O)[nH]c1=O",
    "meloxicam": "Cc1cnc(NC(=O)C2=C(O)c3ccccc3S(=O)(=O)N2C)s1",
    "isosorbide dinitrate": "O=[N+]([O-])OC1COC2C1OCC2O[N+](=O)[O-]",
    "cystine": "NC(CSSCC(N)C(=O)O)C(=O)O",
    "losartan": "CCCCc1nc(Cl)c(CO)n1Cc1ccc(cc1)-c1ccccc1-c1nnn[nH]1",
    "selegiline": "C#CCN(C)C(C)Cc1ccccc1",
    "hydrochlorothiazide": "NS(=O)(=O)c1cc2c(cc1Cl)NCNS2(=O)=O",
    "chloral hydrate": "OC(O)C(Cl)(Cl)Cl",
    "TEMPO": "CC1(C)CCCC(C)(C)N1[O]",
}

UNSTABLE = {
    "peroxide": "CC(C)(C)OOC(C)(C)C",
    "geminal diol": "CC(O)(O)C",
    "acyclic hemiacetal": "CC(O)OC",
    "orthoester": "COC(OC)OC",
    "hemiaminal": "CC(O)NC",
    "geminal diamine": "CC(N)NC",
    "geminal thiol": "CC(S)OC",
    "cyanohydrin": "CC(O)C#N",
    "geminal halohydrin": "CC(O)Cl",
    "alpha-halo ether, sulfide or amine": "COCCl",
    "acyl halide": "CC(=O)Cl",
    "imidoyl halide": "CC(Cl)=NC",
    "halogen on S, P, Si or B": "CS(=O)(=O)Cl",
    "N-halogen": "O=C1CCC(=O)N1Br",
    "hypohalite": "CC(C)(C)OCl",
    "carbamic acid": "CCNC(=O)O",
    "carbonic half-ester": "CCOC(=O)O",
    "beta-keto acid": "CC(=O)CC(=O)O",
    "enol": "C=C(C)O",
    "N-H enamine": "CC=CNC",
    "N-H imine": "CC=N",
    "ynol or N-H ynamine": "CC#CO",
    "allene or cumulene": "CC=C=CC",
    "ketene or ketenimine": "CC=C=O",
    "isocyanate": "CN=C=O",
    "cyclobutadiene": "C1=CC=C1",
    "cyclopropene or hetero analogue": "C1=CC1",
    "three-membered ring with two heteroatoms": "CC1ON1C",
    "[1.1.1]propellane": "C12(C3)CC13C2",
    "alkyne in a small ring": "C1CCC#CC1",
    "N-N-N chain": "CN(C)N=NC",
    "chain of three N and O": "CN(C)ON(C)C",
    "N-H diazene": "CN=N",
    "acyclic aliphatic azo": "CC(C)(C#N)N=NC(C)(C)C#N",
    "diazo or diazonium": "C=[N+]=[N-]",
    "nitrosoalkane with alpha-H": "CN=O",
    "nitrite or nitrosothiol": "CCON=O",
    "sulfenic acid or ester": "CSO",
    "chain of three S": "CSSSC",
    "thioaldehyde or thioketone": "CC(C)=S",
    "P-H phosphine": "CP",
    "carbon bound to a reactive metal": "C[Li]",
    "radical or carbene": "C[CH2]",
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_molecules_are_not_flagged(name):
    assert unstable_groups(Chem.MolFromSmiles(ORDINARY[name])) == (0.0, "")


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_group_finds_its_example_and_has_a_source(group):
    count, names = unstable_groups(Chem.MolFromSmiles(UNSTABLE[group.name]))
    assert group.name in names.split("; ")
    assert count == len(names.split("; "))
    assert group.source


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O", -0.6, 1.0),
        ("CC(C)Cc1ccc(cc1)C(C)C(=O)O", -0.6, 1.0),
        ("CCCCCC", -0.6, 1.0),
        ("CC1(C)C2CCC1(C)C(=O)C2", 1.0, MAX_STRAIN),
        ("C1CCC/C=C/CC1", MAX_STRAIN, 4.0),
        ("C1CC1", MAX_STRAIN, 4.0),
        ("C1=CC2C=CC1C2", MAX_STRAIN, 6.0),
        ("C12C3C4C1C5C2C3C45", MAX_STRAIN, 6.0),
        ("C1=CC1", MAX_STRAIN, 15.0),
    ],
)
def test_strain_tells_ordinary_from_strained(text, low, high):
    assert low < strain(Chem.MolFromSmiles(text)) < high


def test_the_order_follows_experiment():
    cyclohexane, cyclopentane, z_octene, e_octene, cubane = (
        strain(Chem.MolFromSmiles(text))
        for text in ("C1CCCCC1", "C1CCCC1", "C1CCC/C=C\\CC1", "C1CCC/C=C/CC1", "C12C3C4C1C5C2C3C45")
    )
    assert cyclohexane < cyclopentane < z_octene < e_octene < cubane


def test_a_counter_ion_adds_no_strain():
    acid, salt = (strain(Chem.MolFromSmiles(text)) for text in ("CC(=O)[O-]", "CC(=O)[O-].[Na+]"))
    assert salt == acid


def test_a_long_chain_is_embedded():
    assert abs(strain(Chem.MolFromSmiles("C" * 24))) < 0.5


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[H][H]", "empty"),
        ("OB(O)c1ccccc1", "no_parameters"),
        ("C1CC2=CC1CC2", "embedding"),
        ("C" * 61, "too_large"),
    ],
)
def test_what_cannot_be_judged_says_why(text, kind):
    answer = strain(Chem.MolFromSmiles(text))
    assert isinstance(answer, Problem)
    assert answer.kind == kind


def test_the_evaluator_keeps_every_row_and_repeats_itself():
    mols = [Chem.MolFromSmiles(text) for text in ("CCO", "OB(O)C", "C1CC1")]
    (column,), (again,) = StrainEvaluator()(mols), StrainEvaluator()(mols)
    assert [problem and problem.kind for problem in column.problems] == [None, "no_parameters", None]
    assert column.values.tobytes() == again.values.tobytes()
