"""Fine-tuning of a generator on structures of one's own."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch

from sekkei import zoo
from sekkei.cli.main import run
from sekkei.core.errors import EXIT_PARTIAL, EXIT_USER_ERROR, UserError
from sekkei.generate.materials import load
from sekkei.generate.model import load as load_molecules
from sekkei.materials.formula import parse_formula
from sekkei.models.adapters import adapt_writer, merge, trained
from sekkei.models.causal import CausalConfig, ConditionalGPT
from sekkei.models.folder import folder_hash
from sekkei.testing import check_generator
from sekkei.train.adopt import Adoption, adopt

GARNETS = [f"{a}3{b}2{c}3O12" for a in ("Ca", "Mg", "Sr", "Cd", "Mn") for b in ("Al", "Fe", "Ga") for c in ("Si", "Ge")]


def perturbed(rank=4):
    torch.manual_seed(0)
    network = ConditionalGPT(CausalConfig(20, 32, 2, 2, 12, ("p",), (0.0,), (1.0,), sums=False)).eval()
    adapt_writer(network, rank)
    return network


def test_lora_begins_as_nothing_and_merges_into_the_same_answers():
    network, tokens = perturbed(), torch.randint(3, 20, (5, 9))
    values = torch.full((5, 1), torch.nan)
    with torch.inference_mode():
        before = network(tokens, values)
    assert sum(tensor.numel() for tensor in trained(network).values()) == 2 * 4 * (32 + 3 * 32)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.3)
    with torch.inference_mode():
        adapted = network(tokens, values)
        merge(network)
        merged = network(tokens, values)
    assert float((adapted - before).abs().max()) > 0.01
    assert not any("lora" in name for name, _ in network.named_parameters())
    torch.testing.assert_close(merged, adapted, atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def garnets(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "garnets.csv"
    path.write_text("formula\n" + "\n".join(GARNETS) + "\n")
    out = path.parent / "model"
    how = Adoption(epochs=80, seed=1)
    adopt(zoo.FOLDER / "matgpt", "matgpt", path, out, how, lambda _: None)
    return out, path


def test_the_small_folder_writes_more_of_what_it_was_shown_and_keeps_its_promises(garnets):
    out, _ = garnets
    base, model = load("matgpt"), load(str(out))
    check_generator(model)
    assert json.loads((out / "config.json").read_text())["base_hash"] == base.hash
    assert (out / "model.safetensors").stat().st_size < 0.1 * (zoo.FOLDER / "matgpt/model.safetensors").stat().st_size
    assert model.training["held_out_nats"][0] < model.training["held_out_nats_before"][0] - 2
    free = np.full((200, 3), np.nan)

    def garnet(one):
        return np.mean([draw.text.endswith("O12") for draw in one.draw(free, 0)])

    assert garnet(model) > garnet(base) + 0.1
    assert all(model.known.classify(parse_formula(text)).kind == "known" for text in GARNETS)
    assert set(model.ranges) == set(base.ranges)


def test_another_base_is_refused(garnets, tmp_path):
    out, _ = garnets
    moved = tmp_path / "moved"
    shutil.copytree(out, moved)
    config = json.loads((moved / "config.json").read_text())
    for change, words in (
        ({"base_hash": "0" * 12}, "but 'matgpt' is"),
        ({"base": "nowhere"}, "not there"),
        ({"rank": 10**9}, "names no base and rank"),
    ):
        (moved / "config.json").write_text(json.dumps(config | change))
        _rehash(moved)
        with pytest.raises(UserError, match=words):
            load(str(moved))


def _rehash(folder):
    record = json.loads((folder / "training.json").read_text())
    (folder / "training.json").write_text(json.dumps(record | {"hash": folder_hash(folder)}))


def test_molecules_by_all_weights_through_the_command_line(tmp_path, capsys):
    path, out = tmp_path / "mine.smi", tmp_path / "model"
    texts = [f"O=C(N{'C' * n}c1ccccc1)c1ccc({x})cc1" for n in range(6) for x in ("F", "Cl", "O", "N")]
    path.write_text("\n".join([*texts, "garbage", "[Na+].[Cl-]"]))
    asked = ["finetune", "molecules", "--model", "moses", "--data", str(path), "--out", str(out), "--epochs", "1"]
    assert run([*asked, "--method", "full", "--json"]) == EXIT_PARTIAL
    told = capsys.readouterr()
    assert "2 of 26 rows give no molecule" in told.err
    printed = json.loads(told.out)
    assert printed["training"]["left_out"] == 2
    assert printed["training"]["trained_parameters"] > 4_000_000
    model = load_molecules(str(out))
    assert "O=C(Nc1ccccc1)c1ccc(F)cc1" in model.known
    assert len(model.generate(3, {"logp": 3.0})) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "crystalgpt"], "train materials --start"),
        (["--model", "matgpt", "--method", "adapter"], "'adapter'"),
        (["--model", "matgpt"], "too few"),
        (["--model", "matbert"], "name the column that it shall learn with --target"),
        ([], "nothing says what to learn"),
    ],
)
def test_what_is_refused(tmp_path, capsys, options, words):
    path = tmp_path / "few.csv"
    path.write_text("formula\nNaCl\nKCl\n")
    assert (
        run(["finetune", "materials", "--data", str(path), "--out", str(tmp_path / "m"), *options]) == EXIT_USER_ERROR
    )
    assert words in capsys.readouterr().err
    assert not (tmp_path / "m").exists()
