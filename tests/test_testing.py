"""The contract checks pass our own parts and catch broken ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sekkei.core.evaluators import FunctionEvaluator
from sekkei.core.types import Column, Draw, Floats, Measure, Problem
from sekkei.generate.model import load
from sekkei.molecules.domain import MOLECULES, Molecules
from sekkei.molecules.evaluators import EVALUATORS
from sekkei.testing import check_codec, check_domain, check_evaluator, check_generator

TEXTS = ["OCC", "c1ccccc1O", "C[N+](C)(C)C", "F/C=C/F", "[2H]C([2H])([2H])O"]


def test_our_parts_keep_their_promises(tiny_model: Path) -> None:
    model = load(str(tiny_model))
    check_domain(MOLECULES, TEXTS)
    check_codec(model.codec, TEXTS)
    check_generator(model)


@pytest.mark.parametrize("name", sorted(EVALUATORS))
def test_every_evaluator_keeps_its_promises(name: str) -> None:
    check_evaluator(EVALUATORS[name], [MOLECULES.parse(text) for text in TEXTS[:3]])


class Forgetful(Molecules):
    """A domain whose text loses the charge."""

    def text(self, item: object) -> str:
        return super().text(item).replace("+", "")


def test_a_lossy_domain_is_caught() -> None:
    with pytest.raises(AssertionError, match="text"):
        check_domain(Forgetful(), ["C[N+](C)(C)C"])


@dataclasses.dataclass(frozen=True)
class Letters:
    """A codec of lower-case letters that starts counting at ``first``."""

    first: int
    size: int = 40

    def encode(self, text: str) -> list[int]:
        return [ord(letter) - ord("a") + self.first for letter in text]

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(chr(token + ord("a") - self.first) for token in tokens if token >= self.first)


def test_a_codec_that_uses_the_special_tokens_is_caught() -> None:
    check_codec(Letters(first=3), ["abc", "xyz"])
    with pytest.raises(AssertionError, match="outside 3"):
        check_codec(Letters(first=2), ["abc"])


@dataclasses.dataclass(frozen=True)
class Numbers:
    """A generator of numbers; ``honest`` ones depend on seed and index alone."""

    honest: bool
    properties: tuple[str, ...] = ("size",)

    def draw(self, conditions: Floats, seed: int, first: int = 0) -> list[Draw]:
        bias = 0 if self.honest else len(conditions)
        return [Draw(first + row, str(seed + first + row + bias)) for row in range(len(conditions))]


def test_a_generator_that_depends_on_the_batch_is_caught() -> None:
    check_generator(Numbers(honest=True))
    with pytest.raises(AssertionError, match="depends"):
        check_generator(Numbers(honest=False))


@dataclasses.dataclass(frozen=True)
class Silent:
    """An evaluator that gives NaN without a reason."""

    name: str = "silent"
    version: str = "1"
    measures: tuple[Measure, ...] = (Measure("silent"),)

    def __call__(self, items: Sequence[str]) -> list[Column]:
        return [Column(self.measures[0], np.full(len(items), np.nan))]


def test_an_evaluator_that_is_silent_about_failure_is_caught() -> None:
    with pytest.raises(AssertionError, match="no Problem"):
        check_evaluator(Silent(), ["a"])


def test_an_evaluator_that_fails_with_a_reason_is_fine() -> None:
    def refuse(item: str) -> float:
        raise ValueError(item)

    evaluator = FunctionEvaluator(Measure("refuses"), refuse)
    check_evaluator(evaluator, ["a", "b"])
    assert evaluator(["a"])[0].problems == [Problem("failed", "refuses: ValueError: a")]
