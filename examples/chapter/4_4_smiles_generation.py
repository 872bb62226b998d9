# %% [markdown]
# # Section 4.4: generating SMILES
#
# The chapter's `SMILESGenerator` and `ConditionalSMILESGenerator` are one network here, trained on real molecules.
# Run this file as a script, or cell by cell in an editor that knows the percent format.

# %%
from __future__ import annotations

import sekkei as sk

# %% [markdown]
# ## Molecules as text
# The chapter's three examples. A text that is no molecule keeps its row and says why.

# %%
examples = ["CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "C1CC(C"]
print(sk.score(examples, ["logp", "mw", "qed"]).to_string())

# %% [markdown]
# ## A trained model
# Tokens are byte pairs of SMILES; padding, start and end are tokens 0, 1 and 2 by contract, not by luck.

# %%
model = sk.load("moses")
aspirin = "CC(=O)Oc1ccccc1C(=O)O"
tokens = model.codec.encode(aspirin)
print(f"{len(aspirin)} characters are {len(tokens)} tokens: {tokens}")
assert model.codec.decode(tokens) == aspirin

# %% [markdown]
# ## SMILESGenerator: no condition
# Raw attempts first: what the network writes, unfiltered. The same seed gives the same texts.

# %%
free = model.conditions([], n=100, seed=0)
attempts = [draw.text for draw in model.draw(free, seed=0)]
assert attempts == [draw.text for draw in model.draw(free, seed=0)]
scores = sk.score(attempts, ["logp"])
print(f"{(scores['problem'] == '').mean():.0%} of {len(attempts)} attempts are valid")

# %% [markdown]
# Temperature: below 1 the model stays with what is likely, above 1 it dares more.

# %%
for temperature in (0.7, 1.0, 1.3):
    drawn = model.draw(free, seed=0, settings=sk.Sampling(temperature=temperature))
    valid = sk.score([draw.text for draw in drawn], [])["problem"] == ""
    print(f"temperature {temperature}: {valid.mean():.0%} valid")

# %% [markdown]
# ## ConditionalSMILESGenerator: any subset of properties
# The chapter trains no condition. Here the mean follows the target.

# %%
for target in (1.0, 2.0, 3.0):
    made = model.generate(60, targets={"logp": target}, seed=0)
    logp = sk.score(made, ["logp"])["logp"]
    print(f"asked for logP {target}: mean {logp.mean():.2f}, mean deviation {(logp - target).abs().mean():.2f}")
    assert abs(logp.mean() - target) < 0.5

# %% [markdown]
# The chapter's five properties at once, with a solubility that exists: log10 of mol/L.

# %%
chapter = {"logp": 1.5, "esol": ">=-2.5", "mw": "260±20", "hbd": 2, "hba": 3}
made = model.generate(20, targets=chapter, seed=0, settings=sk.Sampling(guidance=1.5))
print(sk.score(made, ["logp", "esol", "mw", "hbd", "hba"]).describe().loc[["mean", "std"]].round(2).to_string())

# %% [markdown]
# A solubility of 10 is refused, with the reason.

# %%
try:
    model.generate(1, targets={"esol": 10.0})
except sk.UserError as error:
    print(error)
else:
    raise AssertionError("10^10 mol/L was accepted")

# %% [markdown]
# ## Beam search
# The likeliest texts rather than random ones.

# %%
for text, log_probability in model.beam(5):
    print(f"{log_probability:8.2f} nats  {text}")
