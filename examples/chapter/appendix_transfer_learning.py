# %% [markdown]
# # The chapter's appendix: pre-training and transfer learning
#
# ChemBERTa and MatBERT, both tasks of pre-training, augmentation, `MatBERTForBandgap`, and the three strategies: full
# fine-tuning, adapters, LoRA. Everything is real but small, so that it runs in a minute: a toy corpus of salts, a
# narrow network, a made-up property. For real runs the same functions stand behind
#
#     sekkei pretrain materials --data mp --task masked,contrastive --out matbert/
#     sekkei finetune materials --model matbert/ --data lab.csv --target hardness --method lora --out hardness/
#     sekkei compare materials --model matbert/ --data lab.csv --target hardness
#
# Run this file as a script, or cell by cell in an editor that knows the percent format.

# %%
from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch

from sekkei.data.encoders import composition_sequences, element_traits, load_encoder
from sekkei.data.views import USUAL, changed
from sekkei.materials.formula import SYMBOLS, Composition, parse_formula
from sekkei.models.adapters import METHODS, adapt, merge
from sekkei.models.chemberta import ChemBERTa
from sekkei.models.matbert import FIRST, MASK, MatBERTConfig
from sekkei.molecules.enumerate import enumerated
from sekkei.predict.compare import compare
from sekkei.predict.fit import Labels, Teacher
from sekkei.predict.lab import lab_recipe
from sekkei.predict.networks import Tuning
from sekkei.train.loop import Plan
from sekkei.train.pretext import hide
from sekkei.train.pretrain_data import pretrain_materials
from sekkei.train.tune import Pace

folder = Path(tempfile.mkdtemp())
random = np.random.default_rng(0)


def compound(text: str) -> Composition:
    item = parse_formula(text)
    assert isinstance(item, Composition), item
    return item


def words(tokens: np.ndarray) -> str:
    return " ".join("[MASK]" if t == MASK else SYMBOLS[t - FIRST] if t >= FIRST else "·" for t in tokens.tolist())


# %% [markdown]
# ## MatBERT's tokens
# One per element, with its share of the atoms beside it. Spellings of one composition are one; the order is that of
# electronegativity, and the network does not see it.

# %%
tokens, shares = composition_sequences([compound("Fe2O3"), compound("O6Fe4"), compound("Ba0.4K0.6Fe2As2")]).arrays(
    np.arange(3)
)
assert (tokens[0] == tokens[1]).all()
print(words(tokens[2]), shares[2].round(3))

# %% [markdown]
# ## Task 1: masked atoms
# Of the chosen atoms 80 % are hidden, 10 % replaced, 10 % left; every composition has at least one.

# %%
shown, labels = hide(tokens, np.arange(FIRST, FIRST + 118), MASK, random)
print(words(shown[2]), "->", words(labels[2]))

# %% [markdown]
# ## Task 2: contrastive learning, and augmentation
# A view of a composition has slightly other amounts, at times an element of the same group or one element less. The
# view of a molecule is another SMILES of it.

# %%
print([words(row) for row in changed(tokens, shares, USUAL, random)[0]])
print(enumerated(["CC(=O)Oc1ccccc1C(=O)O"], seed=1))

# %% [markdown]
# ## Pre-training
# The corpus: halides and chalcogenides of the alkali and alkaline-earth metals.

# %%
salts = [f"{a}{x}" for a in ("Li", "Na", "K", "Rb", "Cs") for x in ("F", "Cl", "Br", "I")]
salts += [f"{a}{x}" for a in ("Mg", "Ca", "Sr", "Ba") for x in ("O", "S", "Se", "Te")]
(folder / "salts.txt").write_text("\n".join(salts), encoding="utf-8")
small = MatBERTConfig(width=32, layers=2, heads=2, traits=element_traits().shape[1])
plan = Plan(total=640, batch=32, warmup=5, rate=5e-3, log_every=20)
pretrain_materials(str(folder / "salts.txt"), ("masked", "contrastive"), folder / "matbert", plan, config=small)
encoder = load_encoder(str(folder / "matbert"))
print(encoder, encoder.embed([compound("NaCl")]).shape)

# %% [markdown]
# ## Three strategies on one base
# A made-up property, the mean atomic number, of random alloys. With adapters and LoRA a few per cent of the encoder are
# trained; the trees beside them are the baseline that has to be beaten. So small a base, pre-trained on salts, is of
# little help to alloys: the table says so.

# %%
alloys: dict[str, tuple[Composition, float]] = {}
while len(alloys) < 100:
    a, b = random.choice(np.arange(20, 50), size=2, replace=False).tolist()
    item = compound(f"{SYMBOLS[a]}3{SYMBOLS[b]}2")
    alloys[item.formula] = (item, 0.6 * a + 0.4 * b)
items, values = [item for item, _ in alloys.values()], np.array([value for _, value in alloys.values()])
pace = Pace(rate=3e-3, head=3e-3, epochs=60, least=1)
teachers: list[tuple[str, Teacher]] = [("baseline", lab_recipe())]
teachers += [(method, Tuning(encoder, method, rank=2, pace=pace)) for method in METHODS]
for row in compare("materials", Labels(items, list(alloys), values), teachers, folds=2):
    trained = "trees" if row.share is None else f"{row.share:.1%} of the encoder"
    print(f"{row.method:8s} error {np.mean(row.error):6.2f}, {trained}, {row.seconds:.1f} s")

# %% [markdown]
# ## LoRA can be merged
# The plain network with the merged weights gives the same answers at the cost of the plain network.

# %%
with torch.inference_mode():
    adapt(encoder.network, "lora", rank=4)
    inputs = composition_sequences(items[:5]).batch(np.arange(5))
    before = encoder.network(*inputs)
    merge(encoder.network)
    assert torch.allclose(before, encoder.network(*inputs), atol=1e-5)

# %% [markdown]
# ## MatBERTForBandgap
# Two heads: a metal or not, and the gap of those that are none (`--task gated`). The second learns from non-metals
# alone: what a label does not say pulls nothing. The answer is the median of zero and that gap.

# %%
gaps = np.where(values > 35, (values - 35) / 5, 0.0)
base = load_encoder(str(folder / "matbert"))
rows = np.zeros((len(items), 1), dtype=np.float32)
band_gap = Tuning(base, "full", "gated", pace=pace).learn(items, rows, gaps, seed=0).mind
print("predicted metals:", int((band_gap(items, rows).values == 0).sum()), "of", int((gaps == 0).sum()))

# %% [markdown]
# ## ChemBERTa
# `ChemBERTa.from_pretrained("seyonec/ChemBERTa-zinc-base-v1")` loads the published weights; without a network a small
# one of our own, in the same folder format, takes their place here.

# %%
smiles = ["CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "CCN(CC)CC", "O=C(O)c1ccccc1"]
ChemBERTa.fresh(smiles, vocabulary=200, width=32, layers=2, heads=2).save(folder / "chemberta", {}, "")
chemberta = ChemBERTa.from_pretrained(str(folder / "chemberta"))
print(chemberta.tokens(["CC(=O)O"]), chemberta.width)
