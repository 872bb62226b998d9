"""What can be known of metallic glasses from compositions: how often neighbours disagree, and what other learners find.

    pip install scikit-learn
    python -m benchmarks.predict.glasses

Of Matbench's glasses only the training rows of fold 0 are used; five folds of these judge. ``Neighbours``: the nearest
other composition of the same elements, how far it is, and how often it has the other label. A learner that is right
more often than neighbours agree has to know where each system's border runs. Learners: nearest neighbours and support
vectors on atomic fractions, extremely randomised trees on fractions and Magpie features, and means of their ranks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.record import circumstances, line_of, save, saved, table, write_page
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from sekkei.core.types import Floats
from sekkei.data.folder import find
from sekkei.materials.datasets import TABLES, read_compositions
from sekkei.predict.describe import describer
from sekkei.predict.measures import auc

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from folds import stratified  # noqa: E402

OUT = HERE / "glasses"
FAR = (0.02, 0.05, 0.1)
"""Greatest distances of neighbours: half the sum of the differences of the atomic fractions."""

BLENDS = (("extra trees", "support vectors"), ("extra trees", "support vectors", "neighbours"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="write RESULTS.md from the raw results")
    if not parser.parse_args().page:
        fractions, features, glass = training_rows()
        found = {"neighbours": neighbours(fractions, glass), "learners": learned(fractions, features, glass)}
        about = {"rows": len(glass), "glasses": float(glass.mean()), "circumstances": circumstances()}
        save(OUT, "glasses", {**found, **about})
    page()


def training_rows() -> tuple[Floats, Floats, Any]:
    """(n, elements) atomic fractions, (n, d) features and (n,) labels of the training rows of fold 0."""
    known = TABLES["glass"]
    path = find(known.file)
    if path is None:
        raise SystemExit(f"{known.file} is in no folder of SEKKEI_DATA")
    found = read_compositions(known, path)
    values = next(iter(found.values.values()))
    train, _ = next(iter(stratified(values)))
    items = [found.items[row] for row in train]
    symbols = sorted({symbol for item in items for symbol in item.symbols})
    fractions = np.array([[dict(item.amounts).get(symbol, 0) / item.atoms for symbol in symbols] for item in items])
    return fractions, np.nan_to_num(describer("materials").features(items)), values[train] > 0.5


def neighbours(fractions: Floats, glass: Any) -> dict[str, dict[str, float]]:
    """By greatest distance: how many compositions have a neighbour, and how often it has the other label."""
    apart = np.full(len(glass), np.inf)
    other = np.zeros(len(glass), dtype=bool)
    for row, mine in enumerate(fractions):
        distances = np.abs(fractions - mine).sum(axis=1) / 2
        distances[((fractions > 0) != (mine > 0)).any(axis=1)] = np.inf
        distances[row] = np.inf
        nearest = int(distances.argmin())
        apart[row], other[row] = distances[nearest], glass[nearest] != glass[row]
    return {
        f"{far:g}": {"rows": int((apart <= far).sum()), "disagree": float(other[apart <= far].mean())} for far in FAR
    }


def learned(fractions: Floats, features: Floats, glass: Any) -> dict[str, dict[str, float]]:
    """Scores by learner, each row judged by what had not seen it."""
    both = np.concatenate([features, fractions], axis=1)
    makers: dict[str, tuple[Floats, Callable[[], Any]]] = {
        "neighbours": (fractions, lambda: KNeighborsClassifier(5, weights="distance", metric="manhattan")),
        "support vectors": (fractions, lambda: SVC(C=30, gamma=10, class_weight="balanced")),
        "extra trees": (both, lambda: ExtraTreesClassifier(500, max_features=0.3, class_weight="balanced",
                                                           random_state=0)),
    }  # fmt: skip
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(fractions, glass))
    said: dict[str, Floats] = {}
    for name, (rows, make) in makers.items():
        answer = np.zeros(len(glass))
        for train, test in folds:
            mind = make().fit(rows[train], glass[train])
            likely = mind.predict_proba(rows[test])[:, 1] if name != "support vectors" else None
            answer[test] = mind.decision_function(rows[test]) if likely is None else likely
        said[name] = answer
    for names in BLENDS:
        said[", ".join(names)] = sum((rankdata(said[name]) for name in names), np.zeros(len(glass)))
    return {name: scores(answer, glass) for name, answer in said.items()}


def scores(said: Floats, glass: Any) -> dict[str, float]:
    """ROC-AUC of what was said, and of yes and no at the cut that is best for these very rows: an upper bound."""
    truth = glass.astype(np.float64)
    cuts = np.quantile(said, np.linspace(0.02, 0.98, 97))
    hard = max(auc((said > cut).astype(float), truth > 0.5) for cut in cuts)
    return {"auc": float(auc(said, truth > 0.5)), "auc_hard_at_best_cut": float(hard)}


def page() -> None:
    (result,) = saved(OUT)
    near = [[far, str(one["rows"]), f"{100 * one['disagree']:.1f} %"] for far, one in result["neighbours"].items()]
    learners = result["learners"].items()
    rows = [[name, f"{one['auc']:.3f}", f"{one['auc_hard_at_best_cut']:.3f}"] for name, one in learners]
    write_page(OUT, "Metallic glasses from compositions", [
        __doc__ or "", table(("nearest within", "rows", "other label"), near),
        table(("learner", "ROC-AUC", "of yes and no at the best cut"), rows), line_of(result),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
