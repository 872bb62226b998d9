"""All figures of one set of generated molecules, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from sekkei.core.types import Floats
from sekkei.metrics import guacamol
from sekkei.metrics.bootstrap import GROUPS, LEAST, Interval, jackknife, no_interval, of_mean
from sekkei.metrics.chemnet import activations
from sekkei.metrics.conditions import Wanted, columns_of, satisfaction
from sekkei.metrics.definitions import EASY_SA
from sekkei.metrics.distances import Gaussian, cosine_of_counts, frechet, gaussian_of
from sekkei.metrics.diversity import circles
from sekkei.metrics.figures import Figure, mean_of, share
from sekkei.metrics.molecules import UNIQUE_AT, property_distances
from sekkei.metrics.parallel import in_chunks
from sekkei.metrics.similarity import mean_similarities, nearest_similarity
from sekkei.metrics.sources import Compared, Training
from sekkei.molecules.filters import Filters
from sekkei.molecules.fragments import Parts, join_parts, take_apart
from sekkei.molecules.properties import PROPERTIES
from sekkei.molecules.samples import Look, chemistry, join_chemistry

_TOO_FEW = no_interval("too few samples to leave groups out")
NAMES = {name: place for place, name in enumerate(PROPERTIES)}


@dataclass(frozen=True)
class Against:
    """What a set is measured against: reference, training molecules and their GuacaMol statistics, filters, targets.

    Without ``intervals`` the costly ones, which leave groups out, are spared.
    """

    compared: Compared
    training: Training | None
    profile: guacamol.Profile | None
    chemnet: Gaussian | None
    filters: Filters | None
    wanted: Wanted | None
    set_size: int
    intervals: bool = True


@dataclass(frozen=True)
class Measured:
    """The figures of a set and what the histograms are drawn from.

    Attributes:
        figures: in the order of the table.
        nearest: (u,) similarity of the different molecules of the set to the nearest one of the first reference.
    """

    figures: list[Figure]
    nearest: Floats


def measure(seen: Look, texts: Sequence[str], against: Against, pool: Executor | None = None) -> Measured:
    """All figures of a set.

    Args:
        seen: what its n texts are.
        texts: the texts themselves.
        against: what it is measured against.
        pool: processes that share the chemistry.
    """
    figures = _of_all(seen, against)
    first = texts[: against.set_size]
    groups = [[str(text) for text in group] for group in np.array_split(np.array(first, dtype=object), GROUPS)]
    pieces = list((pool.map if pool else map)(partial(take_apart, filters=against.filters), groups))
    parts = join_parts(pieces)
    chemnet = activations(parts.smiles)
    different = _first_rows(parts.smiles)
    nearest = {name: nearest_similarity(parts.bits, one.bits) for name, one in against.compared.sets.items()}
    figures += _moses(parts, pieces, chemnet, nearest, against)
    figures += _diversity(parts, different, pool)
    of_first = next(iter(nearest.values()))[different]
    if len(of_first):
        figures.append(mean_of("nearest", of_first))
    figures += _guacamol(seen.smiles, chemnet, against, pool)
    if against.wanted is not None:
        figures += satisfaction(against.wanted, columns_of(against.wanted, seen.properties, NAMES))
    return Measured(figures, of_first)


def _of_all(seen: Look, against: Against) -> list[Figure]:
    n = len(seen.smiles)
    valid = [text for text in seen.smiles if text]
    different = list(dict.fromkeys(valid))
    figures = [share("unreadable", n - len(valid), n), share("valid", len(valid), n)]
    figures.append(share("unique", len(different), len(valid), repeats=True))
    if against.training is not None:
        new = len(different) - int(against.training.known.contains(different).sum())
        figures.append(share("Novelty", new, len(different)))
    if against.compared.members is not None:
        figures.append(share("in_reference", int(against.compared.members.contains(different).sum()), len(different)))
    there = seen.properties[np.isfinite(seen.properties).all(axis=1)]
    figures.append(share("SA_easy", int((there[:, NAMES["sa"]] < EASY_SA).sum()), len(there)))
    return figures + [mean_of(f"mean/{name}", there[:, place]) for name, place in NAMES.items()]


def _moses(
    parts: Parts, pieces: Sequence[Parts], chemnet: np.ndarray, nearest: Mapping[str, Floats], against: Against
) -> list[Figure]:
    m = len(parts.smiles)
    out = [share(f"unique@{k}", len(set(parts.smiles[:k])), min(k, m), repeats=True) for k in UNIQUE_AT]
    if m < 2:
        return out
    spread = _left_out(pieces, chemnet, against) if m >= LEAST and against.intervals else {}
    for name, value in _distances(parts, gaussian_of(chemnet), against).items():
        top = 1.0 if name.startswith(("Frag", "Scaf")) else np.inf
        out.append(Figure(name, value, m, jackknife(value, spread.get(name, []), low=0.0, high=top)))
    for name, values in nearest.items():
        out.append(mean_of(f"SNN/{name}", values))
    mean, square = mean_similarities(parts.bits)
    for name, rows in (("IntDiv", 1.0 - mean), ("IntDiv2", 1.0 - np.sqrt(square))):
        out.append(Figure(name, float(rows.mean()), m, of_mean(rows, places=2)))
    if against.filters is not None:
        out.append(share("Filters", int(parts.passes.sum()), m))
    return out


def _distances(parts: Parts, chemnet: Gaussian, against: Against) -> dict[str, float]:
    sets = against.compared.sets
    out: dict[str, float] = {}
    for name, reference in sets.items():
        out[f"FCD/{name}"] = frechet(chemnet, reference.chemnet)
        out[f"Frag/{name}"] = cosine_of_counts(parts.fragments, reference.fragments)
        out[f"Scaf/{name}"] = cosine_of_counts(parts.scaffolds, reference.scaffolds)
    return out | property_distances(parts, next(iter(sets.values())))


def _left_out(pieces: Sequence[Parts], chemnet: np.ndarray, against: Against) -> dict[str, list[float]]:
    """The set distances with each group of consecutive samples left out."""
    ends = np.cumsum([len(piece.smiles) for piece in pieces])
    out: dict[str, list[float]] = {}
    for row, end in enumerate(ends):
        rest = join_parts([piece for other, piece in enumerate(pieces) if other != row])
        kept = np.delete(chemnet, np.s_[end - len(pieces[row].smiles) : end], axis=0)
        for name, value in _distances(rest, gaussian_of(kept), against).items():
            out.setdefault(name, []).append(value)
    return out


def _diversity(parts: Parts, different: Sequence[int], pool: Executor | None) -> list[Figure]:
    if not parts.smiles:
        return []
    found = join_chemistry(in_chunks(chemistry, parts.smiles, pool))
    count = float(circles(found.bits[different]))
    return [
        Figure("circles", count, len(different), no_interval("a count that grows with the number of molecules")),
        share("PAINS", int(found.pains.sum()), len(found.pains)),
        share("Brenk", int(found.brenk.sum()), len(found.brenk)),
    ]


def _first_rows(smiles: Sequence[str]) -> list[int]:
    """Where each different molecule stands for the first time."""
    seen: dict[str, int] = {}
    for row, text in enumerate(smiles):
        seen.setdefault(text, row)
    return list(seen.values())


def _guacamol(smiles: Sequence[str], chemnet: np.ndarray, against: Against, pool: Executor | None) -> list[Figure]:
    training = against.training
    shares = guacamol.shares(smiles, training.flat if training else None)
    out = [share(f"guacamol_{name}", hits, n, repeats=name == "uniqueness") for name, (hits, n) in shares.items()]
    if against.profile is None or against.chemnet is None:
        return out
    mine = guacamol.profile([text for text in smiles if text], pool)
    divergences = guacamol.kl_divergences(mine, against.profile)
    fixed = no_interval("see guacamol_KL")
    score = guacamol.kl_score(divergences)
    out.append(Figure("guacamol_KL", score, len(mine.nearest), _kl_interval(score, mine, against)))
    first = chemnet[: guacamol.SAMPLES]
    if len(first) > 1:
        distance = guacamol.fcd_distance(gaussian_of(first), against.chemnet)
        interval = _fcd_score_interval(distance, first, against.chemnet) if against.intervals else _TOO_FEW
        out.append(Figure("guacamol_FCD", guacamol.fcd_to_score(distance), len(first), interval))
    out += [Figure(f"D/{name}", value, len(mine.nearest), fixed) for name, value in divergences.items()]
    return out


def _kl_interval(score: float, mine: guacamol.Profile, against: Against) -> Interval:
    if len(mine.nearest) < LEAST or against.profile is None or not against.intervals:
        return _TOO_FEW
    made = jackknife(score, guacamol.left_out_scores(mine, against.profile, GROUPS), low=0.0, high=1.0)
    return Interval(made.low, made.high, f"{made.method}; band widths and nearest similarities taken as given")


def _fcd_score_interval(distance: float, chemnet: np.ndarray, reference: Gaussian) -> Interval:
    n = len(chemnet)
    if n < LEAST:
        return _TOO_FEW
    left = []
    for group in np.array_split(np.arange(n), GROUPS):
        rest = gaussian_of(np.delete(chemnet, group, axis=0))
        left.append(guacamol.fcd_to_score(guacamol.fcd_distance(rest, reference)))
    return jackknife(guacamol.fcd_to_score(distance), left, low=0.0, high=1.0)
