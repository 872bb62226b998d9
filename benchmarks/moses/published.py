"""The rows of the MOSES leaderboard: mean over three seeds, 30,000 samples each.

Source: README of github.com/molecularsets/moses and Polykovskiy et al., Front. Pharmacol. 11, 565644 (2020), table 2.
"""

from __future__ import annotations

FIGURES = (
    "valid", "unique@1000", "unique@10000", "FCD/Test", "FCD/TestSF", "SNN/Test", "SNN/TestSF", "Frag/Test",
    "Frag/TestSF", "Scaf/Test", "Scaf/TestSF", "IntDiv", "IntDiv2", "Filters", "Novelty",
)  # fmt: skip

ROWS: dict[str, tuple[float, ...]] = {
    "Train": (1, 1, 1, .008, .4755, .6419, .5859, 1, .9986, .9907, 0, .8567, .8508, 1, 1),
    "CharRNN": (.9748, 1, .9994, .0732, .5204, .6015, .5649, .9998, .9983, .9242, .1101, .8562, .8503, .9943, .8419),
    "VAE": (.9767, 1, .9984, .099, .567, .6257, .5783, .9994, .9984, .9386, .0588, .8558, .8498, .997, .6949),
    "AAE": (.9368, 1, .9973, .5555, 1.0572, .6081, .5677, .991, .9905, .9022, .0789, .8557, .8499, .996, .7931),
    "JTN-VAE": (1, 1, .9996, .3954, .9382, .5477, .5194, .9965, .9947, .8964, .1009, .8551, .8493, .976, .9143),
    "LatentGAN": (.8966, 1, .9968, .2968, .8281, .5371, .5132, .9986, .9972, .8867, .1072, .8565, .8505, .9735, .9498),
    "NGram": (.2376, .974, .9217, 5.5069, 6.2306, .5209, .4997, .9846, .9815, .5302, .0977, .8738, .8644, .9582, .9694),
}  # fmt: skip
