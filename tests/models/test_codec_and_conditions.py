"""The codec keeps every SMILES; the condition encoder keeps absent values out."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sekkei.core.errors import UserError
from sekkei.models.causal import TALLIED, Tally
from sekkei.models.conditions import ConditionEncoder
from sekkei.molecules.codecs.smiles import ALPHABET, SPECIAL, SmilesCodec

CODEC = SmilesCodec.train(["CCO", "c1ccccc1", "CC(=O)Nc1ccc(O)cc1"] * 5, size=120)

UNUSUAL = [
    "C1CC%10CCC1C%10", "[13CH4]", "[NH3+]CC([O-])=O", "C[Se]C", "OB(O)C", "C[Si](C)C", "CP(=O)(O)O", "[Na+].[Cl-]",
    "F/C=C\\F", "N[C@@H](C)C(=O)O", "[Dy+3]", "[U]", "[2H]O[2H]", "C[Hg]Cl", "[O-][n+]1ccccc1", "[H+]", "*C", "[Og]",
]  # fmt: skip


@pytest.mark.parametrize("text", UNUSUAL)
def test_every_smiles_survives(text: str) -> None:
    assert CODEC.decode(CODEC.encode(text)) == text


@given(st.text(alphabet=ALPHABET, max_size=60))
def test_any_text_of_the_alphabet_survives(text: str) -> None:
    tokens = CODEC.encode(text)
    assert CODEC.decode(tokens) == text
    assert all(len(SPECIAL) <= token < CODEC.size for token in tokens)


@pytest.mark.parametrize("text", ["CC O", "Cé", "<bos>", "C\n"])
def test_what_no_smiles_holds_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no SMILES"):
        CODEC.encode(text)


def test_json_round_trip_and_damage() -> None:
    assert SmilesCodec.from_json(CODEC.to_json()).pieces == CODEC.pieces
    with pytest.raises(UserError, match="tokenizer"):
        SmilesCodec.from_json("{}")


def test_absent_values_do_not_reach_the_condition() -> None:
    torch.manual_seed(0)
    encoder = ConditionEncoder((1.0, 200.0), (2.0, 50.0), width=8)
    nan = float("nan")
    values = torch.tensor([[1.5, nan], [1.5, 240.0], [1.6, nan], [nan, nan]])
    out = encoder(encoder.standardise(values))
    assert out.isfinite().all()
    assert (out[0] - out[1]).abs().max() > 1e-3
    assert (out[0] - out[2]).abs().max() > 1e-4
    before = out[0].clone()
    encoder.centre[1], encoder.scale[1] = -7.0, 3.0
    assert torch.equal(encoder(encoder.standardise(values))[0], before)


def test_a_tally_adds_up_alike_at_once_and_step_by_step() -> None:
    torch.manual_seed(0)
    tally = Tally(6, width=TALLIED)
    counts = torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [2.0, 3.0]])
    tally.begin_with(counts)
    assert not tally(torch.tensor([[3, 4]]))[0].any()
    torch.nn.init.eye_(tally.project.weight)
    tokens = torch.tensor([[3, 5, 4, 3]])
    whole, after = tally(tokens)
    assert whole[0, :, :2].tolist() == [[1, 0], [3, 3], [3, 4], [4, 4]]
    before = None
    for position in range(4):
        part, before = tally(tokens[:, position : position + 1], before)
        assert torch.equal(part[:, 0], whole[:, position])
    assert torch.equal(before, after)
