"""Fine-tuned encoders learn, are kept beside their base, and refuse another one."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from alloys import alloys

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_PARTIAL, EXIT_USER_ERROR, UserError
from sekkei.core.types import Measure
from sekkei.data.encoders import Encoder, load_encoder
from sekkei.materials.formula import parse_formula
from sekkei.models.chemberta import ChemBERTa
from sekkei.models.matbert import MatBERT, MatBERTConfig
from sekkei.predict import keep
from sekkei.predict.describe import describer
from sekkei.predict.fit import Labels, fit, parts
from sekkei.predict.gate import gated
from sekkei.predict.keep import load_predictor, save_predictor
from sekkei.predict.networks import Tuning, fill, fresh, head_labels
from sekkei.predict.several import Joint, OneOf
from sekkei.train.loop import bfloat16_pays
from sekkei.train.pretrain_data import matbert_config
from sekkei.train.tune import Pace, warm_cosine

QUICK = Pace(rate=3e-3, head=3e-3, epochs=25, least=1, batch=32)


@pytest.mark.parametrize("method", ["full", "adapter", "lora"])
def test_every_method_learns_and_keeps_the_base_as_it_was(base, method):
    encoder, labels = load_encoder(str(base)), alloys(150)
    before = {name: tensor.clone() for name, tensor in encoder.network.state_dict().items()}
    teacher = Tuning(encoder, method, rank=4, pace=QUICK)
    mind = teacher.learn(labels.items, np.zeros((150, 1), dtype=np.float32), labels.values, seed=0).mind
    unseen = alloys(60, seed=9)
    miss = np.abs(mind(unseen.items, np.zeros((60, 1), dtype=np.float32)).values - unseen.values).mean()
    limit = 0.6 if method == "full" else 0.8  # the base is random, so what is frozen knows nothing
    assert miss < limit * np.abs(unseen.values - unseen.values.mean()).mean()
    for name, tensor in encoder.network.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    inside, head, whole = teacher.counts()
    assert (inside == whole) if method == "full" else (0 < inside < 0.2 * whole)
    assert head > 0


def test_a_network_goes_on_from_what_another_has_learned(base):
    encoder, labels, none = load_encoder(str(base)), alloys(300), np.zeros((300, 1), dtype=np.float32)
    known = Tuning(encoder, "full", pace=QUICK).learn(labels.items, none, labels.values + 1.0, seed=0).mind
    brief = Pace(rate=3e-4, head=3e-4, epochs=2, least=1, batch=32)
    unseen = alloys(60, seed=9)

    def miss(start):
        mind = Tuning(encoder, "full", pace=brief, start=start).learn(labels.items, none, labels.values, seed=0).mind
        return np.abs(mind(unseen.items, none[:60]).values - unseen.values).mean()

    assert miss(known.states[0]) < 0.7 * miss(None)


def test_the_first_network_of_a_process_is_like_any_later_one(base):
    encoder, labels, none = load_encoder(str(base)), alloys(100), np.zeros((100, 1), dtype=np.float32)
    tuning = Tuning(encoder, "full", pace=Pace(rate=3e-3, head=3e-3, epochs=2, least=1))

    def said():
        return tuning.learn(labels.items, none, labels.values, seed=0).mind(labels.items, none).values

    bfloat16_pays.cache_clear()
    np.testing.assert_array_equal(said(), said())


def test_two_adapters_on_one_base_do_not_meet(base):
    encoder, labels = load_encoder(str(base)), alloys(80)
    rows = np.zeros((80, 1), dtype=np.float32)
    quick = Tuning(encoder, "adapter", rank=2, pace=Pace(rate=3e-3, head=3e-3, epochs=4, least=1))
    up = quick.learn(labels.items, rows, labels.values, seed=0).mind
    first = up(labels.items, rows).values
    down = quick.learn(labels.items, rows, -labels.values, seed=0).mind
    assert (down(labels.items, rows).values < 0).all()
    np.testing.assert_array_equal(up(labels.items, rows).values, first)


def test_a_gated_property_is_answered_by_the_median_of_two_heads(base, tmp_path):
    labels = alloys(200)
    values = np.where(labels.values > 35, labels.values, 0.0)
    taught = head_labels(values, "gated")
    assert taught[:, 0].tolist() == (values > 0).tolist()
    assert (taught[:, 1].isnan().numpy() == (values == 0)).all()  # how much is unknown to the head where there is none
    teacher = Tuning(load_encoder(str(base)), "full", "gated", pace=QUICK)
    rows = np.zeros((200, 1), dtype=np.float32)
    mind = teacher.learn(labels.items, rows, values, seed=0).mind
    guess = mind(labels.items, rows).values
    assert ((guess == 0) == (values == 0)).mean() > 0.85
    net = fresh(mind.encoder, "full", mind.rank, "gated")
    fill(net, mind.states[0])
    with torch.inference_mode():
        told, width = net.answer(*mind.encoder.sequences(labels.items).batch(np.arange(200)))
    chance, amount, width = told[:, 0].numpy(), told[:, 1].numpy(), width[:, 1].numpy()
    np.testing.assert_allclose(guess, gated(chance, amount, width)[0], rtol=1e-4, atol=1e-4)
    assert keep._save_networks(tmp_path, mind)["gate"] == "median"


@pytest.fixture(scope="module")
def predictor(base):
    teacher = Tuning(load_encoder(str(base)), "lora", rank=4, pace=QUICK)
    return fit(describer("materials"), Measure("hardness", "GPa", "hardness", 1.0, low=0.0), alloys(600), teacher)


def test_a_fine_tuned_predictor_has_intervals_and_a_domain(predictor):
    errors = predictor.training["held_out"]
    assert errors["mae"] < 0.5 * errors["mad"]
    assert 0.75 < errors["coverage"] <= 1.0
    column = predictor.predict([parse_formula(text) for text in ("Fe5Ni5", "HgF2", "RfO2")])[0]
    assert column.interval[0, 0] < column.values[0] < column.interval[0, 1]
    assert column.in_domain.tolist() == [True, False, False]
    assert column.problems[2].kind == "element"


def test_it_is_kept_in_a_small_folder_and_answers_the_same(predictor, base, tmp_path):
    items = [parse_formula(text) for text in ("Fe5Ni5", "ScTi3", "CsCl")]
    version = save_predictor(tmp_path / "p", predictor)
    again = load_predictor(tmp_path / "p")
    assert again.version == version
    assert (tmp_path / "p" / "weights.safetensors").stat().st_size < (base / "model.safetensors").stat().st_size
    for one, two in zip(predictor.predict(items), again.predict(items), strict=True):
        np.testing.assert_array_equal(one.values, two.values)
        np.testing.assert_allclose(one.interval, two.interval)


def test_another_base_and_damaged_weights_are_refused(predictor, base, tmp_path):
    save_predictor(tmp_path / "p", predictor)
    moved = base.rename(base.with_name("away"))
    torch.manual_seed(1)
    MatBERT(MatBERTConfig(width=32, layers=2, heads=2)).save(base, {}, "")
    try:
        with pytest.raises(UserError, match="fine-tuned on the encoder"):
            load_predictor(tmp_path / "p")
    finally:
        for path in base.iterdir():
            path.unlink()
        base.rmdir()
        moved.rename(base)
    weights = tmp_path / "p" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(UserError, match="changed or damaged"):
        load_predictor(tmp_path / "p")


def lab(path, labels, heading="hardness"):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("formula", heading), *zip(labels.keys, labels.values.tolist(), strict=True)])
    return str(path)


def test_finetune_predict_and_compare_from_the_command_line(base, tmp_path, capsys):
    source, out = lab(tmp_path / "lab.csv", alloys(80)), tmp_path / "mine"
    common = ["materials", "--data", source, "--target", "hardness", "--model", str(base), "--epochs", "20"]
    assert run(["finetune", *common, "--method", "adapter", "--rank", "4", "--out", str(out), "--json"]) == EXIT_OK
    facts = json.loads(capsys.readouterr().out)
    assert facts["cross_validated"]
    assert facts["baseline"]["mae"] > 0
    assert facts["held_out"]["coverage"] == pytest.approx(0.9, abs=0.05)
    assert "trees" in (out / "README.md").read_text(encoding="utf-8")
    (tmp_path / "new.txt").write_text("Fe5Ni5\n", encoding="utf-8")
    ask = ["predict", "materials", str(tmp_path / "new.txt"), "-p", str(out), "--json"]
    assert run([*ask, "--as-trained"]) == EXIT_OK
    row = json.loads(capsys.readouterr().out)[0]
    assert row["hardness low"] < row["hardness"] < row["hardness high"]
    trees = load_predictor(out / "baseline").predict([parse_formula("Fe5Ni5")])[0].values[0]
    assert row["hardness baseline"] == pytest.approx(trees, rel=1e-5)
    assert trees == pytest.approx(27.0, abs=5.0)
    assert run(ask) == EXIT_OK  # the base knows nothing: the trees err less, and answer
    told = capsys.readouterr()
    assert facts["baseline"]["mae"] < facts["held_out"]["mae"]
    assert json.loads(told.out)[0]["hardness"] == row["hardness baseline"]
    assert "trees answer" in told.err
    assert run(["compare", *common, "--methods", "lora,baseline", "--folds", "2", "--json"]) == EXIT_OK
    lora, trees = json.loads(capsys.readouterr().out)
    assert (lora["method"], trees["trained_in_encoder"]) == ("lora", None)
    assert 0 < lora["share_of_encoder"] < 0.2
    assert len(trees["mae_by_fold"]) == 2


def test_several_targets_with_missing_labels_are_learned_by_one_encoder(base, tmp_path, capsys):
    known = alloys(160)
    rows = [(key, f"{value}" if row % 4 else "", f"{100 - value}" if row % 2 else "")
            for row, (key, value) in enumerate(zip(known.keys, known.values, strict=True))]  # fmt: skip
    with (tmp_path / "lab.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("formula", "hardness", "softness"), *rows, ("Fe3O4", "hard", "12")])
    words = ["finetune", "--model", str(base), "--data", str(tmp_path / "lab.csv"), "--target", "hardness,softness"]
    words += ["--method", "full", "--epochs", "50", "--unit", "GPa,1/GPa", "--json"]
    assert run([*words, "--out", str(tmp_path / "p")]) == EXIT_PARTIAL
    facts = json.loads(capsys.readouterr().out)
    empty = [row + 1 for row in range(160) if row % 4 == 0]
    assert [one["row"] for one in facts["unused_rows"]] == [*empty, 161]  # both blank, and text; one blank is no fault
    hard, soft = facts["predictors"]
    assert (hard["objects"]["train"], soft["objects"]["train"]) == (120, 81)
    for one in (hard, soft):
        assert one["held_out"]["mae"] < one["held_out"]["mad"]
    assert "together with softness" in hard["recipe"]
    first, second = (load_predictor(tmp_path / "p" / name) for name in ("hardness", "softness"))
    items = alloys(40, seed=9).items
    one, other = first.predict(items)[0].values, second.predict(items)[0].values
    assert np.corrcoef(one, other)[0, 1] < -0.6  # softness was made of hardness
    states = [p.brain.mind.states[0] for p in (first, second)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0] if name.startswith("encoder."))
    assert not torch.equal(states[0]["head.4.weight"], states[1]["head.4.weight"])
    assert second.measure.unit == "1/GPa"


def test_what_tests_one_property_teaches_no_other(base):
    labels = alloys(600)
    half = Labels(labels.items[:560], labels.keys[:560], labels.values[:560])
    joint = Joint.of([labels, half], describer("materials").key)
    taught = []

    class Watched(OneOf):
        def learn_together(self, items, values, seed):
            taught.append({item.formula for item in items})
            return super().learn_together(items, values, seed)

    quick = {"pace": Pace(rate=1e-3, epochs=1, least=1), "encoder": load_encoder(str(base)), "method": "lora"}
    for place, one in enumerate((labels, half)):
        fit(describer("materials"), Measure("x", "", "x"), one, Watched(**quick, joint=joint, place=place))
    train = parts(labels.keys)[0]
    assert taught == [{key for key, kept in zip(labels.keys, train, strict=True) if kept}]  # once, for both


def test_the_word_for_the_domain_may_be_left_out(base, tmp_path, capsys):
    source = lab(tmp_path / "lab.csv", alloys(60))
    common = ["--data", source, "--target", "hardness", "--epochs", "2"]
    assert run(["finetune", "--model", str(base), *common, "--method", "lora", "--out", str(tmp_path / "x")]) == EXIT_OK
    assert load_predictor(tmp_path / "x").domain == "materials"
    assert json.loads((tmp_path / "x" / "predictor.json").read_text(encoding="utf-8"))["network"]["rank"] == 4
    assert run(["compare", *common, "--methods", "baseline", "--folds", "2"]) == EXIT_OK
    capsys.readouterr()
    assert run(["finetune", "--target", "hardness"]) == EXIT_USER_ERROR
    assert "materials or molecules" in capsys.readouterr().err


@pytest.mark.parametrize("method", ["adapter", "lora"])
def test_less_than_two_percent_of_a_matbert_is_trained_and_the_page_says_how_much(method):
    page = (Path(__file__).parents[2] / "docs" / "reference" / "encoders.md").read_text(encoding="utf-8")
    for config in (matbert_config(), matbert_config(blank=True)):
        inside, _, whole = Tuning(Encoder("matbert", "materials", MatBERT(config), "", ""), method).counts()
        assert inside / whole < 0.02
        assert f"{100 * inside / whole:.2f} %" in page


def test_what_cannot_be_is_refused(base, tmp_path, capsys):
    source = lab(tmp_path / "lab.csv", alloys(60))
    common = ["--data", source, "--target", "hardness", "--out", str(tmp_path / "x")]
    refused = [
        (["materials", *common, "--method", "lora", "--model", "nothing"], "no encoder 'nothing'"),
        (["molecules", *common, "--method", "lora", "--model", str(base)], "encoder of materials"),
        (["materials", *common, "--method", "lroa"], "lora"),
        (["materials", *common, "--model", str(base)], "trees need no encoder"),
        (["materials", *common, "--task", "class"], "other numbers than 0 and 1"),
        (["materials", *common, "--task", "gated"], "never zero"),
    ]
    for words, message in refused:
        assert run(["finetune", *words]) == EXIT_USER_ERROR
        assert message in capsys.readouterr().err
    assert run(["compare", "materials", *common[:4], "--methods", "baseline", "--folds", "1"]) == EXIT_USER_ERROR


def test_a_class_from_smiles_with_an_encoder_of_the_hubs_format(tmp_path, smiles, capsys):
    torch.manual_seed(0)
    folder = tmp_path / "chem"
    ChemBERTa.fresh(smiles, 300, width=32, layers=1, heads=2).save(folder, {}, "")
    made = [f"{'C' * n}{end}" for n in range(1, 40) for end in ("O", "N", "F")]
    with (tmp_path / "lab.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("smiles", "polar"), *((text, int(text[-1] == "O")) for text in made)])
    words = ["--data", str(tmp_path / "lab.csv"), "--target", "polar", "--out", str(tmp_path / "p"), "--epochs", "80"]
    options = ["--model", str(folder), "--method", "full", "--task", "class", "--json"]
    assert run(["finetune", "molecules", *words, *options]) == EXIT_OK
    facts = json.loads(capsys.readouterr().out)
    assert facts["held_out"]["auc"] > 0.8
    assert facts["task"] == "class"


def test_the_rate_rises_and_falls():
    factors = [warm_cosine(step, 100) for step in range(1, 101)]
    assert factors[0] < factors[3] < factors[5]
    assert max(factors) > 0.98
    assert factors[-1] < 0.001
