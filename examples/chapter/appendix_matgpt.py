# %% [markdown]
# # Appendix: MatGPT and ConditionalMatGPT
#
# The chapter's `MatGPT` writes atomic numbers, `ConditionalMatGPT` returns logits of an untrained network. Here is one
# network, trained on the compositions of the Materials Project, with any of the three targets or none.

# %%
from __future__ import annotations

import sekkei as sk
from sekkei.materials.constraints import Constraints
from sekkei.materials.formula import parse_formula

model = sk.load("materials")
print(model.card.splitlines()[0])

# %% [markdown]
# ## A formula as tokens
# An element, then its amount, cations first: no multiple of a formula and no order of it is a second sequence.

# %%
tokens = model.codec.encode("LiFePO4")
print(tokens)
assert model.codec.decode(tokens) == "LiFePO4"
assert model.codec.encode("Fe2Li2O8P2") == tokens

# %% [markdown]
# ## MatGPT: no condition
# Every composition is charge-balanced, since what cannot be completed to a balanced one is never written.

# %%
print(model.generate(10, seed=0))

# %% [markdown]
# ## ConditionalMatGPT
# The chapter's target: band gap 2.5 eV, formation energy -1.0 eV/atom, not magnetic.

# %%
chapter = {"band_gap": "2.5±0.3", "formation_energy": "-1.0±0.2", "magnetic_moment": "<=0.1"}
made = model.generate(20, targets=chapter, seed=0)
print(made)

# %% [markdown]
# ## Hard constraints
# No lead, cadmium or mercury, at most four elements, and a perovskite's proportions.

# %%
wanted = Constraints(exclude=("Pb", "Cd", "Hg"), max_elements=4, pattern="ABX3", profile="electronegativity_balanced")
perovskites = model.generate(20, seed=0, constraints=wanted)
print(perovskites)
assert all(wanted.broken(parse_formula(formula)) == "" for formula in perovskites)

# %% [markdown]
# What excludes itself is refused before anything is sampled, with the reason.

# %%
try:
    model.generate(1, constraints=Constraints(system="Li-Na", profile="electronegativity_balanced"))
except sk.UserError as error:
    print(error)
else:
    raise AssertionError("two cations were balanced")

# %% [markdown]
# ## Beam search
# The likeliest compositions of lithium rather than random ones.

# %%
for formula, log_probability in model.beam(5, constraints=Constraints(contains=("Li",))):
    print(f"{log_probability:8.2f} nats  {formula}")
