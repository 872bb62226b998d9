# %% [markdown]
# # The chapter's evaluation checklist, for inorganic materials
#
# Validity, diversity, novelty, condition satisfaction, synthesizability: measured on raw attempts of ion substitution,
# the generator without training that every trained one has to beat. The command line does the same with any file:
#
#     sekkei evaluate materials gen.csv --reference known.csv --targets targets.csv --with-baselines --out eval/

# %%
from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np

import sekkei as sk
from sekkei.data.parents import LABELS, PROTOTYPES, Parents
from sekkei.generate.materials import read_wishes
from sekkei.generate.substitute import Substitution
from sekkei.materials.files import write_table
from sekkei.materials.novelty import KnownMaterials
from sekkei.materials.substitution import prototype_compositions
from sekkei.metrics.materials.evaluation import Asked, evaluate
from sekkei.report.evaluation import write_evaluation

folder = Path(tempfile.mkdtemp(prefix="sekkei-"))
JUDGES = ["band_gap", "formation_energy", "icsd_likeness"]


def judged(formulas: list[str]) -> list[dict[str, str | float | None]]:
    """A row per formula with what the shipped predictors say; a row that cannot be read stays, without numbers."""
    columns = sk.score(formulas, JUDGES, domain="materials")
    heads = {name: next(head for head in columns if head.split(" [")[0] == name) for name in JUDGES}
    return [
        {"formula": text, **{name: float(columns[head][row]) for name, head in heads.items()}}
        for row, text in enumerate(formulas)
    ]


# %% [markdown]
# ## Known compounds: parents, training materials and reference in one
# The compounds that the AFLOW prototypes are named by, with predicted labels, so that the example needs no download.
# For figures to publish take every known compound (`sekkei.data.parents.parents()`) and a held-out reference.

# %%
known = prototype_compositions()
rows = judged([item.formula for item in known])
write_table(folder / "known.csv", rows)
values = np.full((len(rows), len(LABELS)), np.nan)
values[:, :2] = [[row[name] for name in LABELS[:2]] for row in rows]
everything = KnownMaterials.build((item, None) for item in known)
parents = Parents([item.formula for item in known], values, everything, (PROTOTYPES,), "example")

# %% [markdown]
# ## Raw attempts, asked for a band gap of 2.5 eV
# Nothing is filtered and nothing is taken out: repeats and attempts without a result count.

# %%
generator = Substitution(parents)
wishes = read_wishes(["band_gap=2.5±0.5"])
attempts = [draw.text for draw in generator.draw(generator.conditions(wishes, n=150, seed=0), seed=0)]
write_table(folder / "gen.csv", judged(attempts))
(folder / "targets.csv").write_text("band_gap,icsd_likeness\n2.5±0.5,>=0.5\n", encoding="utf-8")

# %% [markdown]
# ## The measurement, with sets beside it that need no generator at all

# %%
asked = Asked(folder / "gen.csv", folder / "known.csv", targets=folder / "targets.csv", baselines=True)
result = evaluate(asked, workers=1)
for warning in result["warnings"]:
    print("mind:", warning)

# %% [markdown]
# ## The checklist
# Random elements are new and diverse too, and retrieval of known compounds meets the target best: no figure stands
# alone, and none without its baselines. Gap and likeness come from predictors, the gap from the one that chose the
# parents: they say what the attempts aim at, not what a made compound would show. A dash: nobody predicted that.

# %%
CHECKLIST = {
    "validity": ["comp_valid/cdvae", "comp_valid/smact"],
    "diversity": ["unique_formula", "comp_div"],
    "novelty": ["novel_formula", "class/ion_substitution", "cov_precision/composition"],
    "condition satisfaction": ["MAD/band_gap", "hit/band_gap"],
    "synthesizability": ["hit/icsd_likeness"],
}


def shown(value: float) -> str:
    """Two decimals, a dash where there is no value."""
    return "–" if math.isnan(value) else f"{value:.2f}"


figures = {figure["name"]: figure for figure in result["figures"]}
beside = {name: result["baselines"][name] for name in ("random", "resampling", "retrieval")}
print(f"{'':23} {'figure':26} {'value':>6}  {'95 % interval':14}" + "".join(f" {name:>10}" for name in beside))
for question, names in CHECKLIST.items():
    for name in names:
        one = figures[name]
        interval = "–" if math.isnan(one["low"]) else f"{one['low']:.2f} to {one['high']:.2f}"
        others = "".join(f" {shown(column.get(name, math.nan)):>10}" for column in beside.values())
        print(f"{question:23} {name:26} {one['value']:6.2f}  {interval:14}{others}")
assert figures["comp_valid/smact"]["low"] > beside["random"]["comp_valid/smact"]
assert figures["novel_formula"]["low"] > beside["retrieval"]["novel_formula"]
assert figures["hit/band_gap"]["low"] > beside["resampling"]["hit/band_gap"]

# %% [markdown]
# ## The page

# %%
write_evaluation(result, folder / "report.html")
print(folder / "report.html")
