"""What a generator of crystals is shown: any of the equal descriptions, at times behind the composition asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sekkei.core.types import Problem
from sekkei.data.crystals import KnownCrystals
from sekkei.data.encode import IGNORED, EncodedSet, pack
from sekkei.materials.codecs.wyckoff import LARGEST, WyckoffCodec, read_symmetric
from sekkei.materials.constraints import MOST_ELEMENTS
from sekkei.materials.formula import Composition
from sekkei.models.tokens import BOS, EOS, PAD
from sekkei.train.objectives import drop_conditions

ASKED = 2 * MOST_ELEMENTS
"""Tokens of the longest composition that is asked for."""

POSITIONS = 242
"""Positions for the start, what is asked for and lines of 224 tokens; 99 % of MPTS-52 and all of MP-20 are shorter."""

ELEMENTS, COMPOSITIONS = 0.2, 0.4
"""Shares of the examples that stand behind their elements, and behind their composition."""


@dataclass(frozen=True)
class Lines:
    """Crystals as tokens.

    Attributes:
        encoded: n canonical lines with their labels.
        others: all descriptions of all crystals one after the other, without labels.
        first: (n + 1,) where those of each crystal begin.
        asked: for each crystal the tokens of its composition, pairs of an element and an amount.
    """

    encoded: EncodedSet
    others: EncodedSet
    first: NDArray[np.int64]
    asked: EncodedSet

    def present(
        self, _: EncodedSet, rows: NDArray[np.int64], random: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Each row by a description drawn at random, alone or behind its elements or composition.

        Returns:
            Tokens, labels (none for what is asked) and conditions, some of them hidden.
        """
        counts = self.first[rows + 1] - self.first[rows]
        picked = self.first[rows] + (random.random(len(rows)) * counts).astype(np.int64)
        draw = random.random(len(rows))
        every = np.select([draw < ELEMENTS, draw < ELEMENTS + COMPOSITIONS], [2, 1], 0)
        before = [self.asked.sequence(row)[::step] if step else [] for row, step in zip(rows, every, strict=True)]
        tokens, labels = framed(before, [self.others.sequence(row) for row in picked])
        return tokens, labels, drop_conditions(self.encoded.values[rows], random)

    def behind_composition(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Tokens and labels of the canonical lines behind their compositions."""
        return framed([self.asked.sequence(row) for row in rows], [self.encoded.sequence(row) for row in rows])


def longest_line(positions: int) -> int:
    """Tokens of the longest line that fits a network behind the start, what is asked for and before the end."""
    return positions - ASKED - 2


def lines_of(known: KnownCrystals, codec: WyckoffCodec, longest: int) -> tuple[Lines, NDArray[np.int64]]:
    """Tokens of all crystals whose lines are not too long, and which those are."""
    rows, lines, first, asked = [], [], [0], []
    for row, texts in enumerate(known.texts):
        tokens = [codec.encode(text) for text in texts]
        apart = read_symmetric(texts[0])
        if isinstance(apart, Problem):
            raise TypeError(apart.message)
        item = apart.composition
        if len(tokens[0]) <= longest and _can_be_asked(item):
            rows.append(row)
            lines += tokens
            first.append(len(lines))
            asked.append(codec.ask(item.amounts))
    values = known.values[rows].astype(np.float64)
    canonical = [lines[place] for place in first[:-1]]
    empty = np.empty((len(lines), 0))
    packed = Lines(pack(canonical, values), pack(lines, empty), np.array(first), pack(asked, np.empty((len(rows), 0))))
    return packed, np.array(rows, dtype=np.int64)


def framed(before: Sequence[Sequence[int]], lines: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Sequences from ``BOS`` and their labels up to ``EOS``: what stands before a line is read, not learned."""
    longest = max(len(one) + len(other) for one, other in zip(before, lines, strict=True))
    tokens = np.full((len(lines), longest + 1), PAD, dtype=np.int64)
    labels = np.full((len(lines), longest + 1), IGNORED, dtype=np.int64)
    tokens[:, 0] = BOS
    for row, (asked, line) in enumerate(zip(before, lines, strict=True)):
        end = len(asked) + len(line)
        tokens[row, 1 : end + 1] = [*asked, *line]
        labels[row, len(asked) : end + 1] = [*line, EOS]
    return torch.from_numpy(tokens), torch.from_numpy(labels)


def _can_be_asked(item: Composition) -> bool:
    return len(item.amounts) <= MOST_ELEMENTS and max(amount for _, amount in item.amounts) <= LARGEST
