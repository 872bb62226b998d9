from __future__ import annotations

import struct

import numpy as np
import pytest
import rdkit
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from sekkei.core.errors import UserError
from sekkei.core.hashes import HASH_BITS
from sekkei.molecules.novelty import KnownMolecules, Neighbours, fingerprints, similarities


@settings(max_examples=60, deadline=None)
@given(st.sets(st.text(st.characters(codec="ascii"), max_size=12), max_size=60), st.text(max_size=8))
def test_all_members_and_only_they_are_known(tmp_path_factory, members, other):
    path = tmp_path_factory.mktemp("known") / "known.bin"
    KnownMolecules.build(members).save(path)
    known = KnownMolecules.load(path)
    assert len(known) == len(members)
    assert known.contains(sorted(members)).all()
    assert (other in known) == (other in members)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 2**HASH_BITS - 1), max_size=200))
def test_the_file_keeps_any_hashes_exactly(tmp_path_factory, hashes):
    path = tmp_path_factory.mktemp("known") / "known.bin"
    stored = np.array(sorted(hashes), dtype=np.uint64)
    KnownMolecules(stored).save(path)
    np.testing.assert_array_equal(KnownMolecules.load(path).hashes, stored)


def test_the_file_is_compact_and_false_hits_are_rare(tmp_path):
    path = tmp_path / "known.bin"
    hashes = np.unique(np.random.default_rng(0).integers(0, 2**HASH_BITS, 200_000, dtype=np.uint64))
    KnownMolecules(hashes).save(path)
    ideal = (HASH_BITS - np.log2(len(hashes)) + 1.44) / 8
    assert path.stat().st_size / len(hashes) < 1.05 * ideal
    strangers = [f"stranger {row}" for row in range(20_000)]
    assert KnownMolecules.load(path).contains(strangers).sum() <= 1


@pytest.mark.parametrize("cut", [0, 5, 40, 70, -1])
def test_a_truncated_file_is_refused(tmp_path, cut):
    path = tmp_path / "known.bin"
    KnownMolecules.build(["CCO", "CCN", "c1ccccc1"]).save(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UserError, match=r"known\.bin"):
        KnownMolecules.load(path)


def test_any_flipped_byte_after_the_rdkit_version_is_noticed(tmp_path):
    path = tmp_path / "known.bin"
    KnownMolecules.build([f"C{row}" for row in range(50)]).save(path)
    good = path.read_bytes()
    for place in [*range(30), *range(len(good) - 60, len(good))]:
        path.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        with pytest.raises(UserError):
            KnownMolecules.load(path)


def test_a_lying_count_takes_no_memory(tmp_path):
    path = tmp_path / "known.bin"
    KnownMolecules.build(["CCO"]).save(path)
    data = bytearray(path.read_bytes())
    for count in (2**32, 2**41, 2**64 - 1):
        struct.pack_into("<Q", data, 14, count)
        path.write_bytes(bytes(data))
        with pytest.raises(UserError, match="damaged"):
            KnownMolecules.load(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        KnownMolecules.load(tmp_path / "none.bin")
    with pytest.raises(UserError, match="cannot be written"):
        KnownMolecules.build(["C"]).save(tmp_path / "none" / "known.bin")


def test_another_rdkit_is_mentioned(tmp_path):
    path = tmp_path / "known.bin"
    KnownMolecules(np.zeros(0, dtype=np.uint64), "2020.01.1").save(path)
    assert "2020.01.1" in KnownMolecules.load(path).warning()
    assert KnownMolecules.build([]).warning() == ""
    assert KnownMolecules.build([]).written_by == rdkit.__version__


def test_nearest_equals_rdkits_own_search(smiles):
    mols = [Chem.MolFromSmiles(text) for text in smiles]
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = [generator.GetFingerprint(mol) for mol in mols]
    values, nearest = Neighbours(smiles[5:]).nearest(mols)
    for row in range(len(mols)):
        slow = DataStructs.BulkTanimotoSimilarity(prints[row], prints[5:])
        assert values[row] == pytest.approx(max(slow), abs=1e-12)
        assert nearest[row] == smiles[5:][int(np.argmax(slow))]
    assert (values[5:] == 1.0).all()


def test_similarity_is_symmetric_and_bounded(smiles):
    prints = fingerprints([Chem.MolFromSmiles(text) for text in smiles])
    matrix = np.array([similarities(one, prints) for one in prints])
    np.testing.assert_array_equal(matrix, matrix.T)
    assert (np.diag(matrix) == 1.0).all()
    assert matrix.min() >= 0.0


def test_bad_references_are_named():
    ethanol = [Chem.MolFromSmiles("CCO")]
    with pytest.raises(UserError, match="no molecules"):
        Neighbours([]).nearest(ethanol)
    with pytest.raises(UserError, match="C1CC"):
        Neighbours(["CCO", "C1CC"]).nearest(ethanol)
