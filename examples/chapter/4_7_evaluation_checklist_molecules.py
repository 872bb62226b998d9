# %% [markdown]
# # The chapter's evaluation checklist
#
# Validity, diversity, novelty, condition satisfaction, synthesizability: measured on raw samples of a shipped model,
# each figure with its interval. The command line does the same, with `--with-baselines` also for training molecules:
#
#     sekkei evaluate molecules gen.smi --reference moses --targets targets.csv --out eval/
#
# Run this file as a script, or cell by cell in an editor that knows the percent format.

# %%
from __future__ import annotations

import math
import tempfile
from pathlib import Path

import sekkei as sk
from sekkei.generate.model import read_wishes
from sekkei.metrics.evaluation import Asked, evaluate
from sekkei.report.evaluation import write_evaluation

folder = Path(tempfile.mkdtemp())
model = sk.load("moses")

# %% [markdown]
# ## Raw samples, asked for a logP of 2
# Nothing is filtered: a cleaned list would be valid and unique by construction.

# %%
conditions = model.conditions(read_wishes({"logp": 2.0}), n=150, seed=0)
texts = [draw.text for draw in model.draw(conditions, seed=0)]
(folder / "gen.smi").write_text("\n".join(texts), encoding="utf-8")
(folder / "targets.csv").write_text("logp\n2.0\n", encoding="utf-8")

# %% [markdown]
# ## What it is held against
# A part of the random sample of training molecules that the model carries; novelty is counted against all of them. For
# figures to publish take MOSES' own test set (`--reference moses`) and 30,000 samples.

# %%
known = model.reference.smiles[:300]
(folder / "reference.smi").write_text("\n".join(known), encoding="utf-8")
asked = Asked(folder / "gen.smi", str(folder / "reference.smi"), train="moses", targets=folder / "targets.csv")
result = evaluate(asked, workers=1)
for warning in result["warnings"]:
    print("mind:", warning)

# %% [markdown]
# ## The checklist
# A high novelty is easy for a bad model, and a good MAD for one that repeats itself: no figure stands alone.

# %%
checklist = {
    "validity": ["valid", "unique"],
    "diversity": ["IntDiv", "circles"],
    "novelty": ["Novelty", "nearest"],
    "condition satisfaction": ["MAD/logp", "hit/logp"],
    "synthesizability": ["mean/sa", "SA_easy", "Brenk"],
}
figures = {figure["name"]: figure for figure in result["figures"]}
for question, names in checklist.items():
    for name in names:
        one = figures[name]
        interval = (
            f"95 % interval {one['low']:.3f} to {one['high']:.3f}" if math.isfinite(one["low"]) else one["interval"]
        )
        print(f"{question:23} {name:9} {one['value']:8.3f}  {interval}")
any_molecule = abs(sk.score(known, ["logp"])["logp"] - 2.0).mean()
print(f"mean deviation of any training molecules: {any_molecule:.3f}")
assert figures["MAD/logp"]["high"] < any_molecule

# %% [markdown]
# ## The page

# %%
write_evaluation(result, folder / "report.html")
print(folder / "report.html")
