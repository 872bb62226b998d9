"""The card of a predictor: what it was trained on, how wrong it is, and where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sekkei.core.types import Measure
from sekkei.predict.predictor import NO_BETTER, Predictor

_WORDS = {
    "mae": "mean absolute error", "rmse": "root mean square error", "r2": "R²",
    "mad": "error of always saying the mean", "coverage": "90 % intervals that hold the true value",
    "width": "mean width of the intervals", "inside": "share in the domain",
    "mae_inside": "mean absolute error, in the domain",
    "mae_outside": "mean absolute error, outside", "coverage_inside": "coverage in the domain",
    "coverage_outside": "coverage outside the domain", "auc": "ROC-AUC", "auc_hard": "ROC-AUC of yes and no",
    "accuracy": "accuracy", "precision": "precision", "recall": "recall", "positive": "share of the upper class",
    "brier": "Brier score", "decided": "class sets with one class",
    "precision_at_50": "precision where half are positive", "precision_at_10": "precision where a tenth is positive",
    "precision_at_1": "precision where a hundredth is positive",
}  # fmt: skip
_WITH_UNIT = ("mae", "rmse", "mad", "width", "mae_inside", "mae_outside")


def _sizes(facts: Mapping[str, Any]) -> str:
    sizes = facts["objects"]
    if facts.get("cross_validated"):
        return (
            f"{sizes['train']:,} objects, too few to keep some aside: errors and intervals come from cross-validation, "
            "each object judged by a part that had not seen it."
        )
    return (
        f"{sizes['train']:,} objects to train on, {sizes['calibrate']:,} to calibrate intervals and domain, "
        f"{sizes['test']:,} to test; split by identity (reduced formula, or first block of the InChIKey), the same in "
        "every table, never by row. What was tested is what is kept."
    )


def _method(predictor: Predictor) -> str:
    """How it was trained; beside a network what trees make of the same objects."""
    facts, name = predictor.training, "mae" if "mae" in predictor.training["held_out"] else "auc"
    if "baseline" not in facts:
        words = f"{len(predictor.describer.names)} features of {predictor.domain}"
        return f"{facts['recipe']}, on {words}. A baseline: no neural network."
    own, trees = facts["held_out"][name], facts["baseline"][name]
    verdict = " The trees erred less and answer, unless `--as-trained` asks the encoder." if predictor.beaten else ""
    return (
        f"{facts['recipe']}.\n\nGradient-boosted trees, judged by the same objects: {_WORDS[name]} {trees:.4g}, this "
        f"predictor {own:.4g}.{verdict}"
    )


def _verdict(predictor: Predictor) -> str:
    return f"On held-out objects it is {NO_BETTER}. " if predictor.no_better else ""


def predictor_card(predictor: Predictor) -> str:
    """Markdown of a predictor's README.md."""
    facts = predictor.training
    measure: Measure = predictor.measure
    unit = f" [{measure.unit}]" if measure.unit else ""
    rows = "\n".join(
        f"| {_WORDS.get(name, name)}{unit if name in _WITH_UNIT else ''} | {value:.4g} |"
        for name, value in facts["held_out"].items()
    )
    sources = "\n".join(f"- {source}" for source in facts["sources"])
    return f"""# {measure.name}{unit}: {facts["title"]}

{_method(predictor)}

## Data

{sources}

{facts["how"]}

{_sizes(facts)}

## Held-out errors

| measure | value |
|---|---|
{rows}

## Limits

{_verdict(predictor)}{facts["limits"]} Outside its domain the interval promises nothing.
"""
