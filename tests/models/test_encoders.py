"""MatBERT reads sets, ChemBERTa reads the hub's folders, and adapters begin as nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from peft.tuners.lora import LoraLayer
from transformers import RobertaForMaskedLM

from sekkei.core.errors import UserError
from sekkei.data.encoders import composition_sequences, element_traits, load_encoder, weights_hash
from sekkei.materials.formula import NUMBERS, SYMBOLS, parse_formula
from sekkei.models import chemberta as reading
from sekkei.models.adapters import adapt, merge, trained
from sekkei.models.chemberta import ChemBERTa
from sekkei.models.folder import save_record
from sekkei.models.heads import Answers, pooled
from sekkei.models.matbert import CLS, FIRST, MASK, MatBERT, MatBERTConfig, share_features
from sekkei.models.tokens import PAD

TINY = MatBERTConfig(width=32, layers=2, heads=2)


@pytest.fixture
def matbert():
    torch.manual_seed(0)
    return MatBERT(TINY).eval()


@pytest.fixture
def chemberta(smiles):
    torch.manual_seed(0)
    return ChemBERTa.fresh(smiles, 300, width=32, layers=2, heads=2).eval()


def inputs(*formulas):
    data = composition_sequences([parse_formula(formula) for formula in formulas])
    return data.batch(np.arange(len(data)))


def test_the_order_of_elements_and_the_padding_do_not_matter(matbert):
    tokens, shares = inputs("LiFePO4", "Ba0.4K0.6Fe2As2")
    order = torch.tensor([0, 3, 1, 4, 2])
    with torch.inference_mode():
        one, other = pooled(matbert, tokens, shares), pooled(matbert, tokens[:, order], shares[:, order])
        alone = pooled(matbert, *inputs("NaCl"))
        beside = pooled(matbert, *inputs("NaCl", "LiFePO4"))[:1]
    torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(alone, beside, atol=1e-5, rtol=1e-5)


def test_spellings_of_one_composition_are_one_and_amounts_count(matbert):
    with torch.inference_mode():
        vectors = pooled(matbert, *inputs("Fe2O3", "O3Fe2", "Fe4O6", "FeO", "Fe2.002O3"))
    torch.testing.assert_close(vectors[0], vectors[1])
    torch.testing.assert_close(vectors[0], vectors[2])
    assert (vectors[0] - vectors[3]).abs().max() > 1e-2
    assert (vectors[0] - vectors[4]).abs().max() < (vectors[0] - vectors[3]).abs().max()


def test_no_special_token_is_an_element():
    elements = {FIRST + number - 1 for number in NUMBERS.values()}
    assert len(elements) == len(SYMBOLS)
    assert not elements & {PAD, CLS, MASK}


def test_trace_amounts_are_told_apart():
    features = share_features(torch.tensor([0.0, 0.001, 0.01, 0.1, 1.0]))
    assert torch.isfinite(features).all()
    distances = torch.cdist(features, features) + 10 * torch.eye(5)
    assert distances.min() > 0.5


def test_a_matbert_folder_is_read_back_and_a_changed_one_refused(matbert, tmp_path):
    matbert.save(tmp_path / "m", {"seen": 1}, "# card")
    again = load_encoder(str(tmp_path / "m"))
    items = [parse_formula("LiFePO4")]
    assert (again.domain, again.card) == ("materials", "# card")
    assert again.embed(items).shape == (1, 32)
    np.testing.assert_allclose(again.embed(items)[0], pooled(matbert, *inputs("LiFePO4"))[0].detach(), atol=5e-3)
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    (tmp_path / "m" / "config.json").write_text(json.dumps(config | {"heads": 4}))
    with pytest.raises(UserError, match="changed or damaged"):
        load_encoder(str(tmp_path / "m"))


@pytest.mark.parametrize(
    "size",
    [{"width": 10**6}, {"width": True}, {"layers": 0}, {"heads": 3}, {"heads": 0}, {"traits": -1}, {"dropout": 5.0},
     {"dropout": "x"}, {"odd": 1}],
)  # fmt: skip
def test_a_network_of_absurd_size_is_not_built(matbert, tmp_path, size):
    matbert.save(tmp_path, {}, "")
    config = json.loads((tmp_path / "config.json").read_text()) | size
    (tmp_path / "config.json").write_text(json.dumps(config))
    save_record(tmp_path, {"seen": 1}, "")
    with pytest.raises(UserError, match=r"size|cannot be read|do not divide"):
        MatBERT.from_pretrained(tmp_path)


def test_what_is_known_of_the_elements_is_complete():
    table = element_traits()
    assert table.shape[0] == len(SYMBOLS)
    assert np.isfinite(table).all()
    gaps = np.linalg.norm(table[[NUMBERS["K"] - 1, NUMBERS["Cl"] - 1]] - table[NUMBERS["Na"] - 1], axis=1)
    assert gaps[0] < gaps[1]  # sodium is more like potassium than like chlorine


def hub_folder(chemberta, folder, *, safe):
    """A checkpoint as the hub has it: a masked language model, its weights and a byte-level vocabulary."""
    folder.mkdir()
    model = RobertaForMaskedLM(chemberta.roberta.config)
    if safe:
        model.save_pretrained(folder)
    else:
        model.config.save_pretrained(folder)
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    words = json.loads(chemberta.tokenizer.backend_tokenizer.to_str())["model"]
    (folder / "vocab.json").write_text(json.dumps(words["vocab"]), encoding="utf-8")
    merges = "\n".join(" ".join(pair) for pair in words["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    return model


@pytest.mark.parametrize("safe", [True, False])
def test_a_checkpoint_of_the_hub_gives_its_own_hidden_vectors(chemberta, tmp_path, safe):
    model = hub_folder(chemberta, tmp_path / "hub", safe=safe).eval()
    loaded = ChemBERTa.from_pretrained(str(tmp_path / "hub"))
    tokens = torch.tensor(loaded.tokens(["CC(=O)Oc1ccccc1C(=O)O"]))
    assert loaded.tokenizer.decode(tokens[0, 1:-1]) == "CC(=O)Oc1ccccc1C(=O)O"
    assert tokens[0, [0, -1]].tolist() == [0, 2]
    with torch.inference_mode():
        expected = model.roberta(tokens).last_hidden_state
        torch.testing.assert_close(loaded(tokens), expected)


def test_the_hash_of_a_network_without_files_follows_tokens_and_weights(chemberta):
    first = weights_hash(chemberta)
    assert first == weights_hash(chemberta)
    with torch.no_grad():
        chemberta.words.weight[7, 0] += 1.0
    assert weights_hash(chemberta) != first


def test_our_own_chemberta_is_a_folder_of_the_same_format(chemberta, tmp_path, smiles):
    chemberta.save(tmp_path / "own", {}, "# card")
    again = load_encoder(str(tmp_path / "own"))
    assert again.domain == "molecules"
    assert again.network.tokens(smiles) == chemberta.tokens(smiles)
    assert set(again.network.ordinary.tolist()).isdisjoint({again.network.pad, again.network.mask, 0, 2})
    long = again.network.tokens(["C" * 500])[0]
    assert len(long) <= again.network.longest
    (tmp_path / "own" / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match="changed or damaged"):
        load_encoder(str(tmp_path / "own"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_type": "gpt2"}, "not roberta"),
        ({"hidden_size": 10**9}, "hidden_size"),
        ({"hidden_size": 64}, "loaded|belong"),
    ],
)
def test_folders_that_are_no_chemberta_are_refused(chemberta, tmp_path, change, words):
    hub_folder(chemberta, tmp_path / "hub", safe=True)
    path = tmp_path / "hub" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=words):
        ChemBERTa.from_pretrained(str(tmp_path / "hub"))


def test_a_model_of_the_hub_is_fetched_as_files_and_checked_before_anything_is_built(chemberta, tmp_path, monkeypatch):
    model = hub_folder(chemberta, tmp_path / "hub", safe=True).eval()
    asked = []

    def fetched(name, allow_patterns):
        asked.append((name, allow_patterns))
        return str(tmp_path / "hub")

    monkeypatch.setattr(reading, "snapshot_download", fetched)
    loaded = ChemBERTa.from_pretrained("seyonec/ChemBERTa-zinc-base-v1")
    assert asked[0][0] == "seyonec/ChemBERTa-zinc-base-v1"
    assert "config.json" in asked[0][1]
    tokens = torch.tensor(loaded.tokens(["CCO"]))
    torch.testing.assert_close(loaded(tokens), model.roberta(tokens).last_hidden_state)
    (tmp_path / "hub" / "adapter_config.json").write_text('{"base_model_name_or_path": "someone/else"}')
    with pytest.raises(UserError, match="holds an adapter"):
        ChemBERTa.from_pretrained("seyonec/ChemBERTa-zinc-base-v1")


def test_without_the_network_a_model_of_the_hub_is_refused_with_a_hint(monkeypatch):
    def nothing(name, allow_patterns):
        raise LocalEntryNotFoundError("no connection\nmore words")

    monkeypatch.setattr(reading, "snapshot_download", nothing)
    with pytest.raises(UserError, match="cannot be loaded as a ChemBERTa: no connection"):
        ChemBERTa.from_pretrained("someone/something")


@pytest.mark.parametrize("method", ["adapter", "lora"])
@pytest.mark.parametrize("kind", ["matbert", "chemberta"])
def test_adapters_begin_as_nothing_and_are_all_that_is_trained(method, kind, request):
    network = request.getfixturevalue(kind)
    given = inputs("LiFePO4", "NaCl") if kind == "matbert" else (torch.tensor(network.tokens(["CCO"])),)
    before, whole = network(*given).detach(), sum(p.numel() for p in network.parameters())
    adapt(network, method, rank=2)
    torch.testing.assert_close(network(*given), before)
    added = trained(network)
    assert added
    assert sum(p.numel() for p in added.values()) < 0.1 * whole
    places = {name.rpartition(".layer.")[2].partition(".")[0] for name in added}
    assert places == {"0", "1"}  # inside every block
    network(*given).square().sum().backward()
    frozen = [p for p in network.parameters() if not p.requires_grad]
    assert all(p.grad is None for p in frozen)
    assert any(p.grad.abs().sum() > 0 for p in network.parameters() if p.requires_grad)


def test_an_adapter_reaches_the_next_block(matbert):
    adapt(matbert, "adapter", rank=2)
    given = inputs("LiFePO4")
    first = matbert.bert.encoder.layer[0].output.dense
    before = matbert(*given).detach()
    with torch.no_grad():
        first.up.weight.normal_()
    assert (matbert(*given) - before).abs().max() > 1e-3


def test_merged_lora_gives_the_same_answers(matbert):
    adapt(matbert, "lora", rank=4)
    for part in matbert.modules():
        if isinstance(part, LoraLayer):
            torch.nn.init.normal_(part.lora_B["default"].weight, std=0.2)
    given = inputs("LiFePO4", "NaCl")
    with torch.inference_mode():
        before = matbert(*given)
        merge(matbert)
        assert not any(isinstance(part, LoraLayer) for part in matbert.modules())
        torch.testing.assert_close(matbert(*given), before, atol=1e-5, rtol=1e-5)


def test_missing_labels_pull_nothing_and_known_ones_do(matbert):
    torch.manual_seed(0)
    net = Answers(matbert, 32, ("number", "class"), dropout=0.0)
    given = inputs("LiFePO4", "NaCl", "Fe2O3")
    net.standardise(torch.tensor([[1.0, 1.0], [3.0, float("nan")], [float("nan"), 0.0]]))
    assert net.centre.tolist() == [2.0, 0.0]
    nothing = torch.full((3, 2), float("nan"))
    assert net.loss(given, nothing).item() == 0.0
    labels = nothing.clone()
    labels[0, 1] = 1.0
    net.loss(given, labels).backward()
    last = net.head[-1].weight.grad
    assert last[2].abs().sum() > 0  # the logit of the class
    assert last[:2].abs().sum() == 0  # number and its error
    values, errors = net.answer(*given)
    assert ((values[:, 1] > 0) & (values[:, 1] < 1)).all()
    assert (errors > 0).all()
