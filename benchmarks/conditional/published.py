"""Published mean absolute deviations of property-conditioned generation.

Sources: Bagal et al. (MolGPT), JCIM 62, 2064 (2022); ChemFM, fine-tuning results for conditional generation. They were
trained on other data or conditioned on a scaffold as well, so they stand beside ours as a scale, not as the same test.
"""

from __future__ import annotations

ROWS: dict[str, dict[str, float]] = {
    "MolGPT, GuacaMol": {"logp": 0.230, "tpsa": 3.562, "sa": 0.133, "qed": 0.056},
    "ChemFM-3B, GuacaMol": {"logp": 0.182, "tpsa": 2.466, "sa": 0.126, "qed": 0.045},
    "MolGPT, MOSES with scaffold": {"logp": 0.125, "tpsa": 2.651, "sa": 0.129, "qed": 0.051},
    "ChemFM-3B, MOSES with scaffold": {"logp": 0.087, "tpsa": 2.114, "sa": 0.123, "qed": 0.050},
}
