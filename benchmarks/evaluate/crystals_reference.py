"""Runs in an environment with matminer and smact 2.2.1: CDVAE's validity and fingerprints as their packages make them.

python crystals_reference.py crystals.json answers.json cdvae_scaler.csv
"""

from __future__ import annotations

import csv
import itertools
import json
import sys
import warnings
from functools import reduce
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import smact
from matminer.featurizers.composition.composite import ElementProperty
from matminer.featurizers.site.fingerprint import CrystalNNFingerprint
from pymatgen.core import Lattice, Structure
from scipy.spatial.distance import cdist
from smact.screening import pauling_test


def composition_valid(structure: Structure) -> bool:
    """Charge neutrality and Pauling's test over every choice of oxidation states; metals and elements pass."""
    counts = {symbol: int(amount) for symbol, amount in structure.composition.get_el_amt_dict().items()}
    divisor = reduce(gcd, counts.values())
    symbols = sorted(counts, key=lambda symbol: smact.Element(symbol).number)
    if len(symbols) == 1 or all(symbol in smact.metals for symbol in symbols):
        return True
    elements = [smact.Element(symbol) for symbol in symbols]
    ratio = [(counts[symbol] // divisor,) for symbol in symbols]
    largest = max(counts.values()) // divisor
    for states in itertools.product(*(element.oxidation_states for element in elements)):
        if smact.neutral_ratios(states, stoichs=ratio, threshold=largest)[0]:
            try:
                if pauling_test(states, [element.pauling_eneg for element in elements]):
                    return True
            except TypeError:
                return True
    return False


def structure_valid(structure: Structure) -> bool:
    distances = structure.distance_matrix + 10.5 * np.eye(len(structure))
    return bool(distances.min() >= 0.5 and structure.volume >= 0.1)


def coverage(structure: Any, composition: Any) -> dict[str, float]:
    """Of the first half by the second."""
    half = len(structure) // 2
    s, c = cdist(structure[half:], structure[:half]), cdist(composition[half:], composition[:half])
    near_s, near_c = (s.min(axis=0) <= 0.4, s.min(axis=1) <= 0.4), (c.min(axis=0) <= 10.0, c.min(axis=1) <= 10.0)
    return {
        "cov_recall": float((near_s[0] & near_c[0]).mean()),
        "cov_precision": float((near_s[1] & near_c[1]).mean()),
        "amsd_recall": float(s.min(axis=0).mean()),
        "amsd_precision": float(s.min(axis=1).mean()),
        "amcd_recall": float(c.min(axis=0).mean()),
        "amcd_precision": float(c.min(axis=1).mean()),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sets = {name: [Structure(Lattice(a), b, c) for a, b, c in items] for name, items in asked["sets"].items()}
    validity = {
        name: {
            "comp_valid": [composition_valid(one) for one in items],
            "struct_valid": [structure_valid(one) for one in items],
        }
        for name, items in sets.items()
    }
    site, element = CrystalNNFingerprint.from_preset("ops"), ElementProperty.from_preset("magpie", impute_nan=False)
    printed = [Structure(Lattice(a), b, c) for a, b, c in asked["printed"]]
    structure = np.array([np.mean([site.featurize(one, i) for i in range(len(one))], axis=0) for one in printed])
    rows = np.array(
        [row[1:] for row in list(csv.reader(Path(sys.argv[3]).read_text(encoding="utf-8").splitlines()))[1:]],
        dtype=float,
    )
    raw = np.array([element.featurize(one.composition) for one in printed], dtype=float)
    composition = np.nan_to_num((raw - rows[:, 0]) / rows[:, 1], nan=0.0)
    out = {"validity": validity, "structure": structure.tolist(), "composition": composition.tolist()}
    Path(sys.argv[2]).write_text(json.dumps({**out, "coverage": coverage(structure, composition)}), encoding="utf-8")


if __name__ == "__main__":
    main()
