"""The MOSES figures against their definitions written out slowly, and against the published statistics."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import AllChem, rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold

from sekkei.core.errors import UserError
from sekkei.data.folder import find
from sekkei.metrics.molecules import MEASURES, mean_and_spread, moses_metrics, novel_share, set_metrics, unique_share
from sekkei.metrics.parallel import processes
from sekkei.metrics.reference import moses_filters, moses_reference, read_parts, reference_set
from sekkei.molecules.filters import Filters

NO_FILTERS = Filters(("[Xe]",))
BROKEN = ["", "C1CC", "c1ccccc", "not a molecule", "C(C)(C)(C)(C)C"]
needs_moses = pytest.mark.skipif(find("moses/test_stats.npz") is None, reason="the MOSES data is not fetched")


@pytest.fixture(scope="module")
def generated(smiles: list[str]) -> list[str]:
    return [*smiles, "OCC", "CCO", "C[C@H](N)C(=O)O", "Cc1ccc(-c2ccc(O)cc2)cc1", *BROKEN]


@pytest.fixture(scope="module")
def held_out() -> list[str]:
    return ["CCCO", "Cc1ccccc1", "CC(=O)Nc1ccccc1", "OC(=O)c1ccc(Cl)cc1", "c1ccc(-c2ccccc2)cc1", "CCN(CC)CC", "CCOC=O"]


@pytest.fixture(scope="module")
def figures(generated: list[str], held_out: list[str]) -> dict[str, float]:
    return set_metrics(generated, {"Test": reference_set(held_out)}, {"CCO", "CCN"}, NO_FILTERS)


def canonical(texts: list[str]) -> list[str]:
    return [Chem.MolToSmiles(mol) for mol in map(Chem.MolFromSmiles, texts) if mol is not None and mol.GetNumAtoms()]


def similarities(a: list[str], b: list[str]) -> np.ndarray:
    """RDKit's own fingerprints and similarity, pair by pair."""
    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1024).GetFingerprint
    left, right = ([make(Chem.MolFromSmiles(text)) for text in side] for side in (a, b))
    return np.array([DataStructs.BulkTanimotoSimilarity(one, right) for one in left])


def cosine(a: Counter[str], b: Counter[str]) -> float:
    names = sorted({*a, *b})
    x, y = (np.array([counts[name] for name in names], dtype=float) for counts in (a, b))
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


def brics(texts: list[str]) -> Counter[str]:
    cut = (Chem.MolToSmiles(AllChem.FragmentOnBRICSBonds(Chem.MolFromSmiles(text))) for text in texts)
    return Counter(piece for one in cut for piece in one.split("."))


def scaffolds(texts: list[str]) -> Counter[str]:
    cores = [MurckoScaffold.GetScaffoldForMol(Chem.MolFromSmiles(text)) for text in texts]
    return Counter(Chem.MolToSmiles(core) for core in cores if core.GetRingInfo().NumRings() >= 2)


def test_shares_of_valid_unique_and_novel_molecules(figures: dict[str, float], generated: list[str]) -> None:
    valid = canonical(generated)
    assert figures["valid"] == pytest.approx(1 - len(BROKEN) / len(generated))
    assert figures["unique@1000"] == pytest.approx(len(set(valid)) / len(valid))
    assert figures["Novelty"] == pytest.approx((len(set(valid)) - 2) / len(set(valid)))


def test_similarity_and_diversity(figures: dict[str, float], generated: list[str], held_out: list[str]) -> None:
    valid = canonical(generated)
    pairs = similarities(valid, valid)
    assert figures["SNN/Test"] == pytest.approx(similarities(valid, held_out).max(axis=1).mean(), abs=1e-6)
    assert figures["IntDiv"] == pytest.approx(1 - pairs.mean(), abs=1e-6)
    assert figures["IntDiv2"] == pytest.approx(1 - np.sqrt((pairs**2).mean(axis=1)).mean(), abs=1e-6)


def test_fragments_and_scaffolds(figures: dict[str, float], generated: list[str], held_out: list[str]) -> None:
    valid = canonical(generated)
    assert figures["Frag/Test"] == pytest.approx(cosine(brics(valid), brics(held_out)))
    assert figures["Scaf/Test"] == pytest.approx(cosine(scaffolds(valid), scaffolds(held_out)))
    assert figures["Scaf/Test"] > 0


def test_a_set_against_itself_is_perfect_but_not_novel(held_out: list[str]) -> None:
    same = set_metrics(held_out, {"Test": reference_set(held_out)}, set(canonical(held_out)), NO_FILTERS)
    perfect = {"valid": 1, "SNN/Test": 1, "Frag/Test": 1, "Scaf/Test": 1, "FCD/Test": 0, "Novelty": 0, "weight": 0}
    assert {name: same[name] for name in perfect} == pytest.approx(perfect, abs=1e-4)


def test_every_figure_is_defined_in_words(figures: dict[str, float]) -> None:
    assert {name.split("/")[0] for name in figures} == set(MEASURES)


@pytest.mark.parametrize("texts", [[], BROKEN])
def test_nothing_valid_gives_no_figure_rather_than_a_wrong_one(texts: list[str], held_out: list[str]) -> None:
    none = set_metrics(texts, {"Test": reference_set(held_out)}, set(), NO_FILTERS)
    assert none.pop("valid") == 0 if texts else math.isnan(none.pop("valid"))
    assert all(math.isnan(value) for value in none.values())


def test_worker_processes_change_nothing(smiles: list[str]) -> None:
    many = smiles * 20
    alone = read_parts(many, NO_FILTERS)
    with processes(2) as pool:
        shared = read_parts(many, NO_FILTERS, pool)
    assert alone.smiles == shared.smiles
    assert alone.fragments == shared.fragments
    assert alone.scaffolds == shared.scaffolds
    assert (alone.bits == shared.bits).all()
    assert (alone.properties == shared.properties).all()


def test_unique_share_looks_at_the_first_k_only() -> None:
    assert unique_share(["C", "C", "CC", "CC"], 3) == pytest.approx(2 / 3)
    assert unique_share(["C", "C"], 1000) == pytest.approx(0.5)
    assert math.isnan(novel_share([], {"C"}))


def test_mean_and_spread_over_seeds() -> None:
    assert mean_and_spread([{"a": 1.0}, {"a": 3.0}]) == {"a": (2.0, pytest.approx(math.sqrt(2)))}


def test_a_reference_without_molecules_is_refused() -> None:
    with pytest.raises(UserError, match="at least two"):
        reference_set(BROKEN)


def test_a_statistics_file_that_is_not_the_published_one_is_refused(tmp_path) -> None:
    with pytest.raises(UserError, match=r"no test_stats\.npz"):
        moses_reference("test", tmp_path)
    (tmp_path / "test_stats.npz").write_bytes(b"something else")
    with pytest.raises(UserError, match=r"not the file that molsets 0\.3\.1"):
        moses_reference("test", tmp_path)


@needs_moses
def test_the_published_statistics_are_those_of_their_own_molecules() -> None:
    published = moses_reference("test")
    first = ["CC1C2CCC(C2)C1CN(CCO)C(=O)c1ccc(Cl)cc1", "COc1ccc(-c2cc(=O)c3c(O)c(OC)c(OC)cc3o2)cc1O"]
    parts = read_parts(first)
    assert (parts.bits == published.bits[:2]).all()
    assert parts.properties == pytest.approx(published.properties[:2], abs=1e-2)
    assert set(parts.fragments) <= set(published.fragments)
    assert set(parts.scaffolds) <= set(published.scaffolds)


@needs_moses
def test_known_molecules_of_the_moses_test_set_lie_in_it_and_pass_its_filters() -> None:
    first = ["CC1C2CCC(C2)C1CN(CCO)C(=O)c1ccc(Cl)cc1", "COc1ccc(-c2cc(=O)c3c(O)c(OC)c(OC)cc3o2)cc1O"]
    figures = moses_metrics(first, set())
    assert figures["SNN/Test"] == 1.0
    assert figures["Filters"] == 1.0
    assert figures["SNN/TestSF"] < 1.0
    assert len(moses_filters().smarts) == 502
