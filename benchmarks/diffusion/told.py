"""What the decoder of latent diffusion owes to what it is told: how far off a vector may be, and the targets."""

from __future__ import annotations

import argparse
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.conditional.run import TARGETS
from benchmarks.diffusion.rivals import prior_of
from benchmarks.diffusion.ways import Way, diffusion_of, of, written

from sekkei.core.seeds import uniforms
from sekkei.core.types import Floats, Problem
from sekkei.data.encode import pack
from sekkei.data.folder import find
from sekkei.generate.model import Model
from sekkei.generate.sample import AIMED, Sampling
from sekkei.generate.write import decoded, new_vectors
from sekkei.metrics.molecules import internal_diversity, novel_share, set_metrics, unique_share
from sekkei.metrics.reference import moses_filters, moses_reference, read_parts
from sekkei.metrics.satisfaction import mean_absolute_deviation, measure
from sekkei.molecules.domain import MOLECULES
from sekkei.train.latent import encoded

DOUBTS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
GIVEN_BACK = 2000
"""Molecules of the MOSES test set that are encoded and decoded again."""


def doubt(model: Model, _beside: Model, asked: argparse.Namespace, pool: Executor | None) -> dict[str, Any]:
    """What comes of telling the decoder that vectors are so far off, with one seed."""
    network, free = diffusion_of(model), np.full((asked.few, len(model.properties)), np.nan)
    references, seed, usual = {"Test": moses_reference("test")}, asked.seeds[0], network.config
    found: dict[str, Any] = {}
    for told in DOUBTS:
        network.config = replace(usual, doubt=told)
        figures = set_metrics(of(model, AIMED)(free, seed), references, model.known, moses_filters(), pool)
        found[f"{told:g}"] = {**figures, "given back": given_back(model, told)}
        print("told", told, found[f"{told:g}"], flush=True)
    network.config = usual
    return {"n": asked.few, "seeds": [seed], "usual": usual.doubt, "told": found}


def given_back(model: Model, told: float) -> float:
    """Share of molecules that come back token for token from their own vectors."""
    network, mols = diffusion_of(model), [MOLECULES.parse(smiles) for smiles in test_molecules(GIVEN_BACK)]
    every = [model.codec.encode(MOLECULES.text(mol)) for mol in mols if not isinstance(mol, Problem)]
    rows = [row for row in every if len(row) < model.longest]
    vectors = encoded(network.autoencoder, pack(rows, np.empty((len(rows), 0))), np.arange(len(rows)))
    randoms = uniforms(0, 0, len(rows), model.longest)
    again = decoded(network, vectors.astype(float), randoms, Sampling(grammar=False), None, told)
    return float(np.mean([one == row for one, row in zip(again, rows, strict=True)]))


def test_molecules(n: int) -> list[str]:
    path = find("moses/test.csv.gz")
    if path is None:
        raise SystemExit("the MOSES test set is not there: run `sekkei data fetch moses`")
    every = pd.read_csv(path, keep_default_na=False)["SMILES"]
    return [str(text) for text in every.sample(n, random_state=0)]


def credit(model: Model, _beside: Model, asked: argparse.Namespace, pool: Executor | None) -> dict[str, Any]:
    """How far off molecules are from one target at a time where only the denoiser or only the decoder is told it."""
    network = diffusion_of(model)

    def made(conditions: Floats, seed: int) -> Floats:
        return new_vectors(network, conditions, seed, 0, Sampling())

    def free(conditions: Floats, seed: int) -> Floats:
        return made(np.full_like(conditions, np.nan), seed)

    noise = prior_of(network)
    ways = {
        "neither": written(model, free, 0.0),
        "the denoiser": written(model, made, 0.0),
        "the decoder": written(model, free, 1.0),
        "both": written(model, made, 1.0),
        "the decoder, of noise, guidance 3": written(model, noise, 3.0),
        "both, guidance 3": written(model, made, 3.0),
    }
    found: dict[str, Any] = {}
    for name, way in ways.items():
        found[name] = {
            prop: [off(model, way, prop, value, seed, asked.aimed, pool) for seed in asked.seeds for value in values]
            for prop, values in TARGETS.items()
        }
        print(name, found[name]["logp"][0], flush=True)
    return {"n": asked.aimed, "seeds": asked.seeds, "ways": found}


def off(model: Model, way: Way, name: str, value: float, seed: int, n: int, pool: Executor | None) -> dict[str, float]:
    """How raw samples under one target do: what is valid, different and new among them, and how far off it is."""
    conditions = np.full((n, len(model.properties)), np.nan)
    conditions[:, model.properties.index(name)] = value
    smiles, values = measure(way(conditions, seed), [name], pool)
    return {
        "valid": len(smiles) / n,
        "unique": unique_share(smiles),
        "novelty": novel_share(smiles, model.known),
        "diversity": internal_diversity(read_parts(smiles[:1000]).bits)[0],
        "mad": mean_absolute_deviation(values[:, 0], value),
    }
