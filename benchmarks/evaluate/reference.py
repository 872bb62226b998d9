"""Runs in the reference packages' own environment: figures of molsets 0.3.1 and guacamol 0.5.5, and the seconds taken.

The packages stopped being maintained; what Python, pandas, SciPy and RDKit have dropped since is put back here, outside
of Sekkei, without touching a definition.

python reference.py samples.json figures.json
"""

from __future__ import annotations

import json
import sys
import time
import types
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy

WEIGHTS = "ChemNet_v0.13_pretrained.pt"  # the name the package fcd gives them today


def put_back() -> None:
    pd.DataFrame.append = lambda self, other, sort=False: pd.concat([self, other], sort=sort)
    scipy.histogram = np.histogram
    six = types.ModuleType("rdkit.six")
    six.iteritems = lambda table: iter(table.items())
    sys.modules["rdkit.six"] = six
    for name in ("matplotlib", "matplotlib.pyplot", "pomegranate"):  # imported at the top, never used for a figure
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = types.ModuleType(name)
    if not hasattr(sys.modules["matplotlib"], "pyplot"):
        sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]


def moses(texts: list[str], train: list[str], workers: int) -> tuple[dict[str, float], dict[str, float]]:
    from moses.metrics import metrics  # noqa: PLC0415 - after put_back

    spent = 0.0
    plain = metrics.FCDMetric.__call__

    def timed(self: Any, *args: Any, **kwargs: Any) -> float:
        nonlocal spent
        started = time.perf_counter()
        value = plain(self, *args, **kwargs)
        spent += time.perf_counter() - started
        return value

    metrics.FCDMetric.__call__ = timed
    # SciPy of 2020 averaged before it multiplied; today's multiplies whole numbers, which overflow from some 10,000
    # molecules on and make Frag 1 or an error
    cosine = metrics.cos_distance
    metrics.cos_distance = lambda u, v: cosine(np.asarray(u, dtype=float), np.asarray(v, dtype=float))
    started = time.perf_counter()
    figures = metrics.get_all_metrics(texts, n_jobs=workers, device="cpu", train=train)
    whole = time.perf_counter() - started
    metrics.FCDMetric.__call__, metrics.cos_distance = plain, cosine
    return {name: float(value) for name, value in figures.items()}, {"all": whole, "without FCD": whole - spent}


def guacamol(texts: list[str], train: list[str], counts: dict[str, int]) -> dict[str, float]:
    from guacamol import distribution_learning_benchmark as learning  # noqa: PLC0415
    from guacamol.frechet_benchmark import FrechetBenchmark  # noqa: PLC0415

    class File:
        """A generator that reads a file from its beginning and has nothing after its end."""

        def __init__(self) -> None:
            self.place = 0

        def generate(self, number_samples: int) -> list[str]:
            self.place += number_samples
            return texts[self.place - number_samples : self.place]

    kl = learning.KLDivBenchmark(len(train), train).assess_model(File())
    out = {
        "guacamol_validity": learning.ValidityBenchmark(len(texts)).assess_model(File()).score,
        "guacamol_uniqueness": learning.UniquenessBenchmark(counts["valid"]).assess_model(File()).score,
        "guacamol_novelty": learning.NoveltyBenchmark(counts["unique"], train).assess_model(File()).score,
        "guacamol_KL": kl.score,
        "guacamol_FCD": FrechetBenchmark(train, WEIGHTS, len(train)).assess_model(File()).score,
        **{f"D/{name}": value for name, value in kl.metadata["kl_divs"].items()},
    }
    return {name: float(value) for name, value in out.items()}


def main() -> None:
    put_back()
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    out = {}
    for name, one in asked["sets"].items():
        figures, seconds = moses(one["texts"], asked["train"], asked["workers"])
        if asked["guacamol"]:
            started = time.perf_counter()
            figures |= guacamol(one["texts"], asked["train"], one["counts"])
            seconds["GuacaMol"] = time.perf_counter() - started
        out[name] = {"figures": figures, "seconds": seconds}
        print(name, seconds, flush=True)
    Path(sys.argv[2]).write_text(json.dumps(out), encoding="utf-8")


if __name__ == "__main__":
    main()
