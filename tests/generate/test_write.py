"""A latent diffusion model in a folder: sequences from it, and from its neighbours."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from sekkei.core.errors import UserError
from sekkei.generate.sample import Sampling
from sekkei.generate.write import decoded, new_vectors, normals, write_tokens
from sekkei.models.checkpoint import load_checkpoint, load_gpt, save_checkpoint
from sekkei.models.diffusion import DenoiserConfig, Walk
from sekkei.models.latent import LatentConfig, on_sphere
from sekkei.models.latent_diffusion import LatentDiffusion, LatentDiffusionConfig, on_arc

CONFIG = LatentDiffusionConfig(
    LatentConfig(vocabulary=9, width=32, encoder=1, decoder=1, heads=2, positions=10, size=16),
    DenoiserConfig(16, 32, 1, ("logp",), (2.0,), (1.0,)),
)
SETTINGS = Sampling(steps=5, grammar=False)
FREE = np.full((6, 1), np.nan)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    made = LatentDiffusion(CONFIG).eval()
    for parameter in made.parameters():  # an untrained denoiser gives zeros, whatever it is told
        torch.nn.init.normal_(parameter, std=0.2)
    made.centre.copy_(torch.linspace(-0.5, 0.5, 16))
    made.scale.fill_(0.8)
    return made


def test_a_folder_gives_the_same_sequences_again(network, tmp_path):
    save_checkpoint(tmp_path / "m", network, "{}", {"domain": "molecules"}, "card")
    kept = load_checkpoint(tmp_path / "m")
    assert isinstance(kept.network, LatentDiffusion)
    assert kept.network.config == CONFIG
    torch.testing.assert_close(kept.network.centre, network.centre, atol=1e-3, rtol=1e-3)
    mine = write_tokens(kept.network, FREE, 3, 0, 9, SETTINGS, None)
    save_checkpoint(tmp_path / "n", kept.network, "{}", {"domain": "molecules"}, "card")
    assert write_tokens(load_checkpoint(tmp_path / "n").network, FREE, 3, 0, 9, SETTINGS, None) == mine
    with pytest.raises(UserError, match="is a diffusion model"):
        load_gpt(tmp_path / "m")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["denoiser"].update(size=8), "different size"),
        (lambda raw: raw["denoiser"].update(kind="score"), "unknown kind"),
        (lambda raw: raw["autoencoder"].update(width=100_000), "above the limit"),
        (lambda raw: raw["autoencoder"].pop("heads"), "cannot be read"),
        (lambda raw: raw.update(denoiser=3), "cannot be read"),
        (lambda raw: raw.update(kind="flow"), "not a format-1 model"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(network, tmp_path, change, said):
    from sekkei.models.folder import CONFIG as NAME
    from sekkei.models.folder import save_record

    save_checkpoint(tmp_path / "m", network, "{}", {}, "card")
    raw = json.loads((tmp_path / "m" / NAME).read_text())
    change(raw)
    (tmp_path / "m" / NAME).write_text(json.dumps(raw))
    save_record(tmp_path / "m", {}, "card")
    with pytest.raises(UserError, match=said):
        load_checkpoint(tmp_path / "m")


def test_an_attempt_depends_on_seed_and_number_alone(network):
    together = write_tokens(network, FREE, 5, 0, 9, SETTINGS, None)
    assert write_tokens(network, FREE[:2], 5, 3, 9, SETTINGS, None) == together[3:5]
    assert write_tokens(network, FREE, 6, 0, 9, SETTINGS, None) != together
    np.testing.assert_array_equal(normals(5, 3, 2, 16), normals(5, 0, 6, 16)[3:5])


def test_vectors_lie_on_the_sphere_and_follow_the_conditions(network):
    free = new_vectors(network, FREE, 1, 0, SETTINGS)
    told = new_vectors(network, np.full((6, 1), 4.0), 1, 0, SETTINGS)
    pushed = new_vectors(network, np.full((6, 1), 4.0), 1, 0, Sampling(steps=5, guidance=3.0))
    for vectors in (free, told, pushed):
        np.testing.assert_allclose(vectors.mean(axis=1), 0.0, atol=1e-5)
        np.testing.assert_allclose(vectors.std(axis=1), 1.0, atol=1e-3)
    assert 0 < np.abs(told - free).max() < np.abs(pushed - free).max()


def test_little_strength_changes_little(network):
    tokens = torch.tensor([[1, 3, 4, 5, 6], [1, 7, 8, 3, 4]])
    noise, values = torch.from_numpy(normals(0, 0, 2, 16)).float(), torch.full((2, 1), torch.nan)
    before = network.autoencoder.encode(tokens)
    near, far = (network.changed(tokens, noise, values, Walk(20), strength) for strength in (0.05, 1.0))
    assert (near - before).norm() < (far - before).norm()
    assert len(decoded(network, near.double().numpy(), np.zeros((2, 9)), SETTINGS, None)) == 2


def test_the_way_between_two_sequences_keeps_their_ends_and_the_sphere(network):
    tokens = torch.tensor([[1, 3, 4, 5, 6], [1, 7, 8, 3, 4]])
    way = network.between(tokens, 9)
    torch.testing.assert_close(way[[0, -1]], network.autoencoder.encode(tokens), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(way.norm(dim=1), torch.full((9,), 4.0), atol=1e-2, rtol=1e-2)
    steps = (way[1:] - way[:-1]).norm(dim=1)
    assert steps.max() / steps.min() < 1.05
    same = on_sphere(torch.randn(16))
    torch.testing.assert_close(on_arc(same, same, torch.linspace(0, 1, 3)), same.expand(3, -1))
