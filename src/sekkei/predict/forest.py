"""Gradient-boosted trees (LightGBM, Ke et al., NeurIPS 2017) that are trained, kept and read as plain text."""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import lightgbm
import numpy as np
from numpy.typing import NDArray

from sekkei.core.errors import UserError
from sekkei.core.types import Floats

Features = NDArray[np.float32]
Objective = Literal["regression", "regression_l1", "binary"]

NEXT = "\n#### next booster ####\n"
"""Stands between the texts of two boosters."""

_MOST_BYTES = 1 << 28
# what LightGBM writes beside the trees and does not need to predict
_NEEDLESS = ("tree_sizes", "split_gain", "leaf_weight", "leaf_count", "internal_value", "internal_weight",
             "internal_count", "pandas_categorical")  # fmt: skip
_ROUNDED = {"threshold": "{:.7g}", "leaf_value": "{:.5g}"}


@dataclass(frozen=True)
class Settings:
    """How trees are grown.

    Attributes:
        objective: what is minimised: squared error, absolute error, or the log-loss of two classes.
        trees: how many.
        leaves: most leaves of a tree.
        rate: learning rate.
        least: fewest rows in a leaf.
        columns: share of the features that each tree sees.
        rows: share of the rows that each tree sees.
        ridge: L2 penalty on leaf values.
    """

    objective: Objective = "regression"
    trees: int = 300
    leaves: int = 31
    rate: float = 0.07
    least: int = 5
    columns: float = 0.4
    rows: float = 0.8
    ridge: float = 1.0

    def parameters(self, seed: int, threads: int) -> dict[str, Any]:
        """The same in LightGBM's words."""
        return {
            "objective": self.objective, "num_leaves": self.leaves, "learning_rate": self.rate,
            "min_data_in_leaf": self.least, "feature_fraction": self.columns, "bagging_fraction": self.rows,
            "bagging_freq": 1, "lambda_l2": self.ridge, "max_bin": 127, "verbosity": -1, "seed": seed,
            "num_threads": threads, "deterministic": True, "force_col_wise": True,
        }  # fmt: skip


@dataclass(frozen=True)
class Forest:
    """The mean of several boosters.

    Attributes:
        texts: each booster in LightGBM's text format.
    """

    texts: tuple[str, ...] = field(repr=False)

    @cached_property
    def boosters(self) -> tuple[lightgbm.Booster, ...]:
        """The boosters, read.

        Raises:
            UserError: a text is no model.
        """
        try:
            return tuple(lightgbm.Booster(model_str=text) for text in self.texts)
        except lightgbm.basic.LightGBMError as error:
            raise UserError(f"the trees cannot be read: {error}", "predictor", "copy or train it again") from error

    def each(self, rows: Features) -> Floats:
        """What every booster says: float64 (boosters, n); a probability where it tells two classes apart."""
        if not len(rows):
            return np.zeros((len(self.texts), 0))
        return np.stack([np.asarray(one.predict(rows, num_threads=1), dtype=np.float64) for one in self.boosters])

    def __call__(self, rows: Features) -> Floats:
        """Their mean: float64 (n,)."""
        return np.asarray(self.each(rows).mean(axis=0))

    def packed(self) -> bytes:
        """The texts, compressed."""
        return lzma.compress(NEXT.join(self.texts).encode(), preset=9)

    @staticmethod
    def unpacked(body: bytes) -> Forest:
        """Read what :meth:`packed` wrote; text only, nothing is unpickled.

        Raises:
            UserError: it is damaged or unreasonably large.
        """
        reader = lzma.LZMADecompressor()
        try:
            text = reader.decompress(body, max_length=_MOST_BYTES)
        except lzma.LZMAError as error:
            raise UserError(f"the trees cannot be unpacked: {error}", "predictor", "copy or train it again") from error
        if not reader.eof:
            raise UserError("the trees are cut off or too large", "predictor", "copy or train it again")
        return Forest(tuple(text.decode().split(NEXT)))


def grow(
    rows: Features,
    values: Floats,
    settings: Settings,
    seed: int,
    start: str | None = None,
    threads: int = 1,
) -> str:
    """Train one booster.

    Args:
        rows: (n, d) features.
        values: (n,) what is to be learned; 0 or 1 for two classes.
        settings: how.
        seed: of the random choices of rows and features.
        start: text of a booster to go on from.
        threads: most threads.

    Returns:
        Its text, without what prediction does not need, thresholds in 7 and leaves in 5 significant digits.
    """
    data = lightgbm.Dataset(rows, values, free_raw_data=False)
    begin = lightgbm.Booster(model_str=start) if start else None
    booster = lightgbm.train(settings.parameters(seed, threads), data, settings.trees, init_model=begin)
    return _plain(booster.model_to_string())


def _plain(text: str) -> str:
    lines = []
    for line in text.split("\nfeature_importances:", maxsplit=1)[0].splitlines():
        word, _, rest = line.partition("=")
        if word in _ROUNDED:
            lines.append(f"{word}={_rounded(rest.split(' '), _ROUNDED[word])}")
        elif word not in _NEEDLESS:
            lines.append(line)
    return "\n".join([*lines, ""])


def _rounded(numbers: Sequence[str], form: str) -> str:
    return " ".join(form.format(float(number)) for number in numbers if number)  # a tree of one leaf has no threshold
