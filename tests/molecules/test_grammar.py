"""The grammar lets every SMILES be written and nothing end that cannot be read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekkei.molecules.codecs.grammar import SmilesGrammar
from sekkei.molecules.codecs.smiles import ALPHABET, SmilesCodec

CODEC = SmilesCodec.train(["c1ccccc1", "CC(=O)N", "C[C@H](N)C(=O)O", "c1ccc2c(c1)cccc2", "CCl"] * 5, size=110)
GRAMMAR = SmilesGrammar(CODEC.pieces)
END = 2

WRITTEN = r"""
C CCl BrCBr C1CC1 C%10CC%10 C=1CC=1 C(=O)(N)C [13CH4] [Na+].[Cl-] F/C=C\F N[C@@H](C)C(=O)O c1ccc2c(c1)cccc2 C12CC1C2
O=[N+]([O-])c1ccccc1 [Dy+3] C(C(C(C)))C [C:1]C C1CCCCC1C1CCCCC1 *C B(O)O
"""
REFUSED = "C( C) C1CC C(C ()C C= C==C 1CC1 (C)C [C C] C()C C(1 Cr Bl C%1 C%99CC%99 C..C .C"


def _accepts(tokens: list[int]) -> bool:
    prefixes = GRAMMAR.start(1)
    for token in tokens:
        if not GRAMMAR.allowed(prefixes)[0, token]:
            return False
        prefixes = GRAMMAR.advance(prefixes, np.array([token]))
    return bool(GRAMMAR.allowed(prefixes)[0, END])


@pytest.mark.parametrize("text", WRITTEN.split())
def test_every_smiles_can_be_written_in_any_tokens(text: str) -> None:
    letters = [CODEC.pieces.index(character) for character in text]
    assert _accepts(CODEC.encode(text))
    assert _accepts(letters)


@pytest.mark.parametrize("text", ["", *REFUSED.split()])
def test_what_no_parser_reads_cannot_be_written(text: str) -> None:
    assert not _accepts(CODEC.encode(text))


@given(st.text(alphabet=ALPHABET, max_size=25))
def test_the_verdict_does_not_depend_on_the_tokens(text: str) -> None:
    assert _accepts(CODEC.encode(text)) == _accepts([CODEC.pieces.index(character) for character in text])


@given(st.integers(0, 2**32))
def test_a_random_walk_always_finds_an_allowed_token_and_closes(seed: int) -> None:
    random = np.random.default_rng(seed)
    prefixes = GRAMMAR.start(4)
    for _ in range(30):
        allowed = GRAMMAR.allowed(prefixes)
        rows, tokens = np.indices(allowed.shape).reshape(2, -1)
        assert (GRAMMAR.permits(GRAMMAR.select(prefixes, rows), tokens) == allowed.ravel()).all()
        allowed[:, END] = False
        assert allowed.any(axis=1).all()
        tokens = np.array([random.choice(np.flatnonzero(row)) for row in allowed])
        prefixes = GRAMMAR.advance(prefixes, tokens)
        assert (prefixes.depth >= 0).all()
    picked = GRAMMAR.select(prefixes, np.array([2, 0]))
    assert picked.depth.tolist() == [prefixes.depth[2], prefixes.depth[0]]
