"""Contract checks for parts of your own: a domain, a codec, a generator or an evaluator.

Call them from your tests. Each one returns nothing and raises an ``AssertionError`` that names the broken promise.

Example:
    >>> from sekkei.testing import check_evaluator
    >>> check_evaluator(my_evaluator, [Chem.MolFromSmiles("CCO"), Chem.MolFromSmiles("c1ccccc1")])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from sekkei.core.protocols import Codec, Domain, Evaluator, Generator
from sekkei.core.types import Column, Problem

T = TypeVar("T")

_NO_STRUCTURES = ("", " ", "((", "\x00", "no structure at all")
_SPECIAL_TOKENS = 3


def check_domain(domain: Domain[T], texts: Sequence[str]) -> None:
    """A domain reads, writes, names and draws structures without loss, and refuses nonsense with a reason.

    Args:
        domain: the domain to check.
        texts: valid texts, canonical or not.

    Raises:
        AssertionError: a promise of :class:`~sekkei.core.protocols.Domain` is broken.
    """
    _require(isinstance(domain, Domain), f"{domain!r} lacks a member of the Domain protocol")
    _require(bool(domain.name), "the domain has no name")
    _require(bool(texts), "give at least one valid text")
    for text in texts:
        item = domain.parse(text)
        _check_round_trip(domain, text, _structure(item, f"parse({text!r}) refused a valid text"))
    for text in _NO_STRUCTURES:
        answer = domain.parse(text)
        refused = isinstance(answer, Problem) and bool(answer.kind and answer.message)
        _require(refused, f"parse({text!r}) gave {answer!r} where a Problem with kind and message was due")


def check_codec(codec: Codec, texts: Sequence[str]) -> None:
    """A codec gives every text back and keeps tokens 0, 1 and 2 for padding, start and end.

    Raises:
        AssertionError: a promise of :class:`~sekkei.core.protocols.Codec` is broken.
    """
    _require(isinstance(codec, Codec), f"{codec!r} lacks a member of the Codec protocol")
    _require(codec.size > _SPECIAL_TOKENS, f"size {codec.size} leaves no room beside the three special tokens")
    _require(bool(texts), "give at least one text")
    for text in texts:
        tokens = codec.encode(text)
        outside = [token for token in tokens if not _SPECIAL_TOKENS <= token < codec.size]
        _require(not outside, f"encode({text!r}) uses tokens {outside} outside 3 to {codec.size - 1}")
        back = codec.decode(tokens)
        _require(back == text, f"decode(encode({text!r})) gave {back!r}")
        framed = codec.decode([1, *tokens, 2, 0, 0])
        _require(framed == text, f"decode does not skip start, end and padding: {text!r} came back as {framed!r}")
    _require(codec.decode([]) == "", "decode([]) is not the empty text")


def check_generator(generator: Generator, seed: int = 0) -> None:
    """A generator repeats itself for the same seed, and attempt i does not depend on the attempts beside it.

    Raises:
        AssertionError: a promise of :class:`~sekkei.core.protocols.Generator` is broken.
    """
    _require(isinstance(generator, Generator), f"{generator!r} lacks a member of the Generator protocol")
    names = generator.properties
    _require(len(set(names)) == len(names), f"a property is named twice: {names}")
    free = np.full((6, len(names)), np.nan)
    draws = generator.draw(free, seed)
    _require(len(draws) == len(free), f"{len(free)} rows of conditions gave {len(draws)} attempts")
    _require([draw.index for draw in draws] == list(range(len(free))), "attempts are not numbered 0, 1, 2, ...")
    _require(generator.draw(free, seed) == draws, f"seed {seed} gave two different answers")
    tail = generator.draw(free[2:], seed, first=2)
    _require(tail == draws[2:], "attempt i depends on more than the seed and its index: first=2 gave other texts")
    _require(generator.draw(free[:0], seed) == [], "no conditions must give no attempts")


def check_evaluator(evaluator: Evaluator[T], items: Sequence[T]) -> None:
    """An evaluator keeps every row, says why a value is missing, and judges each object on its own.

    Raises:
        AssertionError: a promise of :class:`~sekkei.core.protocols.Evaluator` is broken.
    """
    _require(isinstance(evaluator, Evaluator), f"{evaluator!r} lacks a member of the Evaluator protocol")
    _require(bool(evaluator.name and evaluator.version), "the evaluator needs a name and a version")
    _require(bool(items), "give at least one object")
    columns = evaluator(items)
    _require(
        tuple(column.measure for column in columns) == tuple(evaluator.measures),
        f"{evaluator.name}: the columns do not carry the evaluator's measures, in order",
    )
    for column in columns:
        _check_column(column, len(items))
    _check_same(
        columns, evaluator(items), f"{evaluator.name}: the same objects were judged differently when asked again"
    )
    for row, item in enumerate(items):
        alone = evaluator([item])
        single = [column.values[row : row + 1] for column in columns]
        for column, values in zip(alone, single, strict=True):
            same = np.allclose(column.values, values, rtol=1e-5, atol=1e-8, equal_nan=True)
            _require(same, f"{evaluator.name}: object {row} is judged differently alone than among others")
    empty = all(len(column.values) == 0 for column in evaluator([]))
    _require(empty, f"{evaluator.name}: no objects must give no rows")


def _check_round_trip(domain: Domain[T], text: str, item: T) -> None:
    canonical = domain.text(item)
    again = _structure(domain.parse(canonical), f"parse cannot read {canonical!r}, which text() wrote for {text!r}")
    stable = domain.text(again) == canonical
    _require(stable, f"text() of {text!r} is not stable: first {canonical!r}, then {domain.text(again)!r}")
    _require(bool(domain.key(item)), f"key of {text!r} is empty")
    _require(domain.key(again) == domain.key(item), f"two texts of the same structure have two keys: {text!r}")
    picture = domain.picture(item)
    _require("<svg" in picture and "</svg>" in picture, f"picture of {text!r} is not an SVG drawing")


def _structure(answer: T | Problem, message: str) -> T:
    if isinstance(answer, Problem):
        raise AssertionError(f"{message}: {answer.kind}: {answer.message}")  # noqa: TRY004 - a broken promise
    return answer


def _check_column(column: Column, rows: int) -> None:
    name = column.measure.name
    _require(len(column.values) == rows, f"{name}: {rows} objects gave {len(column.values)} values")
    for row, (value, problem) in enumerate(zip(column.values, column.problems, strict=True)):
        missing = bool(np.isnan(value))
        _require(not missing or problem is not None, f"{name}: row {row} has no value and no Problem that says why")
        _require(missing or problem is None, f"{name}: row {row} has a value and a Problem: {problem}")
        inside = missing or column.measure.low <= value <= column.measure.high
        _require(inside, f"{name}: row {row} is {value}, outside {column.measure.low} to {column.measure.high}")
    if column.std is not None:
        _require(not bool((column.std < 0).any()), f"{name}: a standard uncertainty is negative")
    if column.interval is not None:
        reversed_ends = bool((column.interval[:, 0] > column.interval[:, 1]).any())
        _require(not reversed_ends, f"{name}: an interval ends before it begins")
    if column.in_domain is not None:
        silent = [row for row in np.flatnonzero(~column.in_domain) if not _reason(column, int(row))]
        _require(not silent, f"{name}: rows {silent} lie outside the domain and no note says why")


def _reason(column: Column, row: int) -> bool:
    return column.problems[row] is not None or bool(column.notes and column.notes[row])


def _check_same(first: Sequence[Column], second: Sequence[Column], message: str) -> None:
    for one, two in zip(first, second, strict=True):
        _require(np.array_equal(one.values, two.values, equal_nan=True), message)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)
