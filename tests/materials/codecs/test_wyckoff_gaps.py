"""Room for the atoms of a site: the quick answer is that of the whole crystal."""

from __future__ import annotations

import numpy as np
import pytest

from sekkei.core.types import Problem
from sekkei.materials.codecs.wyckoff import WyckoffCodec, read_symmetric
from sekkei.materials.codecs.wyckoff_gaps import NEAREST, Packing
from sekkei.materials.codecs.wyckoff_grammar import WyckoffGrammar
from sekkei.materials.geometry import GeometryProfile, check_geometry
from sekkei.materials.symmetry.sites import ORDER, Site, SymmetricCrystal

APART = GeometryProfile("apart", radii=NEAREST)


@pytest.mark.parametrize(
    "text",
    [
        "136 Ti:a O:f | 4.60 2.96 O@.305",
        "166 Bi:c Te:a Te:c | 4.40 30.60 Bi@.400 Te@.790",
        "225 Mg:a Cl:e | 10.40 Cl@.250",
        "2 Cu:i O:i | 4.00 4.40 5.10 80.0° 95.0° 70.0° Cu@.100.200.300 O@.400.600.100",
        "62 Ca:c Ti:a O:c O:d | 5.40 7.64 5.44 Ca@.036.993 O@.484.071 O@.289.037.289",
    ],
)
def test_it_says_what_the_distances_of_the_whole_crystal_say(text):
    apart = read_symmetric(text)
    assert isinstance(apart, SymmetricCrystal)
    free = [place for place, site in enumerate(apart.sites) if site.levels]
    sites = tuple((ORDER.index(site.symbol), site.letter) for site in apart.sites)
    packing = Packing.begin(apart.group, apart.parameters, sites)
    assert packing is not None
    for place in free[:-1]:
        packing = packing.holding(*sites[place], apart.sites[place].levels)
    last = apart.sites[free[-1]]
    levels = np.tile(last.levels, (200, 1))
    levels[:, -1] = np.arange(0, 1000, 5)
    told = packing.room(*sites[free[-1]], levels) >= 1
    others = [site for place, site in enumerate(apart.sites) if place != free[-1]]
    before = SymmetricCrystal(apart.group, apart.cell, tuple(others)).crystal()
    seen = []
    for row in levels:
        site = Site(last.symbol, last.letter, tuple(row.tolist()))
        item = SymmetricCrystal(apart.group, apart.cell, (*others, site)).crystal()
        seen.append(not isinstance(item, Problem) and check_geometry(item, APART) is None)
    if check_geometry(before, APART) is None:
        assert told.tolist() == seen
    assert 0 < told.sum() < len(told)


def test_what_the_grammar_refuses_is_only_the_last_coordinate_that_comes_too_near():
    codec = WyckoffCodec()
    grammar = WyckoffGrammar(codec)
    tokens = codec.encode("136 Ti:a O:f | 4.60 2.96 O@.305")
    prefixes = grammar.start(1)
    for token in tokens[:-2]:
        assert grammar.permits(prefixes, np.array([token]))[0]
        prefixes = grammar.advance(prefixes, np.array([token]))
    coarse = grammar.allowed(prefixes)[0, codec.first["coarse"] :][:100]
    assert coarse[30]
    assert not coarse[0]
    assert not coarse[50]
    told = [bool(grammar.permits(prefixes, np.array([codec.first["coarse"] + tens]))[0]) for tens in range(100)]
    assert told == coarse.tolist()


def test_a_cell_without_room_leaves_what_is_farthest_from_the_atoms_that_stand():
    codec = WyckoffCodec()
    grammar = WyckoffGrammar(codec)
    prefixes = grammar.start(1)
    for token in codec.encode("225 Mg:c Cd:b Au:g | 4.00 Au@.259")[:-2]:
        prefixes = grammar.advance(prefixes, np.array([token]))
    open_ = grammar.allowed(prefixes)[0, codec.first["coarse"] :][:100]
    assert 0 < open_.sum() < 50
    assert not open_[25]  # Au on Mg at 1/4 1/4 1/4
    told = [bool(grammar.permits(prefixes, np.array([codec.first["coarse"] + tens]))[0]) for tens in range(100)]
    assert told == open_.tolist()
