"""Pre-training on descriptors: a run learns, goes on after a kill, and leaves an encoder that can be taught."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_USER_ERROR
from sekkei.data.encoders import load_encoder, usual_encoder
from sekkei.models.dmpnn import DMPNN
from sekkei.molecules.domain import MOLECULES
from sekkei.molecules.features import compared, features
from sekkei.predict.networks import Tuning
from sekkei.train.descriptors import described, pretrain_graphs
from sekkei.train.loop import Plan
from sekkei.train.tune import Pace


@pytest.fixture(scope="module")
def source(tmp_path_factory, smiles):
    path = tmp_path_factory.mktemp("graphs") / "mols.smi"
    path.write_text("\n".join(smiles), encoding="utf-8")
    return path


def test_what_is_asked_are_the_features_of_the_molecules(smiles):
    known = described(smiles, 1)
    found = features([MOLECULES.parse(text) for text in smiles])
    plain, first = found[:, : compared()], compared()
    spread = plain.std(axis=0)
    expected = np.clip((plain - plain.mean(axis=0)) / np.where(spread > 0, spread, 1.0), -6, 6)
    np.testing.assert_allclose(known.numbers, expected, atol=1e-2)
    numbers, flags, *_ = known.batch(np.arange(len(smiles)), np.random.default_rng(0))
    assert numbers.shape == (len(smiles), first)
    np.testing.assert_array_equal(flags.numpy(), found[:, first:] > 0)


def test_descriptors_are_learned(tmp_path, source):
    plan = Plan(1_500, batch=16, warmup=5, rate=5e-3, log_every=5)
    pretrain_graphs(str(source), tmp_path / "d", plan, say=lambda _: None)
    entries = [json.loads(text) for text in (tmp_path / "d" / "log.jsonl").read_text().splitlines()]
    assert entries[-1]["nats"] < 0.7 * entries[0]["nats"]
    record = json.loads((tmp_path / "d" / "training.json").read_text())
    assert record["tasks"] == ["descriptors"]
    assert load_encoder(str(tmp_path / "d")).hash == record["hash"]


def test_a_killed_run_goes_on_to_the_same_encoder(tmp_path, source):
    plan = Plan(160, batch=16, warmup=2, log_every=3)
    pretrain_graphs(str(source), tmp_path / "whole", plan, say=lambda _: None)

    class KilledError(Exception):
        pass

    def kill(text):
        if "nats" in text:
            raise KilledError

    every = Plan(160, batch=16, warmup=2, save_every=0.0, log_every=3)
    with pytest.raises(KilledError):
        pretrain_graphs(str(source), tmp_path / "halved", every, say=kill)
    pretrain_graphs(str(source), tmp_path / "halved", plan, resume=True, say=lambda _: None)
    whole, halved = (DMPNN.from_pretrained(tmp_path / name).state_dict() for name in ("whole", "halved"))
    for name, tensor in whole.items():
        torch.testing.assert_close(halved[name], tensor, atol=2e-3, rtol=0)


def test_the_verb_makes_it_alone(tmp_path, source, capsys):
    words = ["pretrain", "molecules", "--data", str(source), "--total", "32", "--batch", "16"]
    assert run([*words, "--task", "descriptors,masked", "--out", str(tmp_path / "a")]) == EXIT_USER_ERROR
    assert "alone" in capsys.readouterr().err
    assert run([*words, "--task", "descriptor", "--out", str(tmp_path / "a")]) == EXIT_USER_ERROR
    assert "descriptors" in capsys.readouterr().err
    assert run([*words, "--task", " descriptors", "--out", str(tmp_path / "b"), "--json"]) == EXIT_OK
    assert json.loads(capsys.readouterr().out)["training"]["domain"] == "molecules"


def test_it_is_taught_a_sum_over_atoms():
    ends = ("O", "N", "F", "Cl", "C(=O)O", "c1ccccc1")
    items = [MOLECULES.parse("C" * length + end) for length in range(1, 21) for end in ends]
    order = np.random.default_rng(0).permutation(len(items))
    items = [items[row] for row in order]
    atoms = np.array([float(item.GetNumHeavyAtoms()) for item in items])
    rows = np.zeros((len(items), 1), dtype=np.float32)
    teacher = Tuning(load_encoder("dmpnn"), "full", pace=Pace(1e-3, epochs=20, least=100, batch=16))
    mind = teacher.learn(items[24:], rows[24:], atoms[24:], seed=0).mind
    miss = np.abs(mind(items[:24], rows[:24]).values - atoms[:24]).mean()
    assert miss < 0.25 * np.abs(atoms - atoms.mean()).mean()


def test_the_usual_encoder_of_molecules_reads_graphs_unless_attention_is_adapted():
    assert [usual_encoder("molecules", method) for method in ("full", "lora", "adapter")] == [
        "dmpnn", "chemberta", "chemberta",
    ]  # fmt: skip
    assert usual_encoder("materials", "full") == "matbert"
