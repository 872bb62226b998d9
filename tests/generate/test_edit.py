"""Analogues of a molecule and the way between two, by a small model of latent diffusion that is trained here."""

from __future__ import annotations

import csv
import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from sekkei.cli.main import run
from sekkei.core.errors import EXIT_OK, EXIT_USER_ERROR, UserError
from sekkei.generate import edit
from sekkei.generate.edit import Edit, analogues, between, read_as
from sekkei.generate.model import load
from sekkei.generate.sample import Sampling
from sekkei.generate.write import decoded
from sekkei.train.latent_recipe import train_diffusion
from sekkei.train.loop import Plan
from sekkei.train.recipes import Size, molecules_to_learn
from sekkei.train.run import Run
from sekkei.train.subject import Shape

SHAPE = Shape(width=32, encoder=1, decoder=1, heads=2, size=16, wide=32, deep=1)
START, END = "CCCCN", "CCCCC(=O)O"


def decode(network, vectors):
    return decoded(network, vectors, np.zeros((len(vectors), 40)), Sampling(grammar=False, top_k=1), None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("edit") / "own.smi"
    heads, ends = ("O", "N", "F", "Cl", "C", "S"), ("O", "N", "C(=O)O", "C#N", "c1ccccc1", "C(N)=O", "F", "Cl")
    texts = [f"{a}{'C' * n}{b}" for a, b in itertools.product(heads, ends) for n in range(2, 9)]
    path.write_text("\n".join(texts) + "\n")
    run_ = Run(str(path), Plan(14_000, batch=32, warmup=20), None, "diffusion")
    subject = molecules_to_learn(str(path), path.parent / "model", run_, lambda _: None, Size(vocabulary=80))
    return train_diffusion(
        replace(subject, shape=SHAPE), path.parent / "model", run_, Plan(20_000, batch=128, warmup=5), decode,
        say=lambda _: None,
    )  # fmt: skip


def test_analogues_are_like_the_start_and_ordered_by_the_target(folder):
    model = load(str(folder))
    every = analogues(model, START, 20, {"logp": 2.5}, seed=1, how=Edit(0.5, 0.2), settings=Sampling(steps=10))
    found = every.analogues
    assert len(found) >= 5
    assert every.attempts == 160
    assert set(every.lost) <= {"no molecule", "the start itself", "drawn before", "too unlike the start"}
    assert len(found) == min(20, every.attempts - every.lost.total())
    assert len({one.smiles for one in found}) == len(found)
    assert START not in {one.smiles for one in found}
    misses = [max(abs(one.values["logp"] - 2.5) - 0.5, 0.0) for one in found]
    assert misses == sorted(misses)
    assert all(one.similarity >= 0.2 for one in found)
    assert [one.satisfied for one in found] == [miss <= 1e-9 for miss in misses]
    again = analogues(model, START, 20, {"logp": 2.5}, seed=1, how=Edit(0.5, 0.2), settings=Sampling(steps=10))
    assert again == every


def test_little_strength_keeps_more_than_much(folder):
    model = load(str(folder))

    def alike(strength):
        how, settings = Edit(strength, 0.0), Sampling(steps=20)
        found = analogues(model, START, 30, ["logp=3"], 0, how, settings).analogues
        return np.mean([one.similarity for one in found]) if found else 1.0  # none but the start itself

    assert alike(0.15) > alike(1.0) + 0.05
    assert 1.0 > alike(0.5) > alike(1.0) + 0.05


def test_the_way_begins_and_ends_at_the_two(folder):
    way = between(load(str(folder)), START, END, 7)
    assert len(way) == 7
    assert (way[0], way[-1]) == (START, END)


@pytest.mark.parametrize(
    ("text", "targets", "how", "words"),
    [
        ("C1CC", ["logp=2"], {}, "SMILES"),
        ("CCCN", [], {}, "no target"),
        ("CCCN", ["logp=40"], {}, "covers logp"),
        ("CCCN", ["logp=2"], {"strength": 0.0}, "above 0 and at most 1"),
        ("CCCN", ["logp=2"], {"strength": 1.5}, "above 0 and at most 1"),
        ("CCCN", ["logp=2"], {"least": -1.0}, "outside 0 to 1"),
        ("C" * 300, ["logp=2"], {}, "smaller molecule"),
        ("CCC[Si](C)(C)C", ["logp=2"], {}, "never seen"),
        ("CCCN", ["solubility=2"], {}, "solubility"),
    ],
)
def test_what_is_refused(folder, text, targets, how, words):
    with pytest.raises(UserError) as caught:
        analogues(load(str(folder)), text, 3, targets, how=Edit(**how))
    assert words in str(caught.value)


def test_what_a_model_takes_a_molecule_for_is_told(folder, capsys):
    model = load(str(folder))
    assert read_as(model, START) == START
    assert read_as(model, "NC1CCCC1") != "NC1CCCC1"  # there was no ring but benzene
    run(["interpolate", "molecules", START, "NC1CCCC1", "--model", str(folder), "--steps", "2"])
    assert "takes NC1CCCC1 for" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["CC(C)Cc1ccc(cc1)[C@H](C)C(=O)O", "OB(O)c1ccccc1", "C[N+](C)(C)C", "Ic1ccccc1"])
def test_the_shipped_model_refuses_what_it_never_saw(text):
    with pytest.raises(UserError, match="'moldiffusion' has never seen"):
        analogues(load("moldiffusion"), text, 3, ["logp=2"])


def test_a_place_that_stands_for_no_molecule_says_why(folder, monkeypatch, capsys):
    monkeypatch.setattr(edit, "decoded", lambda *_: [[], [3], []])
    run(["interpolate", "molecules", START, END, "--model", str(folder), "--steps", "3", "--json"])
    way = json.loads(capsys.readouterr().out)["molecules"]
    assert all(one["smiles"] == "" and "no molecule: " in one["problem"] for one in way[::2])


def test_a_model_without_vectors_is_refused():
    with pytest.raises(UserError, match="token by token"):
        analogues(load("moses"), "CCO", 3, ["logp=1"])
    with pytest.raises(UserError, match="outside 2 to"):
        between(load("moses"), "CCO", "CCN", 1)


def test_the_verbs(folder, tmp_path, capsys):
    out = tmp_path / "a.csv"
    asked = ["edit", "molecules", START, "--model", str(folder), "--target", "logp=2.5", "--similarity", "0.2"]
    assert run([*asked, "-n", "2", "--steps", "10", "--strength", "0.6", "--out", str(out)]) == EXIT_OK
    rows = list(csv.DictReader(out.open()))
    assert len(rows) == 2
    assert all(float(row["similarity"]) >= 0.2 for row in rows)
    capsys.readouterr()
    run(["interpolate", "molecules", START, END, "--model", str(folder), "--steps", "5", "--json"])
    way = json.loads(capsys.readouterr().out)["molecules"]
    assert [one["place"] for one in way] == [0, 1, 2, 3, 4]
    assert run(["edit", "molecules", "CCO", "--model", "moses", "--target", "logp=1"]) == EXIT_USER_ERROR
    assert "--kind diffusion" in capsys.readouterr().err
