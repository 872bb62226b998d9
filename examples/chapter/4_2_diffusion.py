# %% [markdown]
# # Sections 4.2 and 4.3: diffusion, unconditional and conditional
#
# The chapter's `SimpleDiffusionModel` and `ConditionalDiffusionModel` are run on random vectors and never trained. Here
# are the same steps on real descriptors: eleven properties of the molecules of MOSES, and compositions of known
# materials. What comes out is compared with what the data say.

# %%
from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch

import sekkei as sk
from sekkei.core.types import Problem
from sekkei.materials.features import fractions
from sekkei.materials.formula import NUMBERS, parse_formula
from sekkei.models.diffusion import Denoiser, DenoiserConfig, Walk, walk
from sekkei.models.schedules import NoiseSchedule
from sekkei.train.diffuse import Averaged, denoising
from sekkei.train.loop import Plan, train

FAST = Walk(50)
folder = Path(tempfile.mkdtemp(prefix="sekkei-"))
torch.manual_seed(0)


def learned(vectors: np.ndarray, values: np.ndarray, config: DenoiserConfig, name: str) -> Denoiser:
    """A denoiser of standardised vectors, trained for some seconds; the average of its weights is what samples."""
    both = Averaged(Denoiser(config), keep=0.995)
    course = denoising(vectors.astype(np.float32), values.astype(np.float32), np.arange(len(vectors)))
    train(both, course, Plan(150_000, batch=512, warmup=30, rate=2e-3), folder / f"{name}.pt", lambda _: None)
    return both.average.eval()


def drawn(denoiser: Denoiser, wanted: list[float], count: int = 1500, how: Walk = FAST) -> np.ndarray:
    """Vectors under a condition, NaN for none; the same noise for every condition."""
    random = torch.Generator().manual_seed(0)
    noise = torch.randn(count, denoiser.config.size, generator=random)
    return walk(denoiser, noise, torch.tensor([wanted] * count), random, how).numpy()


# %% [markdown]
# ## The forward process
# What is left of the data falls from all to nothing; at every step signal and noise together keep variance 1.

# %%
for name in ("linear", "cosine"):
    schedule = NoiseSchedule.named(name)
    print(name, [round(float(schedule.left[step]), 3) for step in (0, 250, 500, 750, 999)])

# %% [markdown]
# ## Molecules: eleven properties, unconditional and with a logP asked for
# `predict_noise` of the chapter is `Denoiser.forward`, `reverse_process` and `generate` are `walk`.

# %%
reference = sk.load("moses").reference
names = sk.load("moses").properties
place = names.index("logp")
centre, scale = reference.properties.mean(axis=0), reference.properties.std(axis=0)
vectors = (reference.properties - centre) / scale
logp = reference.properties[:, [place]]
config = DenoiserConfig(len(names), 128, 3, ("logp",), (float(centre[place]),), (float(scale[place]),))
denoiser = learned(vectors, logp, config, "molecules")

free = drawn(denoiser, [np.nan]) * scale + centre
for row, name in enumerate(names):
    real = reference.properties[:, row]
    print(f"{name:16} {free[:, row].mean():8.2f} ± {free[:, row].std():6.2f}", end="   ")
    print(f"data {real.mean():8.2f} ± {real.std():6.2f}")
assert np.abs((free.mean(axis=0) - centre) / scale).max() < 0.2
assert np.abs(free.std(axis=0) / scale - 1).max() < 0.3

# %%
for wanted in (1.0, 3.0):
    told = drawn(denoiser, [wanted]) * scale + centre
    near = np.abs(logp[:, 0] - wanted) < 0.2
    tpsa = names.index("tpsa")
    print(f"logP {wanted}: {told[:, place].mean():.2f} ± {told[:, place].std():.2f};", end=" ")
    print(f"polar surface {told[:, tpsa].mean():.0f} Å²", end=", ")
    print(f"in molecules of that logP {reference.properties[near, tpsa].mean():.0f}")
    assert abs(told[:, place].mean() - wanted) < 0.2

# %% [markdown]
# ## DDIM in 20 steps, DDPM in all 1,000
# The same network; DDIM leaves the noise of single steps out and may leap.

# %%
for how in (Walk(20), Walk(1000, "ddpm")):
    made = drawn(denoiser, [3.0], 300, how) * scale + centre
    print(how.method, how.steps, f"logP {made[:, place].mean():.2f} ± {made[:, place].std():.2f}")

# %% [markdown]
# ## Materials: shares of elements under a band gap
# Vectors of shares, with the band gap as the condition. They are descriptors: no formula has been written.
# `sekkei.models.latent` is the way to vectors that a decoder turns back into one.

# %%
material = sk.load("materials")
known = np.isfinite(material.reference.properties[:, 0])
items = [parse_formula(text) for text, there in zip(material.reference.texts, known, strict=True) if there]
shares = fractions(items)
common = shares.mean(axis=0) > 0.002
gaps = material.reference.properties[known][:, [0]]
middle, spread = shares[:, common].mean(axis=0), shares[:, common].std(axis=0)
config = DenoiserConfig(int(common.sum()), 128, 3, ("band_gap",), (float(gaps.mean()),), (float(gaps.std()),))
denoiser = learned((shares[:, common] - middle) / spread, gaps, config, "materials")
oxygen = int(np.flatnonzero(np.flatnonzero(common) == NUMBERS["O"] - 1)[0])
found = {}
for wanted in (0.0, 4.0):
    told = drawn(denoiser, [wanted]) * spread + middle
    real = shares[np.abs(gaps[:, 0] - wanted) < 0.3][:, common]
    found[wanted] = told[:, oxygen].mean()
    print(f"band gap {wanted}: {found[wanted]:.2f} of the atoms are oxygen", end=", ")
    print(f"in known compounds {real[:, oxygen].mean():.2f}")
assert found[4.0] > found[0.0] + 0.1

# %% [markdown]
# ## From a vector to a formula
# The chapter's two requests, three conditions each: band gap [eV], formation energy [eV/atom] and magnetic moment
# [Bohr magnetons an atom]. `matdiffusion` makes vectors under them, and its decoder writes the formulas they stand for.

# %%
writer = sk.load("matdiffusion")
for gap, energy, moment in ((2.0, -0.5, 0.0), (3.5, -1.0, 2.0)):
    wishes = {"band_gap": gap, "formation_energy": energy, "magnetic_moment": moment}
    formulas = writer.generate(5, wishes, seed=0)
    print(gap, energy, moment, *formulas)
    assert len(set(formulas)) == 5
    assert not any(isinstance(parse_formula(text), Problem) for text in formulas)
