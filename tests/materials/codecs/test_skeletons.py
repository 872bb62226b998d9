"""Crystals as vectors, as the benchmark of latent diffusion reads and writes them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from sekkei.core.types import Problem
from sekkei.data.encode import IGNORED, pack
from sekkei.materials.codecs.wyckoff import WyckoffCodec, read_symmetric
from sekkei.models.latent import LatentConfig
from sekkei.train.latent import reconstruction

ROOT = Path(__file__).parents[3]
CODEC = WyckoffCodec()
LINES = (ROOT / "tests" / "small.wyckoff").read_text(encoding="utf-8").split("\n")[:20]


@pytest.fixture(scope="module")
def bench():
    sys.path.insert(0, str(ROOT))
    from benchmarks.diffusion import crystals, skeletons

    sys.path.remove(str(ROOT))
    return crystals, skeletons


def test_a_crystal_comes_back_from_its_skeleton_and_its_numbers(bench):
    _, skeletons = bench
    for text in LINES:
        tokens = skeletons.skeleton(CODEC.encode(text), CODEC)
        kept = skeletons.numbers(text)
        assert kept.shape == (skeletons.NUMBERS,)
        assert skeletons.line(CODEC.decode(tokens), kept.astype(np.float32)) == text


def test_a_small_error_of_the_vector_is_a_small_error_of_the_crystal(bench):
    _, skeletons = bench
    text = "136 Ti:a O:f | 4.60 2.96 O@.305"
    again = read_symmetric(skeletons.line("136 Ti:a O:f", skeletons.numbers(text) + 0.01))
    assert again.parameters == pytest.approx((4.64, 3.0), abs=0.03)
    assert again.sites[1].levels[0] == pytest.approx(308, abs=1)
    around = skeletons.numbers("136 Ti:a O:f | 4.60 2.96 O@.999")
    around[6] += 0.01  # three thousandths of the cell
    assert read_symmetric(skeletons.line("136 Ti:a O:f", around)).sites[1].levels[0] == 2


def test_what_is_no_crystal_is_told(bench):
    _, skeletons = bench
    free = np.zeros(skeletons.NUMBERS)
    assert skeletons.line("136 Ti O:f", free).kind == "syntax"
    assert skeletons.line("", free).kind == "syntax"
    assert skeletons.line("1 Ti:b", free).kind == "symmetry"
    assert skeletons.line("1" + " O:a" * 30, free).kind == "too_large"
    many = "1" + " O:a" * 30 + " | 5.00 5.00 5.00 90.0° 90.0° 90.0°" + " O@.100.200.300" * 30
    assert not isinstance(read_symmetric(many), Problem)
    assert skeletons.numbers(many) is None


def test_scrambled_skeletons_keep_their_form_and_are_their_own_labels(bench):
    crystals, skeletons = bench
    real = [skeletons.skeleton(CODEC.encode(text), CODEC) for text in LINES]
    data = pack(real, np.empty((len(real), 0)))
    shape = LatentConfig(CODEC.first["bar"], 16, 1, 1, 2, 40, 16)
    course = crystals.scrambled(reconstruction(data, np.arange(len(real)), shape), data)
    tokens, labels, *_ = course.make(np.arange(len(real)), np.random.default_rng(0))
    changed = 0
    for one, label, before in zip(tokens.tolist(), labels.tolist(), real, strict=True):
        length = len(before)
        assert one[1 : length + 1] == label[:length]
        assert label[length] == 2
        assert set(label[length + 1 :]) <= {IGNORED}
        kinds = [[sum(token >= CODEC.first[kind] for kind in ("element", "letter")) for token in line]
                 for line in (one[1 : length + 1], before)]  # fmt: skip
        assert kinds[0] == kinds[1]
        changed += one[1 : length + 1] != before
    assert 0 < changed < len(real)
