"""Latent diffusion from a file of formulas to a model that generates, with a stop on the way."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from sekkei.core.errors import UserError
from sekkei.data.encode import pack
from sekkei.generate.materials import load
from sekkei.generate.model import load as load_molecules
from sekkei.generate.sample import Sampling
from sekkei.generate.write import decoded
from sekkei.materials.constraints import Constraints
from sekkei.testing import check_generator
from sekkei.train.latent import encoded
from sekkei.train.latent_recipe import AUTOENCODER, _begun, train_diffusion
from sekkei.train.loop import Plan
from sekkei.train.materials import compositions_to_learn
from sekkei.train.run import Run
from sekkei.train.subject import Shape

SHAPE = Shape(width=32, encoder=1, decoder=1, heads=2, size=16, wide=32, deep=1)


def decode(network, vectors):
    return decoded(network, vectors, np.zeros((len(vectors), 23)), Sampling(grammar=False, top_k=1), None)


def learn(path, out, total=1500, start=None, denoise=2000, shape=SHAPE):
    run = Run(str(path), Plan(total, batch=32, warmup=5), start, "diffusion")
    subject = compositions_to_learn(str(path), out, run, lambda _: None)
    return train_diffusion(
        replace(subject, shape=shape), out, run, Plan(denoise, batch=128, warmup=5), decode, say=lambda _: None
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "own.csv"
    pairs = [(a, b) for a in ("Na", "K", "Mg", "Ca", "Ti", "Fe") for b in "OSFN"]
    rows = [f"{a}{n}{b}{m},{n + m}" for a, b in pairs for n in (1, 2, 3) for m in (1, 2, 3) if n != m]
    path.write_text("formula,band_gap\n" + "\n".join(rows) + "\n")
    return learn(path, path.parent / "model"), path


def test_the_folder_is_a_generator_under_targets_and_masks(folder):
    out, _ = folder
    model = load(str(out))
    check_generator(model)
    found = model.generate(3, {"band_gap": 3.0}, seed=1, constraints=Constraints(contains=("Na",)))
    assert found
    assert all("Na" in one for one in found)
    record = json.loads((out / "training.json").read_text())
    assert 0 <= record["reconstructed"] <= 1
    assert record["denoised"] >= 2000
    with pytest.raises(UserError, match="not token by token"):
        model.beam(3)


def test_a_stopped_run_goes_on_to_the_same_weights(folder):
    out, path = folder
    again = path.parent / "again"
    again.mkdir()
    for name in (AUTOENCODER, "run.json"):  # stopped when the denoiser had not begun
        shutil.copy(out / name, again / name)
    learn(path, again)
    first, second = (json.loads((one / "training.json").read_text()) for one in (out, again))
    assert (first["hash"], first["reconstructed"]) == (second["hash"], second["reconstructed"])


def test_a_run_goes_on_from_the_weights_of_another_model(folder):
    out, path = folder
    learn(path, path.parent / "further", total=32, start=out, denoise=128)
    fresh = learn(path, path.parent / "fresh", total=32, denoise=128)
    before, after, other = (load(str(one)).network.state_dict() for one in (out, path.parent / "further", fresh))
    moved = {name: float((after[name] - before[name]).norm()) for name in before}
    apart = {name: float((other[name] - before[name]).norm()) for name in before}
    assert sum(moved.values()) < 0.5 * sum(apart.values())


def test_a_run_cannot_go_on_from_a_model_of_another_kind(folder, tiny_model):
    _, path = folder
    with pytest.raises(UserError, match="no latent diffusion"):
        learn(path, path.parent / "from-gpt", total=32, start=tiny_model)


def test_another_run_in_the_same_folder_is_refused(folder):
    out, path = folder
    assert out.is_dir()
    run = Run(str(path), Plan(1500, batch=64), None, "diffusion")
    with pytest.raises(UserError, match="was begun with batch"):
        compositions_to_learn(str(path), out, run, lambda _: None)


@pytest.fixture(scope="module")
def half(folder):
    """A model whose denoiser has seen nothing."""
    out, path = folder
    made = path.parent / "half"
    shutil.copytree(out, made)
    record = json.loads((made / "training.json").read_text())
    (made / "training.json").write_text(json.dumps({**record, "denoised": 0}))
    return made


def test_a_decoder_that_goes_on_is_told_what_it_was_not_told_before(folder, half):
    _, path = folder
    out = learn(path, path.parent / "told", total=640, start=half, denoise=640, shape=replace(SHAPE, doubt=1.5))
    before, after = load(str(half)).network, load(str(out)).network
    assert after.config.doubt == 1.5
    assert after.config.autoencoder.properties == after.config.properties
    assert after.decoder.shares.brings.weight.any()
    for name, tensor in before.autoencoder.encoder.state_dict().items():
        assert torch.equal(tensor, after.autoencoder.encoder.state_dict()[name]), name
    check_generator(load(str(out)))


def test_of_a_model_whose_denoiser_has_seen_nothing_the_autoencoder_is_taken(folder, half):
    _, path = folder
    before = load(str(half)).network
    subject = compositions_to_learn(str(path), path.parent / "none", Run(str(path), Plan(32), half, "diffusion"), print)
    begun = _begun(replace(subject, shape=replace(SHAPE, wide=64)), half)
    assert begun.config.denoiser.width == 64
    assert begun.config.denoiser.yes_or_no == ("balanced",)
    for name, tensor in begun.autoencoder.state_dict().items():
        assert torch.equal(tensor, before.autoencoder.state_dict()[name]), name


def test_the_word_diffusion_stands_for_the_model_that_ships():
    assert load("diffusion").name == "matdiffusion"
    assert load_molecules("diffusion").name == "moldiffusion"


def test_what_comes_back_is_measured_by_the_likeliest_tokens():
    model = load("diffusion")
    data = pack([model.codec.encode(text) for text in ("SrTiO3", "LiFePO4", "NaCl")], np.empty((3, 0)))
    vectors = encoded(model.network.autoencoder, data, np.arange(3)).astype(float)
    again = decode(model.network, vectors)
    assert [model.codec.decode(one) for one in again] == ["SrTiO3", "LiFePO4", "NaCl"]
