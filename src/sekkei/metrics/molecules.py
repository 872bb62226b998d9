"""The measures of a generated set of molecules, defined as in MOSES so that figures can be compared.

Source of every definition: Polykovskiy et al., "Molecular Sets (MOSES)", Front. Pharmacol. 11, 565644 (2020), and its
reference implementation, molsets 0.3.1. The names of the figures are the reference's.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from sekkei.core.types import Floats, Measure
from sekkei.metrics.chemnet import describe
from sekkei.metrics.distances import cosine_of_counts, frechet, wasserstein
from sekkei.metrics.reference import ReferenceSet, moses_filters, moses_reference, read_parts
from sekkei.metrics.similarity import Bits, mean_similarities, nearest_similarity
from sekkei.molecules.filters import Filters
from sekkei.molecules.fragments import Parts

UNIQUE_AT = (1_000, 10_000)

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("valid", title="share of all attempts that RDKit reads"),
        Measure("unique@1000", title="different canonical SMILES among the first 1,000 valid ones"),
        Measure("unique@10000", title="different canonical SMILES among the first 10,000 valid ones"),
        Measure("Novelty", title="share of the different valid molecules that are not training molecules"),
        Measure("FCD", title="Frechet ChemNet Distance to the reference", source="Preuer et al., JCIM 58, 1736, 2018"),
        Measure("SNN", title="mean similarity (Morgan, radius 2, 1024 bits) to the nearest reference molecule"),
        Measure("Frag", title="cosine between the counts of BRICS fragments"),
        Measure("Scaf", title="cosine between the counts of Murcko scaffolds of two rings or more"),
        Measure("IntDiv", title="1 - mean similarity of all pairs, each molecule with itself included"),
        Measure("IntDiv2", title="1 - mean over molecules of the root mean square similarity to all"),
        Measure("Filters", title="share of valid molecules that pass the MCF, PAINS, element, charge and ring filters"),
        Measure("logP", title="Wasserstein-1 distance of the logP distributions"),
        Measure("SA", title="Wasserstein-1 distance of the synthetic accessibility distributions"),
        Measure("QED", title="Wasserstein-1 distance of the QED distributions"),
        Measure("weight", "Da", "Wasserstein-1 distance of the molecular weight distributions"),
    )
}
"""What each figure means; figures against a named reference carry its name after a slash, as in ``FCD/Test``."""


def moses_metrics(
    smiles: Sequence[str], train: Container[str], folder: Path | None = None, pool: Executor | None = None
) -> dict[str, float]:
    """All MOSES figures of raw samples, against MOSES' own test set and scaffold test set.

    Args:
        smiles: n texts in the order they were drawn, invalid ones and repeats kept. MOSES asks for 30,000.
        train: canonical SMILES of the training molecules, such as a model's ``known``.
        folder: where the files of the MOSES data lie; by default the data folder.
        pool: processes that share the chemistry; the rest uses as many threads as torch is set to.

    Returns:
        Figure by name; NaN where too few molecules are valid to define it.

    Raises:
        UserError: the MOSES data is not there.
    """
    with ThreadPoolExecutor(1) as beside:
        parts = beside.submit(read_parts, smiles, moses_filters(folder), pool)
        references = {"Test": moses_reference("test", folder), "TestSF": moses_reference("test_scaffolds", folder)}
        return parts_metrics(parts.result(), references, train)


def set_metrics(
    smiles: Sequence[str],
    references: Mapping[str, ReferenceSet],
    train: Container[str],
    filters: Filters,
    pool: Executor | None = None,
) -> dict[str, float]:
    """The figures of :func:`moses_metrics` against any reference sets."""
    return parts_metrics(read_parts(smiles, filters, pool), references, train)


def parts_metrics(parts: Parts, references: Mapping[str, ReferenceSet], train: Container[str]) -> dict[str, float]:
    """The figures of :func:`moses_metrics` of molecules that are taken apart already.

    The distances of the property distributions are taken to the first reference.
    """
    figures = {"valid": len(parts.smiles) / parts.attempts if parts.attempts else float("nan")}
    figures |= {f"unique@{k}": unique_share(parts.smiles, k) for k in UNIQUE_AT}
    figures["Novelty"] = novel_share(parts.smiles, train)
    enough = len(parts.smiles) > 1
    chemnet = describe(parts.smiles) if enough else None
    for name, reference in references.items():
        figures[f"FCD/{name}"] = frechet(chemnet, reference.chemnet) if chemnet else float("nan")
        figures[f"SNN/{name}"] = nearest_mean(parts.bits, reference.bits)
        figures[f"Frag/{name}"] = cosine_of_counts(parts.fragments, reference.fragments)
        figures[f"Scaf/{name}"] = cosine_of_counts(parts.scaffolds, reference.scaffolds)
    figures["IntDiv"], figures["IntDiv2"] = internal_diversity(parts.bits)
    figures["Filters"] = float(parts.passes.mean()) if enough else float("nan")
    for reference in list(references.values())[:1]:
        figures |= property_distances(parts, reference)
    return figures


def unique_share(smiles: Sequence[str], k: int | None = None) -> float:
    """Share of different ones among the first k valid canonical SMILES (all where k is None); NaN where there is none.

    Where fewer than k are valid, those are taken, as in the reference: compare only figures with enough samples.
    """
    first = smiles[:k]
    return len(set(first)) / len(first) if first else float("nan")


def novel_share(smiles: Sequence[str], train: Container[str]) -> float:
    """Share of the different valid canonical SMILES that are not in the training set."""
    different = set(smiles)
    return sum(text not in train for text in different) / len(different) if different else float("nan")


def nearest_mean(bits: Bits, reference: Bits) -> float:
    """SNN: mean Tanimoto similarity to the nearest reference molecule. (n, bytes), (m, bytes)."""
    return float(nearest_similarity(bits, reference).mean()) if len(bits) and len(reference) else float("nan")


def internal_diversity(bits: Bits) -> tuple[float, float]:
    """IntDiv and IntDiv2 of packed fingerprints (n, bytes).

    IntDiv = 1 - mean_ij T_ij. IntDiv2 = 1 - mean_i (mean_j T_ij^2)^1/2: the reference takes the root per molecule,
    not once over all pairs as the paper's equation reads; the published figures are the reference's.
    """
    if not len(bits):
        return float("nan"), float("nan")
    mean, square = mean_similarities(bits)
    return float(1.0 - mean.mean()), float(1.0 - np.sqrt(square).mean())


def property_distances(parts: Parts, reference: ReferenceSet) -> dict[str, float]:
    """Wasserstein-1 distances of logP, SA, QED and molecular weight [Da] to a reference."""
    names = ("logP", "SA", "QED", "weight")
    if not parts.smiles:
        return dict.fromkeys(names, float("nan"))
    return {name: wasserstein(parts.properties[:, i], reference.properties[:, i]) for i, name in enumerate(names)}


def mean_and_spread(runs: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """Mean and sample standard deviation over repeated runs of each figure; the deviation of one run is NaN."""
    out = {}
    for name in runs[0]:
        values: Floats = np.array([run[name] for run in runs], dtype=np.float64)
        out[name] = (float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else float("nan"))
    return out
