"""Diffusion on data whose distribution is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from sekkei.core.errors import UserError
from sekkei.models.diffusion import Denoiser, DenoiserConfig, Walk, begin, walk
from sekkei.train.diffuse import Averaged, denoising
from sekkei.train.loop import Plan, train

CENTRES = np.array([[-1.2, -0.6], [1.2, -0.6], [0.0, 1.2]])
SHARES = np.array([0.5, 0.3, 0.2])


def trained(vectors, values, config, total, path):
    torch.manual_seed(0)
    both = Averaged(Denoiser(config), keep=0.995)
    course = denoising(vectors.astype(np.float32), values.astype(np.float32), np.arange(len(vectors)))
    train(both, course, Plan(total, batch=512, warmup=50, rate=2e-3), path / "state.pt", lambda _: None)
    return both.average.eval()


def noise(rows, size, seed=0):
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(seed))


def free(rows, properties=0):
    return torch.full((rows, properties), torch.nan)


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    random = np.random.default_rng(0)
    which = random.choice(3, 20_000, p=SHARES)
    vectors = CENTRES[which] + 0.15 * random.standard_normal((20_000, 2))
    config = DenoiserConfig(2, 96, 3)
    return trained(vectors, np.empty((20_000, 0)), config, 200_000, tmp_path_factory.mktemp("mixture"))


@pytest.mark.parametrize("how", [Walk(50), Walk(20), Walk(100, eta=1.0), Walk(100, "ddpm")])
def test_a_mixture_comes_back_with_its_shares_means_and_spreads(mixture, how):
    made = walk(mixture, noise(2000, 2), free(2000), torch.Generator().manual_seed(1), how).numpy()
    nearest = ((made[:, None] - CENTRES) ** 2).sum(axis=2).argmin(axis=1)
    for place, (centre, share) in enumerate(zip(CENTRES, SHARES, strict=True)):
        mine = made[nearest == place]
        assert len(mine) / len(made) == pytest.approx(share, abs=0.05)
        np.testing.assert_allclose(mine.mean(axis=0), centre, atol=0.06)
        np.testing.assert_allclose(mine.std(axis=0), 0.15, atol=0.05)


SIZE = 16


@cache
def covariance():
    random = np.random.default_rng(3)
    mixed = random.standard_normal((SIZE, SIZE)) / 4 + np.eye(SIZE) * 0.5
    return mixed @ mixed.T / np.diag(mixed @ mixed.T).mean()


@pytest.fixture(scope="module")
def gaussian(tmp_path_factory):
    """Vectors x ~ N(0, C), whose property is y = 3 a·x + 10 + noise of variance 0.25."""
    random = np.random.default_rng(1)
    vectors = random.multivariate_normal(np.zeros(SIZE), covariance(), 30_000)
    values = (3 * vectors[:, 0] + 10 + 0.5 * random.standard_normal(30_000))[:, None]
    config = DenoiserConfig(SIZE, 128, 3, ("y",), (float(values.mean()),), (float(values.std()),))
    return trained(vectors, values, config, 250_000, tmp_path_factory.mktemp("gaussian"))


def test_a_correlated_gaussian_comes_back_with_mean_and_covariance(gaussian):
    made = walk(gaussian, noise(4000, SIZE), free(4000, 1), torch.Generator().manual_seed(1)).numpy()
    np.testing.assert_allclose(made.mean(axis=0), 0.0, atol=0.08)
    difference = np.cov(made.T) - covariance()
    assert np.abs(difference).max() < 0.2
    assert np.sqrt((difference**2).mean()) < 0.05


@pytest.mark.parametrize("wanted", [7.0, 10.0, 13.0])
def test_a_condition_moves_the_mean_to_the_conditional_one(gaussian, wanted):
    made = walk(gaussian, noise(2000, SIZE, 5), torch.full((2000, 1), wanted), torch.Generator().manual_seed(1)).numpy()
    column = covariance()[:, 0]
    mean = 3 * column * (wanted - 10) / (9 * column[0] + 0.25)
    np.testing.assert_allclose(made.mean(axis=0), mean, atol=0.12)
    left = column[0] - 9 * column[0] ** 2 / (9 * column[0] + 0.25)
    assert made[:, 0].std() == pytest.approx(np.sqrt(left), abs=0.12)


def test_guidance_sharpens_the_condition(gaussian):
    """It samples p(x) p(y|x)^w: here x is nearer to what y says, and less spread about it."""
    asked = torch.full((1500, 1), 12.0)
    plain, pushed = (
        walk(gaussian, noise(1500, SIZE), asked, torch.Generator().manual_seed(1), Walk(guidance=weight))[:, 0]
        for weight in (1.0, 3.0)
    )
    assert pushed.std() < 0.85 * plain.std()
    assert float(pushed.mean()) == pytest.approx(2 / 3, abs=0.1)


def test_conditions_that_all_share_are_told_once_and_mean_the_same(gaussian):
    start, wanted = noise(50, SIZE), torch.full((50, 1), 1.5)
    odd = torch.cat([wanted, torch.tensor([[-1.0]])])
    how = Walk(20, guidance=2.0)
    together = walk(gaussian, start, wanted, torch.Generator(), how)
    apart = walk(gaussian, torch.cat([start, noise(1, SIZE, 1)]), odd, torch.Generator(), how)[:50]
    torch.testing.assert_close(together, apart, atol=1e-4, rtol=1e-4)


def test_a_yes_is_pushed_away_from_no_and_a_target_from_what_is_free():
    torch.manual_seed(0)
    config = DenoiserConfig(4, 16, 1, ("y", "sound"), (0.0, 0.5), (1.0, 0.5), steps=1, yes_or_no=("sound",))
    net = Denoiser(config).eval()
    for part in (net.leave, net.told, *(block.told for block in net.layer)):
        torch.nn.init.normal_(part.weight, std=0.3)

    def said(y, sound):
        with torch.no_grad():
            return net(start, torch.tensor([0]), torch.tensor([[y, sound]]))

    def walked(y, sound, **how):
        settings = Walk(1, clip=None, **how)
        return walk(net, start, torch.tensor([[y, sound]]).expand(8, 2), torch.Generator(), settings)

    def clean(said):
        return net.schedule.clean_of(said, start, torch.tensor([0]), net.kind).float()

    start, nan = noise(8, 4), float("nan")
    yes, no, both = said(nan, 1.0), said(nan, 0.0), said(1.0, 1.0)
    torch.testing.assert_close(walked(nan, 1.0, insistence=4.0), clean(no + 4.0 * (yes - no)))
    torch.testing.assert_close(
        walked(1.0, 1.0, guidance=2.0, insistence=4.0), clean(no + 4.0 * (yes - no) + 2.0 * (both - yes))
    )
    torch.testing.assert_close(walked(1.0, nan, guidance=2.0), clean(2.0 * said(1.0, nan) - said(nan, nan)))
    torch.testing.assert_close(walked(nan, nan, guidance=2.0), clean(said(nan, nan)))


def test_a_push_along_a_gradient_moves_what_comes_out(gaussian):
    """Guidance by log p = -(x0 - 1)^2 / 2 on top of the unconditional model, its gradient by autograd."""

    def push(clean: torch.Tensor, _: int) -> torch.Tensor:
        clean.requires_grad_()
        likely = -((clean[:, 0] - 1) ** 2).sum() / 2
        return torch.autograd.grad(likely, clean)[0]

    plain = walk(gaussian, noise(2000, SIZE), free(2000, 1), torch.Generator().manual_seed(1))[:, 0]
    pushed = walk(
        gaussian, noise(2000, SIZE), free(2000, 1), torch.Generator().manual_seed(1), push=push,
    )[:, 0]  # fmt: skip
    assert not pushed.requires_grad
    assert abs(float(pushed.mean()) - 1) < abs(float(plain.mean()) - 1) - 0.1
    assert pushed.std() < plain.std()


def test_part_of_the_way_keeps_what_was_there(gaussian):
    start = torch.from_numpy(np.random.default_rng(2).multivariate_normal(np.zeros(SIZE), covariance(), 500)).float()
    how, misses = Walk(50), []
    for since in (0.1, 0.4, 0.9):
        noisy = begin(gaussian, start, noise(500, SIZE), how, since)
        made = walk(gaussian, noisy, free(500, 1), torch.Generator().manual_seed(1), how, since=since)
        misses.append(float((made - start).pow(2).mean()))
    assert misses[0] < 0.1 < misses[1] < misses[2]


def test_the_same_seed_gives_the_same_vectors(mixture):
    first, again = (
        walk(mixture, noise(5, 2), free(5), torch.Generator().manual_seed(1), Walk(20, eta=1.0)) for _ in range(2)
    )
    torch.testing.assert_close(first, again, rtol=0, atol=0)


@pytest.mark.parametrize(
    "make",
    [lambda: Walk(0), lambda: Walk(eta=2), lambda: Walk(guidance=-1), lambda: Walk(method="euler"),
     lambda: Denoiser(DenoiserConfig(2, 8, 1, kind="score"))],
)  # fmt: skip
def test_settings_that_mean_nothing_are_refused(make):
    with pytest.raises(UserError):
        make()
