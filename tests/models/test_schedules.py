"""Noise schedules and the steps of DDPM and DDIM, beside diffusers' own."""

from __future__ import annotations

import diffusers
import pytest
import torch

from sekkei.core.errors import UserError
from sekkei.models.schedules import Kind, NoiseSchedule, weights

THEIRS = {"noise": "epsilon", "clean": "sample", "velocity": "v_prediction"}
NAMES = {"linear": "linear", "cosine": "squaredcos_cap_v2"}


def drawn(seed: int, rows: int = 7) -> torch.Tensor:
    return torch.randn(rows, 16, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def at(time: int, rows: int = 7) -> torch.Tensor:
    return torch.full((rows,), time)


def settings(name: str, kind: Kind, clip: float | None) -> dict[str, object]:
    return {
        "num_train_timesteps": 1000, "beta_schedule": NAMES[name], "prediction_type": THEIRS[kind],
        "clip_sample": clip is not None, "clip_sample_range": clip or 1.0, "timestep_spacing": "trailing",
    }  # fmt: skip


def wide(scheduler):
    """Diffusers keeps its schedule in single precision; the same numbers in double."""
    schedule = NoiseSchedule.named({v: k for k, v in NAMES.items()}[scheduler.config.beta_schedule])
    torch.testing.assert_close(scheduler.alphas_cumprod.double(), schedule.left, atol=2e-6, rtol=2e-5)
    scheduler.betas, scheduler.alphas = schedule.betas, 1 - schedule.betas
    scheduler.alphas_cumprod = schedule.left
    return scheduler


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", THEIRS)
@pytest.mark.parametrize("clip", [None, 1.5])
@pytest.mark.parametrize("count", [1000, 50, 20])
def test_ddim_is_that_of_diffusers(name, kind, clip, count):
    schedule = NoiseSchedule.named(name)
    theirs = wide(diffusers.DDIMScheduler(**settings(name, kind, clip)))
    theirs.set_timesteps(count)
    times = schedule.times(count)
    assert times == theirs.timesteps.tolist()
    for eta in (0.0, 0.4, 1.0):
        for place in (0, count // 2, count - 1):
            time, before = times[place], (times[place + 1] if place + 1 < count else -1)
            noisy, predicted, noise = drawn(place), drawn(place + 1), drawn(place + 2)
            clean = schedule.clean_of(predicted, noisy, at(time), kind, clip)
            mine = schedule.ddim_step(clean, noisy, at(time), at(before), noise, eta)
            other = theirs.step(predicted, time, noisy, eta=eta, variance_noise=noise, use_clipped_model_output=True)
            torch.testing.assert_close(mine, other.prev_sample, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", THEIRS)
@pytest.mark.parametrize("variance", ["small", "large"])
@pytest.mark.parametrize("count", [1000, 50])
def test_ddpm_is_that_of_diffusers(name, kind, variance, count, monkeypatch):
    schedule = NoiseSchedule.named(name)
    theirs = wide(diffusers.DDPMScheduler(**settings(name, kind, 1.5), variance_type=f"fixed_{variance}"))
    theirs.set_timesteps(count)
    times = schedule.times(count)
    for place in (0, count // 2, count - 1):
        time, before = times[place], (times[place + 1] if place + 1 < count else -1)
        if before < 0 < time and variance == "large":
            continue  # diffusers then adds noise to what comes out
        noisy, predicted, noise = drawn(place), drawn(place + 1), drawn(place + 2)
        monkeypatch.setattr("diffusers.schedulers.scheduling_ddpm.randn_tensor", lambda *_, noise=noise, **__: noise)
        clean = schedule.clean_of(predicted, noisy, at(time), kind, 1.5)
        mine = schedule.ddpm_step(clean, noisy, at(time), at(before), noise, variance)
        torch.testing.assert_close(mine, theirs.step(predicted, time, noisy).prev_sample, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_noise_is_added_and_taken_away_as_in_diffusers(name):
    schedule = NoiseSchedule.named(name)
    theirs = wide(diffusers.DDPMScheduler(**settings(name, "noise", None)))
    clean, noise, time = drawn(0), drawn(1), torch.tensor([0, 1, 10, 100, 500, 900, 998])
    noisy = schedule.add_noise(clean, noise, time)
    torch.testing.assert_close(noisy, theirs.add_noise(clean, noise, time), atol=1e-6, rtol=1e-6)
    velocity = schedule.target(clean, noise, time, "velocity")
    torch.testing.assert_close(velocity, theirs.get_velocity(clean, noise, time), atol=1e-6, rtol=1e-6)
    for kind in THEIRS:
        again = schedule.clean_of(schedule.target(clean, noise, time, kind), noisy, time, kind)
        torch.testing.assert_close(again, clean, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(schedule.noise_of(clean, noisy, time), noise, atol=1e-6, rtol=1e-6)


def test_ddim_at_full_noise_is_ddpm():
    schedule = NoiseSchedule.cosine()
    clean, noisy, noise = drawn(0), drawn(1), drawn(2)
    for time, before in ((999, 998), (500, 480), (1, 0)):
        ddim = schedule.ddim_step(clean, noisy, at(time), at(before), noise, eta=1.0)
        torch.testing.assert_close(ddim, schedule.ddpm_step(clean, noisy, at(time), at(before), noise))


def test_rows_may_stand_at_different_times():
    schedule = NoiseSchedule.linear()
    clean, noisy, noise = drawn(0), drawn(1), drawn(2)
    time, before = torch.tensor([0, 5, 20, 100, 300, 700, 999]), torch.tensor([-1, 0, 10, 99, 200, 500, 998])
    together = schedule.ddpm_step(clean, noisy, time, before, noise)
    for row in range(7):
        part = slice(row, row + 1)
        alone = schedule.ddpm_step(clean[part], noisy[part], time[part], before[part], noise[part])
        torch.testing.assert_close(together[part], alone)
    torch.testing.assert_close(together[0], clean[0])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_left_falls_from_nearly_all_to_nearly_nothing(name):
    left = NoiseSchedule.named(name).left
    assert bool((left.diff() < 0).all())
    assert left[0] > 0.999
    assert left[-1] < 1e-4


def test_weights_of_every_kind_weigh_the_clean_data_alike():
    schedule, time = NoiseSchedule.cosine(), torch.tensor([1, 100, 500, 900])
    clean, other, noise = drawn(0, 4), drawn(1, 4), drawn(2, 4)
    noisy = schedule.add_noise(clean, noise, time)
    errors = []
    for kind in THEIRS:
        right = schedule.target(clean, noise, time, kind)
        wrong = {"clean": other, "noise": schedule.noise_of(other, noisy, time)}.get(kind)
        if wrong is None:
            wrong = schedule.target(other, schedule.noise_of(other, noisy, time), time, kind)
        errors.append(weights(schedule, time, kind) * ((right - wrong) ** 2).mean(dim=1))
    torch.testing.assert_close(errors[1], errors[0])
    torch.testing.assert_close(errors[2], errors[0])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: NoiseSchedule.named("cosin"), "did you mean 'cosine'"),
        (lambda: NoiseSchedule.linear(0), "outside 1"),
        (lambda: NoiseSchedule.linear(100).times(101), "outside 1 to 100"),
    ],
)
def test_what_means_nothing_is_refused(make, said):
    with pytest.raises(UserError, match=said):
        make()
