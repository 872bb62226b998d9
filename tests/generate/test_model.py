"""Loading, aiming and beam search."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from sekkei.core.errors import UserError
from sekkei.core.targets import parse_targets
from sekkei.generate.beam import beam_search
from sekkei.generate.model import MEASURES, Model, load, read_wishes
from sekkei.models.tokens import BOS, EOS
from sekkei.molecules.domain import MOLECULES


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Model:
    return load(str(tiny_model))


def test_a_folder_holds_what_a_model_needs(model: Model, smiles: list[str]) -> None:
    assert set(model.properties) == set(MEASURES)
    assert model.known.contains([smiles[0], "CCCCCCCCCC"]).tolist() == [True, False]
    assert model.reference.properties.shape == (len(model.reference.smiles), len(model.properties))
    assert "parameters" in model.card


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "codec.json", "reference.npz", "known.bin"])
def test_a_changed_folder_is_refused(tiny_model: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "copy")
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(UserError, match="hash"):
        load(str(folder))


def test_a_missing_file_or_model_is_named(tiny_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "copy")
    (folder / "codec.json").unlink()
    with pytest.raises(UserError, match=r"codec\.json is missing"):
        load(str(folder))
    with pytest.raises(UserError, match="no model 'drugliek'"):
        load("drugliek")


def test_a_network_too_large_to_be_meant_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    from sekkei.models.folder import folder_hash

    folder = shutil.copytree(tiny_model, tmp_path / "copy")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "width": 10**6}))
    training = json.loads((folder / "training.json").read_text())
    (folder / "training.json").write_text(json.dumps({**training, "hash": folder_hash(folder)}))
    with pytest.raises(UserError, match="above the limit"):
        load(str(folder))


def test_conditions_lie_inside_the_targets_and_leave_the_rest_free(model: Model) -> None:
    targets = parse_targets(["logp=1..3", "mw<=200", "max:qed"], MEASURES)
    conditions = model.conditions(targets, 200, seed=0)
    column = {name: conditions[:, i] for i, name in enumerate(model.properties)}
    assert targets[0].satisfied(column["logp"]).all()
    assert targets[1].satisfied(column["mw"]).all()
    assert np.isfinite(column["qed"]).all()
    assert np.isnan(column["sa"]).all()
    again = model.conditions(targets, 50, seed=0, first=150)
    assert np.array_equal(again, conditions[150:], equal_nan=True)


def test_targets_outside_the_data_are_refused_or_marked(model: Model) -> None:
    targets = parse_targets(["mw=900"], MEASURES)
    with pytest.raises(UserError, match="covers mw from"):
        model.check_coverage(targets)
    assert "extrapolation" in model.check_coverage(targets, extrapolate=True)[0]


def test_wishes_of_the_python_interface() -> None:
    texts = [t.text for t in read_wishes({"logp": 2.0, "mw": (240, 260), "qed": ">=0.7", "sa": "min", "hbd": "2"})]
    same = [t.text for t in read_wishes(["logp=2.0", "mw=240..260", "qed>=0.7", "min:sa", "hbd=2"])]
    assert texts == same


@pytest.mark.parametrize("n", [0, -1, 10**9])
def test_senseless_counts_are_refused(model: Model, n: int) -> None:
    with pytest.raises(UserError, match="n:"):
        model.generate(n)


def test_beam_search_finds_what_an_exhaustive_search_finds(model: Model) -> None:
    condition = np.full(len(model.properties), np.nan)
    values = torch.full((1, len(model.properties)), float("nan"))
    longest = 2

    def log_probability(tokens: tuple[int, ...]) -> float:
        inputs = torch.tensor([[BOS, *tokens]])
        with torch.inference_mode():
            logits = model.network(inputs, values).double()
            logits[..., :2] = -torch.inf
            steps = logits.log_softmax(-1)[0]
        return float(sum(steps[i, t] for i, t in enumerate((*tokens, EOS))))

    pieces = range(3, model.codec.size)
    every = [(), *((t,) for t in pieces)]
    best = sorted(((log_probability(t), t) for t in every), reverse=True)[:3]
    found = beam_search(model.network, condition, model.codec.size, longest)
    assert [tuple(tokens) for tokens, _ in found if len(tokens) < longest][:3] == [t for _, t in best]
    assert found[0][1] == pytest.approx(max(best[0][0], found[0][1]))
    assert all(a[1] >= b[1] for a, b in itertools.pairwise(found))


def test_beam_search_lists_each_meaning_once_and_leaves_out_what_has_none(model: Model) -> None:
    condition = np.full(len(model.properties), np.nan)
    found = beam_search(model.network, condition, 32, 3, lambda tokens: tokens[0] % 5 if tokens else None)
    assert sorted(tokens[0] % 5 for tokens, _ in found) == [0, 1, 2, 3, 4]
    plain = [tokens for tokens, _ in beam_search(model.network, condition, 32, 3) if tokens]
    assert found[0][0] == plain[0]


def test_beam_gives_valid_molecules_once(model: Model) -> None:
    texts = [text for text, _ in model.beam(30, {"mw": 900}, extrapolate=True)]
    assert texts
    assert len(texts) == len(set(texts))
    assert all(MOLECULES.text(MOLECULES.parse(text)) == text for text in texts)


def test_generate_gives_different_valid_molecules_or_fewer(model: Model) -> None:
    found = model.generate(3, seed=1)
    assert len(found) == len(set(found)) <= 3


def test_a_wish_that_is_none_is_told_with_its_name(tiny_model: Path) -> None:
    with pytest.raises(UserError, match=r"target 'logp'.*pair of bounds"):
        load(str(tiny_model)).generate(1, {"logp": None})  # type: ignore[dict-item]
