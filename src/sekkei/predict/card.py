"""The card of a predictor: what it was trained on, how wrong it is, and where it ends."""

from __future__ import annotations

from sekkei.core.types import Measure
from sekkei.predict.baseline import BaselinePredictor

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


def predictor_card(predictor: BaselinePredictor) -> str:
    """Markdown of a predictor's README.md."""
    facts = predictor.training
    measure: Measure = predictor.measure
    unit = f" [{measure.unit}]" if measure.unit else ""
    rows = "\n".join(
        f"| {_WORDS.get(name, name)}{unit if name in _WITH_UNIT else ''} | {value:.4g} |"
        for name, value in facts["held_out"].items()
    )
    sources = "\n".join(f"- {source}" for source in facts["sources"])
    sizes = facts["objects"]
    return f"""# {measure.name}{unit}: {facts["title"]}

{facts["recipe"]}, on {len(predictor.describer.names)} features of {predictor.domain}. A baseline: no neural network.

## Data

{sources}

{facts["how"]}

{sizes["train"]:,} objects to train on, {sizes["calibrate"]:,} to calibrate intervals and domain, {sizes["test"]:,} to
test; split by identity (reduced formula or InChIKey), the same in every table, never by row. What is shipped is what
was tested.

## Held-out errors

| measure | value |
|---|---|
{rows}

## Limits

{facts["limits"]} Outside its domain the interval promises nothing.
"""
