# %% [markdown]
# # Section 4.5: the workflow of inverse design, for molecules
#
# The chapter's `MaterialsInverseDesign` loops over a generator, a random predictor and a check that always says yes.
# Here each step is real, and what it loses is counted.

# %%
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import sekkei as sk

folder = Path(tempfile.mkdtemp(prefix="sekkei-"))

# %% [markdown]
# ## From targets to a ranked list
# Generate under the targets, then: valid, new, targets met, makeable, stable, novel, without strain, ranked.

# %%
outcome = sk.design(
    "molecules",
    targets=["logp=1.5..2.5", "mw=260..320", "qed>=0.6"],
    n=5,
    seed=0,
    out=folder / "first",
    model="moses",
    budget={"max_generated": 2000, "batch": 200},
)
for step in outcome.report.steps:
    print(f"{step.name:14} {step.entered:5} entered, {step.kept:5} kept  {dict(list(step.reasons.items())[:2])}")
for row in outcome.report.rows:
    print(f"{row.rank}  {row.text}  score {row.score:.2f}")
assert not outcome.partial
assert all(row.satisfied for row in outcome.report.rows)

# %% [markdown]
# Everything an experimenter needs is in the folder, and the report opens without a network.

# %%
print(sorted(path.name for path in (folder / "first").iterdir()))

# %% [markdown]
# ## Several goals that pull apart (exercise 2)
# Targets without an end give a Pareto front instead of one answer.

# %%
outcome = sk.design(
    "molecules",
    targets=["logp=1.5..2.5", "max:qed", "min:sa"],
    n=5,
    seed=0,
    out=folder / "front",
    model="moses",
    budget={"max_generated": 1000, "batch": 200},
)
for row in outcome.report.rows:
    print(f"front {row.front}  qed {row.values['qed']:.2f}  sa {row.values['sa']:.2f}  {row.text}")

# %% [markdown]
# ## A predictor of your own in place of `torch.randn`
# Any function of a molecule can judge; here one that counts fluorine atoms.


# %%
@sk.evaluator("fluorines", title="fluorine atoms")
def fluorines(mol: Any) -> float:
    """Number of fluorine atoms."""
    return sum(atom.GetAtomicNum() == 9 for atom in mol.GetAtoms())


print(sk.score(["FC(F)(F)c1ccccc1", "CCO"], ["sa", "alerts", fluorines]).to_string())

# %% [markdown]
# ## When the wish cannot be met
# The chapter returns an empty list. Here the answer says what stood in the way, and what came nearest.

# %%
outcome = sk.design(
    "molecules",
    targets=["mw=300..310", "heavy_atoms=16"],
    n=5,
    seed=0,
    out=folder / "hard",
    model="moses",
    budget={"max_generated": 400, "batch": 200},
)
print(outcome.partial)
for miss in outcome.report.near_misses[:3]:
    print(f"{miss.text}: {miss.why}")
